#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/eta.h"
#include "engine/run_plan.h"
#include "schema/events.h"

namespace runledger::engine {

/// Where one job of the run is.
struct JobState {
  JobStatus status = JobStatus::kPending;
  std::uint8_t waiting = 0;         ///< Dependencies that have not ended.
  std::uint16_t attempts = 0;       ///< Begun.
  std::uint16_t failures = 0;       ///< Attempts that failed by themselves.
  std::uint16_t interruptions = 0;  ///< Attempts lost with their engine.
  JobTypeSet failed_dependencies;   ///< Ended without a result, not critical.

  friend bool operator==(const JobState&, const JobState&) = default;
};

/// An attempt that has begun and not ended.
struct OpenAttempt {
  Attempt attempt{};
  Epoch epoch{};
  UtcTime since{};
  Sequence sequence{};  ///< Of its JobAttempted.
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string unit;

  friend bool operator==(const OpenAttempt&, const OpenAttempt&) = default;
};

/// A job whose attempt failed and that will be attempted again.
struct WaitingRetry {
  UtcTime due{};
  Attempt attempt{};  ///< The one that failed.
  ErrorCategory category{};
  std::string error;

  friend bool operator==(const WaitingRetry&, const WaitingRetry&) = default;
};

/// A job that will not run, and why; the event that says so is still to be appended.
struct PendingSkip {
  SkipReason reason{};
  std::optional<std::uint32_t> because_of;

  friend bool operator==(const PendingSkip&, const PendingSkip&) = default;
};

struct JobTotals {
  std::uint32_t succeeded = 0;  ///< With and without warnings.
  std::uint32_t with_warnings = 0;
  std::uint32_t reused = 0;  ///< Of the succeeded: with the result of an earlier run.
  std::uint32_t failed = 0;
  std::uint32_t skipped = 0;
  std::uint32_t cancelled = 0;
  std::uint32_t blocked = 0;  ///< Of the skipped: because something else failed or was uncovered.
  [[nodiscard]] std::uint32_t ended() const noexcept {
    return succeeded + failed + skipped + cancelled;
  }

  friend bool operator==(const JobTotals&, const JobTotals&) = default;
};

/// One run as the fold of its events. A value: no clock, no I/O; equal histories give equal states.
/// Not thread-safe.
class RunState {
 public:
  explicit RunState(const RunId& run) : run_(run) {}

  /// Folds one event of this run. Total: an event that does not fit is ignored and counted.
  void evolve(const Event& event) noexcept;

  [[nodiscard]] const RunId& run() const noexcept { return run_; }
  [[nodiscard]] RunStatus status() const noexcept { return status_; }
  [[nodiscard]] const RunRequested& request() const noexcept { return request_; }
  [[nodiscard]] const RunPlan* plan() const noexcept { return plan_.get(); }
  [[nodiscard]] bool has_started() const noexcept { return started_at_.has_value(); }
  [[nodiscard]] UtcTime requested_at() const noexcept { return requested_at_; }
  /// Of RunRequested: what was imported up to it is what the run works on.
  [[nodiscard]] Sequence requested_sequence() const noexcept { return requested_sequence_; }
  [[nodiscard]] std::optional<UtcTime> started_at() const noexcept { return started_at_; }
  [[nodiscard]] std::optional<UtcTime> finished_at() const noexcept { return finished_at_; }
  /// When the present engine took the run up, and how many jobs had ended by then: for the ETA.
  [[nodiscard]] UtcTime active_since() const noexcept { return active_since_; }
  [[nodiscard]] std::uint32_t ended_before() const noexcept { return ended_before_; }
  [[nodiscard]] Sequence last_sequence() const noexcept { return last_sequence_; }

  [[nodiscard]] const std::vector<JobState>& jobs() const noexcept { return jobs_; }
  [[nodiscard]] const std::set<std::uint32_t>& ready() const noexcept { return ready_; }
  [[nodiscard]] const std::map<std::uint32_t, OpenAttempt>& open() const noexcept { return open_; }
  [[nodiscard]] const std::map<std::uint32_t, WaitingRetry>& retrying() const noexcept {
    return retrying_;
  }
  [[nodiscard]] const std::map<std::uint32_t, PendingSkip>& to_skip() const noexcept {
    return to_skip_;
  }
  [[nodiscard]] const JobTotals& totals() const noexcept { return totals_; }
  [[nodiscard]] std::uint32_t portfolio_dates_ended() const noexcept {
    return portfolio_dates_ended_;
  }
  /// Jobs of the (date, portfolio) of job `index` that have not ended; the date's market job for
  /// the market scope.
  [[nodiscard]] std::uint32_t open_in_group(std::uint32_t index) const noexcept;
  /// The first job from `from` on that has not ended and has no attempt under way.
  [[nodiscard]] std::optional<std::uint32_t> next_to_cancel(std::uint32_t from) const noexcept;
  [[nodiscard]] bool all_ended() const noexcept {
    return plan_ != nullptr && totals_.ended() == plan_->jobs_total();
  }
  /// What was computed since the present engine took the run up, and what is left, by job type: for
  /// the ETA. A type is expected to be skipped as often as it was. Cost: O(job types).
  [[nodiscard]] std::vector<WorkOfType> work() const;
  /// Roll-up as of `now`.
  [[nodiscard]] RunSummary summary(UtcTime now) const;
  /// How the run ends if it ends now.
  [[nodiscard]] RunStatus final_status() const noexcept;
  [[nodiscard]] std::uint64_t ignored_events() const noexcept { return ignored_; }

  friend bool operator==(const RunState& a, const RunState& b) { return a.equals(b); }

 private:
  void on(const RunRequested& e, const Event& event);
  void on(const RunRejected& e, const Event& event);
  void on(const RunPlanned& e, const Event& event);
  void on(const RunStarted& e, const Event& event);
  void on(const RunCancelRequested& e, const Event& event);
  void on(const RunResumed& e, const Event& event);
  void on(const RunFinished& e, const Event& event);
  void on(const JobAttempted& e, const Event& event);
  void on(const JobProgressed& e, const Event& event);
  void on(const JobRetryScheduled& e, const Event& event);
  void on(const JobSucceeded& e, const Event& event);
  void on(const JobFailed& e, const Event& event);
  void on(const JobSkipped& e, const Event& event);
  void on(const JobCancelled& e, const Event& event);
  void on(const JobInterrupted& e, const Event& event);
  template <class Other>
  void on(const Other&, const Event&) {
    ++ignored_;
  }

  // The job a fact is about, if the fact fits: the job exists and has not ended.
  JobState* live(const JobRef& job) noexcept;
  // The same, and the attempt named is the open one.
  JobState* attempted(const JobRef& job, Attempt attempt) noexcept;
  void become_ready(std::uint32_t index);
  void end(std::uint32_t index, JobStatus status);
  // Tells those who wait for `index` that it ended; `cause` is set if they must not run.
  void release_dependents(std::uint32_t index, std::optional<PendingSkip> cause);
  void count_error(ErrorCategory category);
  void count_work(JobType type, nanoseconds duration);
  JobTypeCount& count_of(JobType type);
  [[nodiscard]] bool equals(const RunState& other) const;

  RunId run_;
  RunStatus status_ = RunStatus::kRequested;
  RunRequested request_;
  std::shared_ptr<const RunPlan> plan_;
  UtcTime requested_at_{};
  Sequence requested_sequence_{};
  std::optional<UtcTime> started_at_;
  std::optional<UtcTime> finished_at_;
  UtcTime active_since_{};
  std::uint32_t ended_before_ = 0;
  Sequence last_sequence_{};

  std::vector<JobState> jobs_;
  std::set<std::uint32_t> ready_;
  std::map<std::uint32_t, OpenAttempt> open_;
  std::map<std::uint32_t, WaitingRetry> retrying_;
  std::map<std::uint32_t, PendingSkip> to_skip_;
  std::map<std::uint32_t, std::uint32_t> blocked_by_;  ///< Skipped job -> its cause.
  std::vector<std::uint16_t> group_open_;  ///< Jobs not ended of each (date, portfolio).
  std::uint32_t portfolio_dates_ended_ = 0;
  std::uint32_t first_live_ = 0;  ///< Every job before it has ended.

  JobTotals totals_;
  std::map<JobType, JobTypeCount> by_type_;
  std::map<JobType, WorkOfType> work_;  ///< Since active_since(); `left` is not kept.
  std::map<ErrorCategory, std::uint32_t> errors_;
  std::map<std::uint32_t, QualityFlag> last_quality_;  ///< Portfolio -> flag, on the last date.
  std::uint32_t retries_ = 0;
  std::uint32_t interruptions_ = 0;
  std::uint64_t records_ = 0;
  double history_days_sum_ = 0;
  double coverage_sum_ = 0;
  std::uint32_t valued_ = 0;
  std::uint64_t ignored_ = 0;
};

}  // namespace runledger::engine
