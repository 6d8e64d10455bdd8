#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/retry_policy.h"
#include "schema/events.h"
#include "tests/support/sim_counts.h"

namespace runledger::testing {

/// The rules of the log as a second, independent state machine: it shares no code with the engine's
/// fold. Fed with every event once, in order, it says what is illegal.
class SimModel {
 public:
  struct Limits {
    std::uint32_t in_flight_max = 1;
    engine::RetryPolicy retry;
  };
  SimModel(const Limits& limits, SimCounts& counts) : limits_(limits), counts_(counts) {}

  /// Nothing, or what is wrong with this event here.
  [[nodiscard]] std::optional<std::string> apply(const Event& event);

  /// The run that has begun and not ended.
  [[nodiscard]] std::optional<RunId> active() const;
  /// A job waits for nothing, the run is being worked on, and there is a slot for it.
  [[nodiscard]] bool starving() const;
  /// Share of ended jobs, 0..1.
  [[nodiscard]] double share() const;
  [[nodiscard]] const std::vector<RunId>& finished() const noexcept { return finished_; }

 private:
  enum class Is : std::uint8_t {
    kWaiting,
    kOpen,
    kRetrying,
    kSucceeded,
    kFailed,
    kSkipped,
    kCancelled
  };
  struct Job {
    JobType type{};
    Is is = Is::kWaiting;
    bool condition_false = false;
    bool uncovered = false;
    bool blocks = false;  ///< It ended so that what needs it must be skipped.
    std::uint32_t attempts = 0;
    std::uint32_t failures = 0;
    std::uint32_t interruptions = 0;
    Epoch epoch{};  ///< Of the open attempt.
    std::vector<std::uint32_t> needs;
  };
  struct Run {
    RunId id;
    Sequence requested{};
    bool planned = false;
    bool started = false;
    bool cancelling = false;
    std::vector<Job> jobs;
    std::map<PortfolioId, std::uint32_t> portfolios;
    std::uint32_t per_date = 1;
  };
  using Wrong = std::optional<std::string>;

  Wrong on(const EngineStarted& e, const Event& event);
  Wrong on(const RunRequested& e, const Event& event);
  Wrong on(const RunRejected& e, const Event& event);
  Wrong on(const RunPlanned& e, const Event& event);
  Wrong on(const RunStarted& e, const Event& event);
  Wrong on(const RunCancelRequested& e, const Event& event);
  Wrong on(const RunResumed& e, const Event& event);
  Wrong on(const RunFinished& e, const Event& event);
  Wrong on(const JobAttempted& e, const Event& event);
  Wrong on(const JobProgressed& e, const Event& event);
  Wrong on(const JobRetryScheduled& e, const Event& event);
  Wrong on(const JobSucceeded& e, const Event& event);
  Wrong check_reuse(const JobSucceeded& e, const Event& event);
  Wrong on(const JobFailed& e, const Event& event);
  Wrong on(const JobSkipped& e, const Event& event);
  Wrong on(const JobCancelled& e, const Event& event);
  Wrong on(const JobInterrupted& e, const Event& event);
  template <class Other>
  Wrong on(const Other&, const Event&) {
    return std::nullopt;
  }

  // Of the active run, as the event says; or what is wrong with that.
  Job* find(const JobRef& ref, const Event& event, Wrong& wrong);
  [[nodiscard]] bool ended(const Job& job) const { return job.is >= Is::kSucceeded; }
  [[nodiscard]] bool ready(const Job& job) const;
  [[nodiscard]] std::uint32_t count(Is is) const;
  [[nodiscard]] bool blocked() const;
  void plan_jobs(const RunPlanned& e);
  void note_given_up(const std::string& why);
  [[nodiscard]] Wrong check_end(const RunFinished& e) const;

  const Limits& limits_;
  SimCounts& counts_;
  Epoch epoch_{};
  bool taking_over_ = false;  ///< Attempts of an older engine are still open.
  std::optional<Run> run_;
  std::set<RunId> known_;
  std::map<Sequence, JobSucceeded> computed_;  ///< By the event that says so.
  std::vector<RunId> finished_;
};

}  // namespace runledger::testing
