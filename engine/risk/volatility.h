#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "engine/risk/computed.h"

/// Volatility of one daily series, oldest value first; units are those of the series, annualised
/// by sqrt(252). Pure, thread-safe.
namespace runledger::risk {

/// sd of the last `days` values x sqrt(252). Errors: kShortHistory with fewer values.
[[nodiscard]] Computed<double> realized_volatility(std::span<const double> series,
                                                   std::size_t days);

/// realized_volatility at each day from the `days`-th on, oldest first. Empty if too short.
/// Cost: O(n days), so that each value has the bits of a calculation on its own.
[[nodiscard]] std::vector<double> rolling_volatility(std::span<const double> series,
                                                     std::size_t days);

/// Exponentially weighted: var_t = decay var_{t-1} + (1 - decay) x_t^2, started at the mean square
/// of the first `seed_days` values; sqrt(252 var_n). Errors: kShortHistory below `seed_days`.
[[nodiscard]] Computed<double> ewma_volatility(std::span<const double> series,
                                               double decay,
                                               std::size_t seed_days);

/// Heterogeneous autoregressive forecast (Corsi 2009, J. Financial Econometrics 7).
struct HarForecast {
  double volatility = 0;  ///< sqrt(252 x forecast of the mean square of the next 21 days).
  double r_squared = 0;
};
/// Regresses mean(v_{t+1..t+21}) on 1, v_t, the mean of the last 5 and of the last 21, v = x^2,
/// over all t whose terms lie in `series`; the forecast is clipped at 0. Errors: kShortHistory
/// below `least_rows` rows, kConstantSeries, kSingular.
[[nodiscard]] Computed<HarForecast> har_forecast(std::span<const double> series,
                                                 std::size_t least_rows);

struct VolatilityTrend {
  std::string_view direction;  ///< "increasing", "decreasing" or "stable".
  double slope = 0;            ///< A day, as a share of the mean.
  double r_squared = 0;
};
/// Slope of the last `days` values of `rolling` over time, divided by their mean; increasing above
/// 0.005 and decreasing below -0.005 if R^2 > 0.3.
/// Errors: kShortHistory with fewer values, kConstantSeries if their mean is 0.
[[nodiscard]] Computed<VolatilityTrend> volatility_trend(std::span<const double> rolling,
                                                         std::size_t days);

/// Share of the values that are strictly below the last one.
/// Errors: kShortHistory below `least` values.
[[nodiscard]] Computed<double> percentile_of_last(std::span<const double> values,
                                                  std::size_t least);

}  // namespace runledger::risk
