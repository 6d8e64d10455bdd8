#include "engine/retry_policy.h"

#include <algorithm>
#include <cmath>

namespace runledger::engine {

std::optional<std::chrono::nanoseconds> RetryPolicy::next_delay(std::uint32_t failed,
                                                                ErrorCategory category,
                                                                Random& random) const noexcept {
  const bool may_pass =
      category == ErrorCategory::kTransient || category == ErrorCategory::kTimeout;
  if (!may_pass || failed >= attempts_max) {
    return std::nullopt;
  }
  const double backoff =
      std::min(static_cast<double>(backoff_first.count()) *
                   std::pow(backoff_multiplier, static_cast<double>(failed) - 1.0),
               static_cast<double>(backoff_max.count()));
  const double jitter = 1.0 + jitter_fraction * (2.0 * random.uniform() - 1.0);
  return std::chrono::nanoseconds{static_cast<std::int64_t>(backoff * jitter * 1e6)};
}

std::chrono::nanoseconds RetryPolicy::longest_delay() const noexcept {
  const double longest = static_cast<double>(backoff_max.count()) * (1.0 + jitter_fraction);
  return std::chrono::nanoseconds{static_cast<std::int64_t>(std::ceil(longest * 1e6))};
}

}  // namespace runledger::engine
