#include "engine/risk/option.h"

#include <cmath>
#include <limits>

#include "engine/risk/american.h"

namespace runledger::risk {
namespace {

constexpr int kIterationsMax = 100;

double floor_price(ExerciseStyle style, OptionTerms terms) {
  if (style == ExerciseStyle::kAmerican) {
    return intrinsic_value(terms.kind, terms.spot, terms.strike);
  }
  terms.volatility = 0;
  return european_price(terms);
}

}  // namespace

double option_price(ExerciseStyle style, const OptionTerms& terms) {
  if (!(terms.t_years > 0)) {
    return intrinsic_value(terms.kind, terms.spot, terms.strike);
  }
  return style == ExerciseStyle::kAmerican ? american_price(terms) : european_price(terms);
}

std::vector<double> option_prices(ExerciseStyle style,
                                  const OptionTerms& terms,
                                  std::span<const double> spots) {
  if (style == ExerciseStyle::kAmerican && terms.t_years > 0) {
    return american_prices(terms, spots);
  }
  std::vector<double> prices;
  prices.reserve(spots.size());
  OptionTerms moved = terms;
  for (const double spot : spots) {
    moved.spot = spot;
    prices.push_back(option_price(style, moved));
  }
  return prices;
}

OptionGreeks option_greeks(ExerciseStyle style, const OptionTerms& terms) {
  return style == ExerciseStyle::kAmerican ? american_greeks(terms) : european_greeks(terms);
}

Computed<double> implied_volatility(ExerciseStyle style, OptionTerms terms, double price) {
  if (!(terms.t_years > 0) || price < floor_price(style, terms)) {
    return unknown(NullReason::kNoVolatility);
  }
  const auto error_at = [&](double volatility) {
    terms.volatility = volatility;
    return option_price(style, terms) - price;
  };
  double low = kImpliedVolatilityMin;
  double high = kImpliedVolatilityMax;
  if (error_at(low) > 0 || error_at(high) < 0) {
    return unknown(NullReason::kNoVolatility);
  }
  // Newton's method with the European vega, which is near the American one, inside a bracket.
  const double tolerance =
      4 * std::numeric_limits<double>::epsilon() * (price + terms.strike * 0.01);
  double volatility = 0.3;
  for (int i = 0; i < kIterationsMax; ++i) {
    const double error = error_at(volatility);
    if (std::abs(error) <= tolerance) {
      break;
    }
    (error > 0 ? high : low) = volatility;
    const double slope = 100 * european_greeks(terms).vega;
    double next = slope > 0 ? volatility - error / slope : low;
    if (!(next > low && next < high)) {
      next = low + (high - low) / 2;
    }
    if (std::abs(next - volatility) <= 1e-14 * volatility || high - low <= 1e-14 * high) {
      break;
    }
    volatility = next;
  }
  return volatility;
}

}  // namespace runledger::risk
