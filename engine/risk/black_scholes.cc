#include "engine/risk/black_scholes.h"

#include <algorithm>
#include <cmath>

#include "engine/risk/distributions.h"

namespace runledger::risk {
namespace {

constexpr double kDeviationMin = 1e-9;  // volatility * sqrt(time)
constexpr double kDaysPerYear = 365.0;

double sign_of(OptionKind kind) noexcept {
  return kind == OptionKind::kCall ? 1.0 : -1.0;
}

/// 1, 0.5 or 0 for in, at and out of the money.
double moneyness_step(OptionKind kind, double forward, double strike) noexcept {
  const double distance = sign_of(kind) * (forward - strike);
  return distance > 0 ? 1.0 : (distance < 0 ? 0.0 : 0.5);
}

}  // namespace

double intrinsic_value(OptionKind kind, double spot, double strike) noexcept {
  return std::max(0.0, sign_of(kind) * (spot - strike));
}

bool is_deterministic(const OptionTerms& terms) noexcept {
  return terms.volatility * std::sqrt(terms.t_years) < kDeviationMin;
}

double european_price(const OptionTerms& terms) noexcept {
  const double discounted_spot = terms.spot * std::exp(-terms.dividend_yield * terms.t_years);
  const double discounted_strike = terms.strike * std::exp(-terms.rate * terms.t_years);
  const double sign = sign_of(terms.kind);
  if (is_deterministic(terms)) {
    return std::max(0.0, sign * (discounted_spot - discounted_strike));
  }
  const double deviation = terms.volatility * std::sqrt(terms.t_years);
  const double d1 = std::log(discounted_spot / discounted_strike) / deviation + deviation / 2;
  const double d2 = d1 - deviation;
  return std::max(0.0, sign * (discounted_spot * normal_cdf(sign * d1) -
                               discounted_strike * normal_cdf(sign * d2)));
}

OptionGreeks expiration_greeks(OptionKind kind, double spot, double strike) noexcept {
  OptionGreeks greeks;
  greeks.price = intrinsic_value(kind, spot, strike);
  greeks.delta = sign_of(kind) * moneyness_step(kind, spot, strike);
  return greeks;
}

OptionGreeks european_greeks(const OptionTerms& terms) noexcept {
  if (!(terms.t_years > 0)) {
    return expiration_greeks(terms.kind, terms.spot, terms.strike);
  }
  const double sign = sign_of(terms.kind);
  const double dividend_discount = std::exp(-terms.dividend_yield * terms.t_years);
  const double discounted_spot = terms.spot * dividend_discount;
  const double discounted_strike = terms.strike * std::exp(-terms.rate * terms.t_years);
  OptionGreeks greeks;
  greeks.price = european_price(terms);
  double in_spot = moneyness_step(terms.kind, discounted_spot, discounted_strike);
  double in_strike = in_spot;
  double decay = 0;
  if (!is_deterministic(terms)) {
    const double root = std::sqrt(terms.t_years);
    const double deviation = terms.volatility * root;
    const double d1 = std::log(discounted_spot / discounted_strike) / deviation + deviation / 2;
    const double density = normal_pdf(d1);
    in_spot = normal_cdf(sign * d1);
    in_strike = normal_cdf(sign * (d1 - deviation));
    greeks.gamma = dividend_discount * density / (terms.spot * deviation);
    greeks.vega = discounted_spot * density * root / 100;
    decay = -discounted_spot * density * terms.volatility / (2 * root);
  }
  greeks.delta = sign * dividend_discount * in_spot;
  greeks.theta = (decay + sign * (terms.dividend_yield * discounted_spot * in_spot -
                                  terms.rate * discounted_strike * in_strike)) /
                 kDaysPerYear;
  greeks.rho = sign * terms.t_years * discounted_strike * in_strike / 100;
  return greeks;
}

}  // namespace runledger::risk
