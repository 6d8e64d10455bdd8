#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "engine/random.h"
#include "schema/vocabulary.h"

namespace runledger::engine {

/// When a job that failed is attempted again. A value.
struct RetryPolicy {
  std::uint32_t attempts_max = 3;        ///< Attempts that failed by themselves.
  std::uint32_t interruptions_max = 20;  ///< A job that keeps killing the engine fails in the end.
  std::chrono::milliseconds backoff_first{1000};
  double backoff_multiplier = 2.0;
  std::chrono::milliseconds backoff_max{60000};
  double jitter_fraction = 0.2;  ///< The delay is drawn from +- this share of the backoff.

  /// Delay before the next attempt after `failed` attempts, the last one for `category`; nullopt if
  /// that was final. Draws from `random` only if there is a next attempt.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> next_delay(std::uint32_t failed,
                                                                   ErrorCategory category,
                                                                   Random& random) const noexcept;
  /// No delay is longer.
  [[nodiscard]] std::chrono::nanoseconds longest_delay() const noexcept;
};

}  // namespace runledger::engine
