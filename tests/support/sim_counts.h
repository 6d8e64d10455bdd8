#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace runledger::testing {

/// What a simulation did, met and checked. The catalogue is fixed, so what never happens shows as
/// 0.
enum class SimCount : std::uint8_t {
  kSeeds,
  kSteps,
  kEvents,
  kRuns,
  kJobs,
  kBoots,
  kResumes,
  // Faults of the process and its surroundings.
  kCrash,
  kCrashWhileStarting,
  kCrashInIo,
  kCrashBehindIo,
  kCrashInBackground,
  kStoppedByFailure,
  kBootFailed,
  kClockForward,
  kClockBack,
  kSlowWorker,
  // Faults of the log.
  kAppendSlow,
  kAppendRefused,
  kQueueFull,
  kFailedLost,
  kFailedWritten,
  kAnsweredLate,
  kWrittenAtCrash,
  kLostAtCrash,
  // Faults of the disk.
  kDiskError,
  kDiskErrorForEver,
  kShortWrite,
  kDiskFull,
  kSlowSync,
  kBackgroundWork,
  // Faults of jobs and plans.
  kJobTransient,
  kJobPermanent,
  kJobThrew,
  kJobGarbage,
  kJobHugeText,
  kJobNothingToDo,
  kJobUncovered,
  kJobSlow,
  kJobHung,
  kJobIgnoredStop,
  kJobPastDeadline,
  kJobStorm,
  kPlanFailed,
  // Workloads.
  kStart,
  kStartForced,
  kStartRefused,
  kBackfill,
  kCancel,
  kImport,
  kRepeatSame,
  kRepeatAfterRestart,
  kRepeatOther,
  kRepeatReordered,
  kDrain,
  kAbandon,
  // Rare paths that were taken.
  kDuplicateAnswered,
  kOtherContentRefused,
  kUnknownOutcome,
  kInterrupted,
  kInterruptedTooOften,
  kRetried,
  kReused,
  kGivenUp,
  kRunCancelled,
  kRunPartial,
  kRunFailed,
  // Checks that were made.
  kCheckedEvents,
  kCheckedAcknowledged,
  kCheckedResults,
  kCheckedRebuild,
  kCheckedReplay,
  kCheckedFairness,
  kCheckedPercent,
  kCheckedEnd,
};
inline constexpr std::size_t kSimCounts = static_cast<std::size_t>(SimCount::kCheckedEnd) + 1;

[[nodiscard]] std::string_view to_string(SimCount count) noexcept;

class SimCounts {
 public:
  void add(SimCount what, std::uint64_t times = 1) noexcept {
    values_[static_cast<std::size_t>(what)] += times;
  }
  [[nodiscard]] std::uint64_t operator[](SimCount what) const noexcept {
    return values_[static_cast<std::size_t>(what)];
  }
  SimCounts& operator+=(const SimCounts& other) noexcept {
    for (std::size_t i = 0; i < kSimCounts; ++i) {
      values_[i] += other.values_[i];
    }
    return *this;
  }
  friend bool operator==(const SimCounts&, const SimCounts&) = default;

 private:
  std::array<std::uint64_t, kSimCounts> values_{};
};

}  // namespace runledger::testing
