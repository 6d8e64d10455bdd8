#include "engine/risk/american.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include <boost/math/quadrature/gauss.hpp>

#include "engine/risk/distributions.h"
#include "schema/invariant.h"

namespace runledger::risk {
namespace {

constexpr double kDaysPerYear = 365.0;
constexpr std::size_t kNodes = 12;        // Chebyshev intervals of the boundary
constexpr unsigned kBoundaryPoints = 15;  // Gauss-Legendre, fixed-point integrals
constexpr unsigned kPremiumPoints = 30;   // Gauss-Legendre, premium
constexpr int kIterations = 8;
constexpr int kStartIterations = 12;
constexpr double kVolatilityStep = 1e-3;
constexpr double kRateStep = 1e-4;
constexpr std::size_t kTreeSteps = 501;

/// A put with strike 1, as the solver sees it.
struct Put {
  double rate;
  double yield;
  double volatility;
  double t_years;
};

/// Points and weights of a symmetric Gauss-Legendre rule on [-1, 1], written out in full.
template <unsigned kCount>
struct Rule {
  std::array<double, kCount> points{};
  std::array<double, kCount> weights{};
};

template <unsigned kCount>
Rule<kCount> make_rule() {
  using Gauss = boost::math::quadrature::gauss<double, kCount>;
  Rule<kCount> rule;
  std::size_t next = 0;
  for (std::size_t i = 0; i < Gauss::abscissa().size(); ++i) {
    const double point = Gauss::abscissa()[i];
    const double weight = Gauss::weights()[i];
    rule.points[next] = point;
    rule.weights[next++] = weight;
    if (point != 0) {
      rule.points[next] = -point;
      rule.weights[next++] = weight;
    }
  }
  return rule;
}

template <unsigned kCount>
const Rule<kCount>& gauss_rule() {
  static const Rule<kCount> rule = make_rule<kCount>();
  return rule;
}

/// Cosines of the Chebyshev interpolation; the same for every option.
struct ChebyshevBasis {
  std::array<double, kNodes + 1> points{};  // ascending in [-1, 1]
  std::array<std::array<double, kNodes + 1>, kNodes + 1> to_coefficients{};
};

const ChebyshevBasis& chebyshev_basis() {
  static const ChebyshevBasis basis = [] {
    ChebyshevBasis made;
    const auto n = static_cast<double>(kNodes);
    for (std::size_t i = 0; i <= kNodes; ++i) {
      made.points[i] = -std::cos(std::numbers::pi * static_cast<double>(i) / n);
    }
    for (std::size_t k = 0; k <= kNodes; ++k) {
      for (std::size_t i = 0; i <= kNodes; ++i) {
        const double ends =
            ((i == 0 || i == kNodes) ? 0.5 : 1.0) * ((k == 0 || k == kNodes) ? 0.5 : 1.0);
        // The nodes run upwards, so that the angle of node i is pi (1 - i / n).
        const double angle = std::numbers::pi * (1 - static_cast<double>(i) / n);
        made.to_coefficients[k][i] = 2 / n * ends * std::cos(static_cast<double>(k) * angle);
      }
    }
    return made;
  }();
  return basis;
}

/// The exercise boundary of a put with strike 1, as a function of the time left.
class ExerciseBoundary {
 public:
  explicit ExerciseBoundary(const Put& put) : put_(put) {
    limit_ = put.yield > 0 ? std::min(1.0, put.rate / put.yield) : 1.0;
    root_ = std::sqrt(put.t_years);
    start();
    for (int i = 0; i < kIterations; ++i) {
      iterate();
    }
  }

  /// Spot at and below which the put is exercised with `x`^2 years left.
  [[nodiscard]] double at_root(double x) const {
    const double z = 2 * x / root_ - 1;
    double b1 = 0;
    double b2 = 0;
    for (std::size_t k = kNodes; k >= 1; --k) {
      const double b0 = 2 * z * b1 - b2 + coefficients_[k];
      b2 = b1;
      b1 = b0;
    }
    const double h = std::max(0.0, z * b1 - b2 + coefficients_[0]);
    return limit_ * std::exp(-std::sqrt(h));
  }

  [[nodiscard]] double today() const { return values_[kNodes]; }

 private:
  void interpolate() {
    const ChebyshevBasis& basis = chebyshev_basis();
    std::array<double, kNodes + 1> h{};
    for (std::size_t i = 1; i <= kNodes; ++i) {
      const double logarithm = std::log(values_[i] / limit_);
      h[i] = logarithm * logarithm;
    }
    for (std::size_t k = 0; k <= kNodes; ++k) {
      double sum = 0;
      for (std::size_t i = 0; i <= kNodes; ++i) {
        sum += basis.to_coefficients[k][i] * h[i];
      }
      coefficients_[k] = sum;
    }
  }

  [[nodiscard]] double node_root(std::size_t i) const {
    return root_ * (1 + chebyshev_basis().points[i]) / 2;
  }

  /// Critical prices of Barone-Adesi & Whaley, by Newton steps from the boundary of the node
  /// before.
  void start() {
    values_[0] = limit_;
    double guess = limit_;
    for (std::size_t i = 1; i <= kNodes; ++i) {
      const double x = node_root(i);
      guess = critical_price(x * x, guess);
      values_[i] = std::clamp(guess, 1e-12, limit_);
      guess = values_[i];
    }
    interpolate();
  }

  [[nodiscard]] double critical_price(double tau, double guess) const {
    const double variance = put_.volatility * put_.volatility;
    const double carry = put_.rate - put_.yield;
    const double n = 2 * carry / variance;
    const double k = -std::expm1(-put_.rate * tau);
    const double q = (-(n - 1) - std::sqrt((n - 1) * (n - 1) + 8 * put_.rate / variance / k)) / 2;
    const double deviation = put_.volatility * std::sqrt(tau);
    const double yield_discount = std::exp(-put_.yield * tau);
    double s = std::min(guess, limit_) * 0.999;
    for (int i = 0; i < kStartIterations; ++i) {
      const double d1 = (std::log(s) + carry * tau) / deviation + deviation / 2;
      const double cdf = normal_cdf(-d1);
      const double european =
          std::exp(-put_.rate * tau) * normal_cdf(deviation - d1) - s * yield_discount * cdf;
      const double left = 1 - s;
      const double right = european - (1 - yield_discount * cdf) * s / q;
      const double slope = -yield_discount * cdf * (1 - 1 / q) -
                           (1 + yield_discount * normal_pdf(d1) / deviation) / q;
      const double next = (1 - right + slope * s) / (1 + slope);
      const double step = std::clamp(next, 0.5 * s, std::min(limit_, 1.5 * s));
      const bool done = std::abs(step - s) < 1e-4 * s;
      s = step;
      if (done || std::abs(left - right) < 1e-10) {
        break;
      }
    }
    return s;
  }

  /// One sweep over the nodes; each reads the boundary of the sweep before. Equation "B" of the
  /// paper, which converges for any rate and yield: B = exp(-(r - q) tau) N / D.
  void iterate() {
    const Rule<kBoundaryPoints>& rule = gauss_rule<kBoundaryPoints>();
    std::array<double, kNodes + 1> next = values_;
    for (std::size_t i = 1; i <= kNodes; ++i) {
      const double x = node_root(i);
      const double tau = x * x;
      const double boundary = values_[i];
      double n_integral = 0;
      double d_integral = 0;
      for (std::size_t j = 0; j < rule.points.size(); ++j) {
        const double y = 1 + rule.points[j];
        const double left = tau * y * y / 4;  // tau - u
        const double u = tau - left;
        const double deviation = put_.volatility * x * y / 2;
        const double d_plus =
            (std::log(boundary / at_root(std::sqrt(u))) + (put_.rate - put_.yield) * left) /
                deviation +
            deviation / 2;
        const double weight = rule.weights[j] * y;
        n_integral += weight * std::exp(put_.rate * u) * normal_cdf(d_plus - deviation);
        if (put_.yield != 0) {
          d_integral += weight * std::exp(put_.yield * u) * normal_cdf(d_plus);
        }
      }
      const double deviation = put_.volatility * x;
      const double d_plus =
          (std::log(boundary) + (put_.rate - put_.yield) * tau) / deviation + deviation / 2;
      const double numerator = normal_cdf(d_plus - deviation) + put_.rate * tau / 2 * n_integral;
      const double denominator = normal_cdf(d_plus) + put_.yield * tau / 2 * d_integral;
      const double fixed_point =
          std::exp(-(put_.rate - put_.yield) * tau) * numerator / denominator;
      if (std::isfinite(fixed_point) && fixed_point > 0) {
        next[i] = std::clamp(fixed_point, 1e-12, limit_);
      }
    }
    values_ = next;
    interpolate();
  }

  Put put_;
  double limit_ = 1;
  double root_ = 0;
  std::array<double, kNodes + 1> values_{};
  std::array<double, kNodes + 1> coefficients_{};
};

/// Value, delta and gamma of a put with strike 1.
struct PutValue {
  double price = 0;
  double delta = 0;
  double gamma = 0;
};

enum class Exercise : std::uint8_t { kNever, kOneBoundary, kOther };

Exercise exercise_of(const Put& put) {
  if (put.rate > 0) {
    return Exercise::kOneBoundary;
  }
  return put.yield >= 0 ? Exercise::kNever : Exercise::kOther;
}

PutValue value_of(const Put& put, const ExerciseBoundary& boundary, double spot) {
  if (spot <= boundary.today()) {
    return {1 - spot, -1, 0};
  }
  const OptionGreeks european = european_greeks(
      {OptionKind::kPut, spot, 1, put.t_years, put.rate, put.yield, put.volatility});
  PutValue value{european.price, european.delta, european.gamma};
  const Rule<kPremiumPoints>& rule = gauss_rule<kPremiumPoints>();
  const double root = std::sqrt(put.t_years);
  for (std::size_t j = 0; j < rule.points.size(); ++j) {
    const double y = 1 + rule.points[j];
    const double elapsed = put.t_years * y * y / 4;
    const double deviation = put.volatility * root * y / 2;
    const double left = std::max(0.0, put.t_years - elapsed);
    const double d_plus =
        (std::log(spot / boundary.at_root(std::sqrt(left))) + (put.rate - put.yield) * elapsed) /
            deviation +
        deviation / 2;
    const double d_minus = d_plus - deviation;
    const double weight = rule.weights[j] * y * put.t_years / 2;
    const double rate_term = weight * put.rate * std::exp(-put.rate * elapsed);
    const double density = normal_pdf(d_minus) / (spot * deviation);
    value.price += rate_term * normal_cdf(-d_minus);
    value.delta -= rate_term * density;
    value.gamma += rate_term * density / spot * (1 + d_minus / deviation);
    if (put.yield != 0) {
      const double yield_term = weight * put.yield * std::exp(-put.yield * elapsed);
      const double yield_density = normal_pdf(d_plus) / deviation;
      value.price -= yield_term * spot * normal_cdf(-d_plus);
      value.delta -= yield_term * (normal_cdf(-d_plus) - yield_density);
      value.gamma += yield_term * yield_density / spot * (1 - d_plus / deviation);
    }
  }
  value.price = std::max({value.price, european.price, 1 - spot});
  value.delta = std::clamp(value.delta, -1.0, 0.0);
  value.gamma = std::max(value.gamma, 0.0);
  return value;
}

/// Binomial tree of Leisen & Reimer (1996), Peizer-Pratt inversion, with early exercise.
double tree_price(const OptionTerms& terms) {
  constexpr auto kSteps = static_cast<double>(kTreeSteps);
  const double dt = terms.t_years / kSteps;
  const double deviation = terms.volatility * std::sqrt(terms.t_years);
  const double carry = terms.rate - terms.dividend_yield;
  const double d1 =
      (std::log(terms.spot / terms.strike) + carry * terms.t_years) / deviation + deviation / 2;
  const auto inversion = [](double z) {
    const double ratio = z / (kSteps + 1.0 / 3 + 0.1 / (kSteps + 1));
    const double root = std::sqrt(0.25 - 0.25 * std::exp(-ratio * ratio * (kSteps + 1.0 / 6)));
    return z < 0 ? 0.5 - root : 0.5 + root;
  };
  const double p = inversion(d1 - deviation);
  const double growth = std::exp(carry * dt);
  const double up = growth * inversion(d1) / p;
  const double down = (growth - p * up) / (1 - p);
  const double discount = std::exp(-terms.rate * dt);
  std::array<double, kTreeSteps + 1> values{};
  for (std::size_t i = 0; i <= kTreeSteps; ++i) {
    const double spot = terms.spot * std::pow(up, static_cast<double>(i)) *
                        std::pow(down, kSteps - static_cast<double>(i));
    values[i] = intrinsic_value(terms.kind, spot, terms.strike);
  }
  for (std::size_t step = kTreeSteps; step-- > 0;) {
    double spot = terms.spot * std::pow(down, static_cast<double>(step));
    for (std::size_t i = 0; i <= step; ++i, spot *= up / down) {
      const double kept = discount * (p * values[i + 1] + (1 - p) * values[i]);
      values[i] = std::max(kept, intrinsic_value(terms.kind, spot, terms.strike));
    }
  }
  return values[0];
}

/// Best of the values of exercising now and of holding, when the path is certain.
double deterministic_price(const OptionTerms& terms) {
  return std::max(intrinsic_value(terms.kind, terms.spot, terms.strike), european_price(terms));
}

/// The put with strike 1 that is equivalent: value = scale x put(spot).
struct Normalised {
  Put put;
  double spot;
  double scale;
};

Normalised normalise(const OptionTerms& terms) {
  if (terms.kind == OptionKind::kPut) {
    return {{terms.rate, terms.dividend_yield, terms.volatility, terms.t_years},
            terms.spot / terms.strike,
            terms.strike};
  }
  return {{terms.dividend_yield, terms.rate, terms.volatility, terms.t_years},
          terms.strike / terms.spot,
          terms.spot};
}

}  // namespace

double american_price(const OptionTerms& terms) {
  RL_ASSERT(terms.spot > 0);
  RL_ASSERT(terms.strike > 0);
  if (!(terms.t_years > 0)) {
    return intrinsic_value(terms.kind, terms.spot, terms.strike);
  }
  const Normalised normal = normalise(terms);
  const Exercise exercise = exercise_of(normal.put);
  if (exercise == Exercise::kNever) {
    return european_price(terms);
  }
  if (is_deterministic(terms)) {
    return deterministic_price(terms);
  }
  if (exercise == Exercise::kOther) {
    return tree_price(terms);
  }
  const ExerciseBoundary boundary(normal.put);
  return normal.scale * value_of(normal.put, boundary, normal.spot).price;
}

namespace {

/// Change of the price per unit of `field`, by differences that keep the field above `floor`.
double sensitivity(OptionTerms terms, double OptionTerms::*field, double step, double floor) {
  const double center = terms.*field;
  const double below = std::max(floor, center - step);
  terms.*field = center + step;
  const double high = american_price(terms);
  terms.*field = below;
  const double low = american_price(terms);
  return (high - low) / (center + step - below);
}

}  // namespace

OptionGreeks american_greeks(const OptionTerms& terms) {
  RL_ASSERT(terms.spot > 0);
  RL_ASSERT(terms.strike > 0);
  if (!(terms.t_years > 0)) {
    return expiration_greeks(terms.kind, terms.spot, terms.strike);
  }
  const Normalised normal = normalise(terms);
  const Exercise exercise = exercise_of(normal.put);
  if (exercise == Exercise::kNever) {
    return european_greeks(terms);
  }
  const double intrinsic = intrinsic_value(terms.kind, terms.spot, terms.strike);
  if (is_deterministic(terms)) {
    if (european_price(terms) > intrinsic) {
      return european_greeks(terms);
    }
    return expiration_greeks(terms.kind, terms.spot, terms.strike);
  }
  OptionGreeks greeks;
  if (exercise == Exercise::kOneBoundary) {
    const ExerciseBoundary boundary(normal.put);
    const PutValue value = value_of(normal.put, boundary, normal.spot);
    if (normal.spot <= boundary.today()) {
      return expiration_greeks(terms.kind, terms.spot, terms.strike);
    }
    greeks.price = normal.scale * value.price;
    if (terms.kind == OptionKind::kPut) {
      greeks.delta = value.delta;
      greeks.gamma = value.gamma / terms.strike;
    } else {  // value = S p(K / S)
      greeks.delta = value.price - normal.spot * value.delta;
      greeks.gamma = normal.spot * normal.spot * value.gamma / terms.spot;
    }
  } else {
    const double step = 1e-2 * terms.spot;
    OptionTerms moved = terms;
    greeks.price = tree_price(terms);
    moved.spot = terms.spot + step;
    const double high = tree_price(moved);
    moved.spot = terms.spot - step;
    const double low = tree_price(moved);
    greeks.delta = (high - low) / (2 * step);
    greeks.gamma = (high - 2 * greeks.price + low) / (step * step);
  }
  const double variance = terms.volatility * terms.volatility;
  greeks.theta =
      (terms.rate * greeks.price - (terms.rate - terms.dividend_yield) * terms.spot * greeks.delta -
       variance * terms.spot * terms.spot * greeks.gamma / 2) /
      kDaysPerYear;
  greeks.vega = sensitivity(terms, &OptionTerms::volatility, kVolatilityStep, 0.0) / 100;
  greeks.rho = sensitivity(terms, &OptionTerms::rate, kRateStep, -1.0) / 100;
  return greeks;
}

}  // namespace runledger::risk
