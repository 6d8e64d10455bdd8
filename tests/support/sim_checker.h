#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/clock.h"
#include "engine/run_state.h"
#include "engine/run_view.h"
#include "store/event_log.h"
#include "tests/support/sim_counts.h"
#include "tests/support/sim_model.h"

namespace runledger::testing {

/// Watches one simulated store over all its restarts, as clients do, and says what promise was
/// broken. What it has seen once is acknowledged: it must never change or go.
class SimChecker {
 public:
  SimChecker(const SimModel::Limits& limits, SimCounts& counts);

  /// Called for each event that the log of the present process commits.
  void observe(const Event& event);
  /// Call it after every step: reads what is new. `now` is monotonic, `quiet` that no fault is
  /// under way that may keep a job from starting.
  void after_step(const store::EventLog& log,
                  const engine::RunView& view,
                  engine::MonoTime now,
                  bool quiet);
  /// Call it after every start: everything is read again. With `rebuild` projections are compared
  /// with a rebuild, too.
  void after_restart(const store::EventLog& log, bool rebuild);
  /// Live states of runs, folded event by event, against folds of the whole history.
  void check_replay(const store::EventLog& log);

  // What callers were told. `tag` names a command in the events it makes; `keyed` commands may be
  // sent again.
  void run_answered(const store::EventLog& log,
                    const std::string& tag,
                    bool keyed,
                    const Result<Sequence>& answer);
  void submission_answered(const store::EventLog& log,
                           const std::string& tag,
                           const Result<store::AppendReceipt>& answer);
  void cancel_answered(const store::EventLog& log, const Result<RunId>& answer);

  [[nodiscard]] const SimModel& model() const noexcept { return model_; }
  /// The first broken promise.
  [[nodiscard]] const std::optional<std::string>& failure() const noexcept { return failure_; }
  void fail(std::string what);
  /// Hash of the newest event: equal histories have equal ones.
  [[nodiscard]] const Digest& history() const noexcept { return head_; }
  /// Sequence of the event that a command made; absent: none yet.
  [[nodiscard]] std::optional<Sequence> made_by(const std::string& tag) const;

 private:
  void take(const store::RecordedEvent& recorded);
  void note_command(const Event& event);
  void check_results(const store::EventLog& log);
  void check_percent(const engine::RunView& view);
  void check_fairness(engine::MonoTime now, bool quiet);
  void check_rebuild(const store::EventLog& log);
  void answered_with(const store::EventLog& log, const std::string& tag, Sequence sequence);

  SimCounts& counts_;
  SimModel model_;
  std::vector<std::string> seen_;  ///< The bytes of every event seen, by sequence.
  Digest head_;                    ///< Hash of the newest one.
  std::map<std::string, Sequence> made_;
  std::set<std::string> refused_;
  std::set<RunId> cancelled_;
  std::vector<Digest> new_results_;
  std::map<RunId, engine::RunState> live_;  ///< As the observer of each process folds it.
  std::optional<std::pair<RunId, double>> percent_;
  std::optional<engine::MonoTime> starving_since_;
  std::optional<std::string> failure_;
};

/// A ready job with a free slot must be attempted within this virtual time, faults permitting.
inline constexpr std::chrono::seconds kFairnessBound{10};

}  // namespace runledger::testing
