#pragma once

#include <cstddef>
#include <span>

#include "engine/risk/computed.h"

/// Sample statistics of one series. All pure and thread-safe; values must be finite.
namespace runledger::risk {

/// Arithmetic mean. Asserts that there is a value. Cost: O(n).
[[nodiscard]] double mean(std::span<const double> values);

/// Sample variance, divisor n - 1, by two passes. Asserts n >= 2.
[[nodiscard]] double sample_variance(std::span<const double> values);

/// Sample standard deviation, divisor n - 1. Asserts n >= 2.
[[nodiscard]] double sample_sd(std::span<const double> values);

/// Whether all values are equal up to rounding: their spread is at most 4 units in the last place
/// of the greatest.
[[nodiscard]] bool is_constant(std::span<const double> values);

/// Quantile of `sorted` (ascending, not empty) at `probability` in [0, 1]: linear interpolation of
/// the order statistics, type 7 of Hyndman & Fan (1996).
[[nodiscard]] double quantile_sorted(std::span<const double> sorted, double probability);

/// Median of `values` (not empty). Cost: one copy, O(n).
[[nodiscard]] double median(std::span<const double> values);

/// Median of the absolute deviations from the median (Hampel 1974), not scaled. Skips NaN.
/// Errors: kShortHistory with fewer than `least` values.
[[nodiscard]] Computed<double> median_absolute_deviation(std::span<const double> values,
                                                         std::size_t least);

/// Standard deviation of the values that are not NaN, divisor n - 1.
/// Errors: kShortHistory with fewer than `least` values.
[[nodiscard]] Computed<double> sd_of_present(std::span<const double> values, std::size_t least);

}  // namespace runledger::risk
