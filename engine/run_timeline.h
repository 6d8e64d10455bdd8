#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "engine/run_state.h"
#include "schema/events.h"

namespace runledger::engine {

enum class AttemptOutcome : std::uint8_t {
  kRunning,
  kSucceeded,
  kSucceededWithWarnings,
  kRetried,  ///< Failed; another attempt was scheduled.
  kFailed,
  kInterrupted,  ///< Lost with its engine.
  kCancelled,
};

/// One attempt of a job in time.
struct AttemptSpan {
  std::uint32_t job = 0;  ///< Index in the plan.
  Attempt attempt{};
  UtcTime attempted_at{};  ///< Handed to the compute pool.
  /// Computing since: its end less its duration, if that is known; else attempted_at.
  UtcTime began_at{};
  std::optional<UtcTime> ended_at;  ///< Absent while it is under way.
  AttemptOutcome outcome = AttemptOutcome::kRunning;
  /// Lane of the picture; absent for what waits for a worker, as far as can be told.
  std::optional<std::uint32_t> slot;
};

struct RunTimeline {
  std::vector<AttemptSpan> spans;  ///< By began_at.
  std::uint32_t slots = 0;         ///< As many as attempts ever computed side by side.
};

/// When each attempt of a run began and ended, as the fold of the run's events.
class TimelineFold {
 public:
  /// Folds one event of the run; events must come in order.
  void fold(const Event& event);

  /// Lays the attempts out in slots: each in the lowest one that is free when it begins. Events do
  /// not name workers, but no two attempts of a worker overlap, so slots are what workers did.
  /// Cost: O(n log n).
  [[nodiscard]] RunTimeline layout() const;

 private:
  void end(std::uint32_t job, AttemptOutcome outcome, UtcTime time, nanoseconds duration);

  std::vector<AttemptSpan> spans_;
  std::map<std::uint32_t, std::size_t> open_;  ///< Job -> its span.
};

}  // namespace runledger::engine
