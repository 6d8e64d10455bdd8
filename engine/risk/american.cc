#include "engine/risk/american.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <optional>

#include <boost/math/quadrature/gauss.hpp>

#include "engine/risk/distributions.h"
#include "schema/invariant.h"

namespace runledger::risk {
namespace {

constexpr double kDaysPerYear = 365.0;
constexpr std::size_t kNodes = 8;         // Chebyshev intervals of the boundary
constexpr unsigned kBoundaryPoints = 10;  // Gauss-Legendre, fixed-point integrals
constexpr unsigned kPremiumPoints = 40;   // Gauss-Legendre, premium; it is sharp near the boundary
constexpr int kIterations = 6;
constexpr int kStartIterations = 12;
constexpr double kLogBoundaryMin = -30;
constexpr double kVolatilityStep = 1e-3;
constexpr double kRateStep = 1e-4;
// Volatility * sqrt(time). Beyond it an option is worth its upper bound to the last bit, and the
// steps of the differences would vanish in the size of the volatility.
constexpr double kDeviationMax = 100;
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

/// What the method needs besides the option: all of it depends only on ratios of times, so that it
/// is the same for every option. Integrals over the elapsed time e in [0, tau] are taken in
/// y = 2 sqrt(e / tau), and the boundary is needed with tau - e left.
struct Tables {
  using Row = std::array<double, kNodes + 1>;

  Row root_share{};  ///< sqrt(tau_i / T) of node i, ascending from 0 to 1.
  std::array<double, kBoundaryPoints> boundary_y{};
  std::array<double, kBoundaryPoints> boundary_weight{};
  /// Interpolation of node values to the times of node i's integral.
  std::array<std::array<Row, kBoundaryPoints>, kNodes + 1> to_boundary{};
  std::array<double, kPremiumPoints> premium_y{};
  std::array<double, kPremiumPoints> premium_weight{};
  std::array<Row, kPremiumPoints> to_premium{};
};

/// Weights of the node values in the Chebyshev interpolation polynomial at z in [-1, 1].
Tables::Row interpolation_weights(double z) {
  const auto n = static_cast<double>(kNodes);
  const double angle = std::acos(std::clamp(z, -1.0, 1.0));
  Tables::Row weights{};
  for (std::size_t i = 0; i <= kNodes; ++i) {
    // The nodes run upwards, so that the angle of node i is pi (1 - i / n).
    const double node_angle = std::numbers::pi * (1 - static_cast<double>(i) / n);
    double sum = 0;
    for (std::size_t k = 0; k <= kNodes; ++k) {
      const double half = (k == 0 || k == kNodes) ? 0.5 : 1.0;
      const auto order = static_cast<double>(k);
      sum += half * std::cos(order * node_angle) * std::cos(order * angle);
    }
    weights[i] = 2 / n * ((i == 0 || i == kNodes) ? 0.5 : 1.0) * sum;
  }
  return weights;
}

Tables make_tables() {
  Tables tables;
  for (std::size_t i = 0; i <= kNodes; ++i) {
    const double angle = std::numbers::pi * static_cast<double>(i) / static_cast<double>(kNodes);
    tables.root_share[i] = (1 - std::cos(angle)) / 2;
  }
  const Rule<kBoundaryPoints> boundary = make_rule<kBoundaryPoints>();
  for (std::size_t j = 0; j < kBoundaryPoints; ++j) {
    const double y = 1 + boundary.points[j];
    tables.boundary_y[j] = y;
    tables.boundary_weight[j] = boundary.weights[j] * y;
    for (std::size_t i = 0; i <= kNodes; ++i) {
      const double share = tables.root_share[i] * std::sqrt(1 - y * y / 4);
      tables.to_boundary[i][j] = interpolation_weights(2 * share - 1);
    }
  }
  const Rule<kPremiumPoints> premium = make_rule<kPremiumPoints>();
  for (std::size_t j = 0; j < kPremiumPoints; ++j) {
    const double y = 1 + premium.points[j];
    tables.premium_y[j] = y;
    tables.premium_weight[j] = premium.weights[j] * y;
    tables.to_premium[j] = interpolation_weights(2 * std::sqrt(1 - y * y / 4) - 1);
  }
  return tables;
}

const Tables& tables() {
  static const Tables made = make_tables();
  return made;
}

/// The exercise boundary of a put with strike 1, as a function of the time left.
class ExerciseBoundary {
 public:
  explicit ExerciseBoundary(const Put& put) : put_(put), root_(std::sqrt(put.t_years)) {
    log_limit_ = put.yield > 0 ? std::min(0.0, std::log(put.rate / put.yield)) : 0.0;
    start();
    for (int i = 0; i < kIterations; ++i) {
      iterate();
    }
  }

  /// Logarithm of the spot at and below which the put is exercised, at the times of the rows of
  /// Tables::to_premium and to_boundary.
  [[nodiscard]] double log_at(const Tables::Row& weights) const {
    double h = 0;
    for (std::size_t i = 0; i <= kNodes; ++i) {
      h += weights[i] * h_[i];
    }
    return log_limit_ - std::sqrt(std::max(0.0, h));
  }

  [[nodiscard]] double today() const { return std::exp(log_values_[kNodes]); }

 private:
  /// The square of the logarithm is nearly straight in the root of time (section 4.1 of the paper).
  void interpolate() {
    for (std::size_t i = 0; i <= kNodes; ++i) {
      const double distance = log_values_[i] - log_limit_;
      h_[i] = distance * distance;
    }
  }

  /// Critical prices of Barone-Adesi & Whaley, by Newton steps from the boundary of the node
  /// before.
  void start() {
    log_values_[0] = log_limit_;
    double guess = std::exp(log_limit_);
    for (std::size_t i = 1; i <= kNodes; ++i) {
      const double x = root_ * tables().root_share[i];
      guess = critical_price(x * x, guess);
      log_values_[i] = std::clamp(std::log(guess), kLogBoundaryMin, log_limit_);
    }
    interpolate();
  }

  [[nodiscard]] double critical_price(double tau, double guess) const {
    const double variance = put_.volatility * put_.volatility;
    const double carry = put_.rate - put_.yield;
    const double n = 2 * carry / variance;
    const double k = -std::expm1(-put_.rate * tau);
    const double rate_share = put_.rate == 0 ? 1 / tau : put_.rate / k;
    const double q = (-(n - 1) - std::sqrt((n - 1) * (n - 1) + 8 * rate_share / variance)) / 2;
    const double deviation = put_.volatility * std::sqrt(tau);
    const double yield_discount = std::exp(-put_.yield * tau);
    const double discount = 1 - k;
    double s = guess * 0.999;
    for (int i = 0; i < kStartIterations; ++i) {
      const double d1 = (std::log(s) + carry * tau) / deviation + deviation / 2;
      const double cdf = normal_cdf(-d1);
      const double european = discount * normal_cdf(deviation - d1) - s * yield_discount * cdf;
      const double held = european - (1 - yield_discount * cdf) * s / q;
      const double slope = -yield_discount * cdf * (1 - 1 / q) -
                           (1 + yield_discount * normal_pdf(d1) / deviation) / q;
      const double next =
          std::clamp((1 - held + slope * s) / (1 + slope), 0.5 * s, std::min(guess, 1.5 * s));
      const bool done = std::abs(next - s) < 1e-3 * s;
      s = next;
      if (done) {
        break;
      }
    }
    return s;
  }

  /// One sweep over the nodes; each reads the boundary of the sweep before. Equation "B" of the
  /// paper, which converges for any rate and yield: B = exp(-(r - q) tau) N / D.
  void iterate() {
    const Tables& table = tables();
    const double carry = put_.rate - put_.yield;
    Tables::Row next = log_values_;
    for (std::size_t i = 1; i <= kNodes; ++i) {
      const double x = root_ * table.root_share[i];
      const double tau = x * x;
      double n_integral = 0;
      double d_integral = 0;
      for (std::size_t j = 0; j < kBoundaryPoints; ++j) {
        const double y = table.boundary_y[j];
        const double elapsed = tau * y * y / 4;
        const double deviation = put_.volatility * x * y / 2;
        const double d_plus =
            (log_values_[i] - log_at(table.to_boundary[i][j]) + carry * elapsed) / deviation +
            deviation / 2;
        const double weight = table.boundary_weight[j];
        n_integral +=
            weight * std::exp(put_.rate * (tau - elapsed)) * normal_cdf(d_plus - deviation);
        if (put_.yield != 0) {
          d_integral += weight * std::exp(put_.yield * (tau - elapsed)) * normal_cdf(d_plus);
        }
      }
      const double deviation = put_.volatility * x;
      const double d_plus = (log_values_[i] + carry * tau) / deviation + deviation / 2;
      const double numerator = normal_cdf(d_plus - deviation) + put_.rate * tau / 2 * n_integral;
      const double denominator = normal_cdf(d_plus) + put_.yield * tau / 2 * d_integral;
      const double fixed_point = std::log(numerator / denominator) - carry * tau;
      if (std::isfinite(fixed_point)) {
        next[i] = std::clamp(fixed_point, kLogBoundaryMin, log_limit_);
      }
    }
    log_values_ = next;
    interpolate();
  }

  Put put_;
  double root_ = 0;
  double log_limit_ = 0;
  Tables::Row log_values_{};  ///< At the nodes.
  Tables::Row h_{};           ///< (log B - log limit)^2 at the nodes.
};

/// Value, delta and gamma of a put with strike 1.
struct PutValue {
  double price = 0;
  double delta = 0;
  double gamma = 0;
};

enum class Exercise : std::uint8_t { kNever, kOneBoundary, kOther };

Exercise exercise_of(const Put& put) {
  if (put.rate > 0 || (put.rate == 0 && put.yield < 0)) {
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
  const Tables& table = tables();
  const double root = std::sqrt(put.t_years);
  const double log_spot = std::log(spot);
  for (std::size_t j = 0; j < kPremiumPoints; ++j) {
    const double y = table.premium_y[j];
    const double elapsed = put.t_years * y * y / 4;
    const double deviation = put.volatility * root * y / 2;
    const double d_plus =
        (log_spot - boundary.log_at(table.to_premium[j]) + (put.rate - put.yield) * elapsed) /
            deviation +
        deviation / 2;
    const double d_minus = d_plus - deviation;
    const double weight = table.premium_weight[j] * put.t_years / 2;
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

/// Best of the values of exercising now and of holding to the end.
double least_price(const OptionTerms& terms) {
  return std::max(intrinsic_value(terms.kind, terms.spot, terms.strike), european_price(terms));
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
  if (!(p > 0 && p < 1)) {  // so far from the strike that the end is certain
    return least_price(terms);
  }
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
  return std::isfinite(values[0]) ? values[0] : least_price(terms);
}

OptionTerms bounded(OptionTerms terms) {
  if (terms.t_years > 0) {
    terms.volatility = std::min(terms.volatility, kDeviationMax / std::sqrt(terms.t_years));
  }
  return terms;
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

std::vector<double> american_prices(const OptionTerms& given, std::span<const double> spots) {
  RL_ASSERT(given.strike > 0);
  const OptionTerms terms = bounded(given);
  std::optional<ExerciseBoundary> boundary;
  std::vector<double> prices;
  prices.reserve(spots.size());
  OptionTerms moved = terms;
  for (const double spot : spots) {
    RL_ASSERT(spot > 0);
    moved.spot = spot;
    const Normalised normal = normalise(moved);
    const Exercise exercise = exercise_of(normal.put);
    if (!(terms.t_years > 0)) {
      prices.push_back(intrinsic_value(terms.kind, spot, terms.strike));
    } else if (exercise == Exercise::kNever) {
      prices.push_back(european_price(moved));
    } else if (is_deterministic(terms)) {
      prices.push_back(least_price(moved));
    } else if (exercise == Exercise::kOther) {
      prices.push_back(tree_price(moved));
    } else {
      if (!boundary) {
        boundary.emplace(normal.put);
      }
      prices.push_back(std::max(normal.scale * value_of(normal.put, *boundary, normal.spot).price,
                                intrinsic_value(terms.kind, spot, terms.strike)));
    }
  }
  return prices;
}

double american_price(const OptionTerms& terms) {
  return american_prices(terms, std::span(&terms.spot, 1)).front();
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

OptionGreeks american_greeks(const OptionTerms& given) {
  RL_ASSERT(given.spot > 0);
  RL_ASSERT(given.strike > 0);
  const OptionTerms terms = bounded(given);
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
    greeks.price = std::max(normal.scale * value.price, intrinsic);
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
