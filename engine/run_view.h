#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "engine/run_state.h"
#include "engine/service.h"
#include "schema/events.h"

namespace runledger::engine {

/// The active run as durable: the same fold as the coordinator's, fed by what has been synced.
/// Thread-safe.
class RunView {
 public:
  explicit RunView(const Clock& clock) : clock_(clock) {}

  /// Sets the state as of `sequence`, before the first observe().
  void start(std::optional<RunState> unfinished, Sequence sequence);
  /// Called by the log for each committed event, in order.
  void observe(const Event& event);

  [[nodiscard]] CurrentRun current() const;
  [[nodiscard]] bool wait_until_idle(std::chrono::milliseconds timeout) const;
  [[nodiscard]] bool idle() const;

 private:
  [[nodiscard]] RunProgress progress_of(const RunState& run) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::optional<RunState> run_;
  Sequence as_of_{};
};

/// Share of ended jobs in percent: below 100 until the run has ended.
[[nodiscard]] double percent_of(const RunState& run) noexcept;

/// Calls `visit` with each event of a run up to `at`, in order. Errors: kNotFound (no such run, or
/// it begins after `at`), kCorruption, kIo.
[[nodiscard]] Status visit_run_events(const store::EventLog& log,
                                      const RunId& run,
                                      Sequence at,
                                      const std::function<void(const Event&)>& visit);

/// State of a run after event `at`, folded from the log. Errors: kNotFound, kCorruption, kIo.
[[nodiscard]] Result<RunState> replay_run(const store::EventLog& log,
                                          const RunId& run,
                                          Sequence at);

/// The state as JSON: run_id, status, as_of_seq, jobs {...counts}, summary, and every job.
[[nodiscard]] std::string run_state_to_json(const RunState& run);

}  // namespace runledger::engine
