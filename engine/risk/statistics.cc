#include "engine/risk/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "schema/invariant.h"

namespace runledger::risk {

double mean(std::span<const double> values) {
  RL_ASSERT(!values.empty());
  double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return sum / static_cast<double>(values.size());
}

double sample_variance(std::span<const double> values) {
  RL_ASSERT(values.size() >= 2);
  const double center = mean(values);
  double sum = 0;
  for (const double value : values) {
    sum += (value - center) * (value - center);
  }
  return sum / static_cast<double>(values.size() - 1);
}

double sample_sd(std::span<const double> values) {
  return std::sqrt(sample_variance(values));
}

bool is_constant(std::span<const double> values) {
  if (values.empty()) {
    return true;
  }
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  const double scale = std::max(std::abs(*least), std::abs(*greatest));
  return *greatest - *least <= 4 * std::numeric_limits<double>::epsilon() * scale;
}

double quantile_sorted(std::span<const double> sorted, double probability) {
  RL_ASSERT(!sorted.empty());
  RL_ASSERT(probability >= 0 && probability <= 1);
  const double position = probability * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 >= sorted.size()) {
    return sorted.back();
  }
  const double fraction = position - static_cast<double>(below);
  return sorted[below] + fraction * (sorted[below + 1] - sorted[below]);
}

namespace {

double median_in_place(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) {
    return *middle;
  }
  const double below = *std::max_element(values.begin(), middle);
  return below + (*middle - below) / 2;
}

}  // namespace

double median(std::span<const double> values) {
  RL_ASSERT(!values.empty());
  std::vector<double> copy(values.begin(), values.end());
  return median_in_place(copy);
}

Computed<double> median_absolute_deviation(std::span<const double> values, std::size_t least) {
  std::vector<double> present;
  present.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(present),
               [](double value) { return !std::isnan(value); });
  if (present.empty() || present.size() < least) {
    return unknown(NullReason::kShortHistory);
  }
  const double center = median_in_place(present);
  for (double& value : present) {
    value = std::abs(value - center);
  }
  return median_in_place(present);
}

Computed<double> sd_of_present(std::span<const double> values, std::size_t least) {
  std::vector<double> present;
  present.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(present),
               [](double value) { return !std::isnan(value); });
  if (present.size() < std::max<std::size_t>(least, 2)) {
    return unknown(NullReason::kShortHistory);
  }
  return sample_sd(present);
}

}  // namespace runledger::risk
