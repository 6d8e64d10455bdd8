#include "engine/risk/volatility.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Core>

#include "engine/risk/regression.h"
#include "engine/risk/statistics.h"
#include "schema/invariant.h"

namespace runledger::risk {
namespace {

constexpr std::size_t kWeek = 5;
constexpr std::size_t kMonth = 21;
constexpr double kTrendSlope = 0.005;
constexpr double kTrendRSquared = 0.3;

double mean_of(const std::vector<double>& values, std::size_t end, std::size_t days) {
  return mean(std::span(values).subspan(end - days, days));
}

}  // namespace

Computed<double> realized_volatility(std::span<const double> series, std::size_t days) {
  RL_ASSERT(days >= 2);
  if (series.size() < days) {
    return unknown(NullReason::kShortHistory);
  }
  return sample_sd(series.last(days)) * std::sqrt(kTradingDaysPerYear);
}

std::vector<double> rolling_volatility(std::span<const double> series, std::size_t days) {
  RL_ASSERT(days >= 2);
  std::vector<double> rolling;
  if (series.size() < days) {
    return rolling;
  }
  rolling.reserve(series.size() - days + 1);
  for (std::size_t end = days; end <= series.size(); ++end) {
    rolling.push_back(sample_sd(series.subspan(end - days, days)) * std::sqrt(kTradingDaysPerYear));
  }
  return rolling;
}

Computed<double> ewma_volatility(std::span<const double> series,
                                 double decay,
                                 std::size_t seed_days) {
  RL_ASSERT(decay > 0 && decay < 1);
  RL_ASSERT(seed_days > 0);
  if (series.size() < seed_days) {
    return unknown(NullReason::kShortHistory);
  }
  double variance = 0;
  for (const double value : series.first(seed_days)) {
    variance += value * value;
  }
  variance /= static_cast<double>(seed_days);
  for (const double value : series.subspan(seed_days)) {
    variance = decay * variance + (1 - decay) * value * value;
  }
  return std::sqrt(kTradingDaysPerYear * variance);
}

Computed<HarForecast> har_forecast(std::span<const double> series, std::size_t least_rows) {
  const std::size_t n = series.size();
  if (n < 2 * kMonth || n - 2 * kMonth + 1 < least_rows) {
    return unknown(NullReason::kShortHistory);
  }
  std::vector<double> v(n);
  std::transform(series.begin(), series.end(), v.begin(), [](double x) { return x * x; });
  if (is_constant(v)) {
    return unknown(NullReason::kConstantSeries);
  }
  const auto rows = static_cast<Eigen::Index>(n - 2 * kMonth + 1);
  Eigen::MatrixXd x(rows, 3);
  Eigen::VectorXd y(rows);
  for (Eigen::Index i = 0; i < rows; ++i) {
    const auto t = static_cast<std::size_t>(i) + kMonth - 1;
    x(i, 0) = v[t];
    x(i, 1) = mean_of(v, t + 1, kWeek);
    x(i, 2) = mean_of(v, t + 1, kMonth);
    y(i) = mean_of(v, t + 1 + kMonth, kMonth);
  }
  const Computed<Design> design = Design::make(x, Intercept::kYes);
  if (!design) {
    return unknown(design.error());
  }
  const LinearFit fit = design->fit(y);
  const Eigen::Vector4d today(1, v.back(), mean_of(v, n, kWeek), mean_of(v, n, kMonth));
  const double forecast = std::max(0.0, fit.coefficients.dot(today));
  return HarForecast{std::sqrt(kTradingDaysPerYear * forecast), fit.r_squared};
}

Computed<VolatilityTrend> volatility_trend(std::span<const double> rolling, std::size_t days) {
  RL_ASSERT(days >= 3);
  if (rolling.size() < days) {
    return unknown(NullReason::kShortHistory);
  }
  const std::span<const double> recent = rolling.last(days);
  const double center = mean(recent);
  if (!(center > 0)) {
    return unknown(NullReason::kConstantSeries);
  }
  if (is_constant(recent)) {
    return VolatilityTrend{"stable", 0, 0};
  }
  std::vector<double> time(days);
  for (std::size_t i = 0; i < days; ++i) {
    time[i] = static_cast<double>(i);
  }
  const Computed<SimpleFit> fit = simple_regression(recent, time, days);
  if (!fit) {
    return unknown(fit.error());
  }
  VolatilityTrend trend{"stable", fit->beta / center, fit->r_squared};
  if (trend.r_squared > kTrendRSquared && trend.slope > kTrendSlope) {
    trend.direction = "increasing";
  } else if (trend.r_squared > kTrendRSquared && trend.slope < -kTrendSlope) {
    trend.direction = "decreasing";
  }
  return trend;
}

Computed<double> percentile_of_last(std::span<const double> values, std::size_t least) {
  if (values.empty() || values.size() < least) {
    return unknown(NullReason::kShortHistory);
  }
  const auto below = std::count_if(values.begin(), values.end(),
                                   [last = values.back()](double x) { return x < last; });
  return static_cast<double>(below) / static_cast<double>(values.size());
}

}  // namespace runledger::risk
