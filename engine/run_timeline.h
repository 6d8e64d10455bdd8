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
  UtcTime began_at{};      ///< Computing since, as far as can be told: see TimelineFold::layout().
  /// With a known duration that long after began_at, else when it was committed; absent while the
  /// attempt is under way.
  std::optional<UtcTime> ended_at;
  AttemptOutcome outcome = AttemptOutcome::kRunning;
  /// Lane of the picture; absent for what waits for a worker, as far as can be told.
  std::optional<std::uint32_t> slot;
};

struct RunTimeline {
  std::vector<AttemptSpan> spans;  ///< By began_at.
  std::uint32_t slots = 0;         ///< Workers, as far as can be told.
};

/// When each attempt of a run began and ended, as the fold of the run's events.
class TimelineFold {
 public:
  /// Folds one event of the run; events must come in order.
  void fold(const Event& event);

  /// Lays the attempts out in slots. Events name no workers, and tell when an attempt was handed
  /// out, how long it computed, and when its end was committed: each is put where it fits between,
  /// right after the one before it in its slot. So there are about as many slots as workers.
  /// Cost: O(n x slots).
  [[nodiscard]] RunTimeline layout() const;

 private:
  std::vector<AttemptSpan> spans_;
  std::vector<std::optional<nanoseconds>> durations_;  ///< Of each span, if it is known.
  std::vector<std::size_t> ended_;                     ///< Spans in the order of their ends.
  std::map<std::uint32_t, std::size_t> open_;          ///< Job -> its span.
};

}  // namespace runledger::engine
