#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/attempt_runner.h"
#include "engine/compute_pool.h"
#include "engine/decide.h"
#include "engine/executor.h"
#include "engine/plan.h"
#include "engine/planner.h"
#include "engine/random.h"
#include "engine/run_state.h"
#include "store/event_log.h"

namespace runledger::engine {

/// The single writer: every command enters here, is decided on the newest state, appended, and its
/// consequences are set going.
///
/// The state runs ahead of the disk: facts are applied when they are decided, while their write is
/// still being synced, so a slow disk does not leave the cores idle. Nothing of that is visible:
/// readers and callers see a fact only after its sync, and if a write fails the log is fail-stop
/// and this state is thrown away (docs/adr/0004-state-ahead-of-the-disk.md).
///
/// Confined to its executor; the public calls may come from any thread and post to it.
class Coordinator {
 public:
  struct Dependencies {
    store::EventLog& log;
    ComputePool& pool;
    SerialExecutor& executor;
    const Clock& clock;
    Planner& planner;
    Random random;
    const EarlierResults* earlier = nullptr;  ///< Null: everything is computed.
  };
  struct Limits {
    PlanLimits plan;
    RetryPolicy retry;
    std::chrono::milliseconds attempt_deadline{300'000};
    std::chrono::milliseconds stop_patience{
        5'000};  ///< Then an attempt that ignores its stop is given up.
    std::chrono::milliseconds progress_interval{250};
    std::chrono::milliseconds tick{100};
    std::uint32_t appends_in_flight_max = 8;
    std::uint32_t facts_in_append_max = 4096;
  };
  template <class T>
  using Done = std::move_only_function<void(Result<T>)>;

  /// What comes from outside the run's own life: an import, an access decision.
  struct Submission {
    std::vector<Payload> facts;
    std::vector<store::Blob> blobs;
    store::TableBatch rows;
    std::optional<store::CommandKey> command;
    RunId run;
    std::optional<store::Prune> prune;  ///< Only between runs: kConflict while one is active.
  };

  /// `unfinished` is the run that the log shows as begun and not ended, folded up to its newest
  /// event. Nothing happens before start().
  Coordinator(Dependencies dependencies, Limits limits, std::optional<RunState> unfinished);
  ~Coordinator();
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  /// Records EngineStarted, closes open attempts as interrupted and takes the unfinished run up.
  /// `done` runs when that is durable.
  void start(EngineStarted engine, Done<Epoch> done);

  /// Starts a run; with `force`, once the active one has been cancelled and has ended.
  void request_run(RequestRun command, std::optional<store::CommandKey> key, Done<Sequence> done);
  void cancel_run(CancelRun command, Done<RunId> done);
  /// Appends facts that no run decides about, in the order of calls.
  void submit(Submission submission, Done<store::AppendReceipt> done);

  /// Starts nothing new; `drained` runs once no attempt is under way.
  void drain(std::move_only_function<void()> drained);
  /// Asks all attempts to stop; what they give is not recorded any more.
  void abandon();

  /// Ok, or why nothing is recorded any more: the log refused or lost an append, or the inputs of
  /// the run cannot be read. Only a new engine helps. Thread-safe.
  [[nodiscard]] Status health() const;

 private:
  struct QueuedStart {
    RequestRun command;
    std::optional<store::CommandKey> key;
    Done<Sequence> done;
  };
  using Receipt = Done<store::AppendReceipt>;

  // All below run on the executor.
  void on_start(EngineStarted engine, Done<Epoch> done);
  void on_request(RequestRun command, std::optional<store::CommandKey> key, Done<Sequence> done);
  void begin_run(RequestRun command, std::optional<store::CommandKey> key, Done<Sequence> done);
  void on_cancel(CancelRun command, Done<RunId> done);
  void on_submit(Submission submission, Done<store::AppendReceipt> done);
  void on_outcomes();
  void on_tick();
  void on_appended(Result<store::AppendReceipt> receipt, Sequence expected, Receipt done);
  void stop_for(Error cause);

  // The receipt of an earlier use of `key`, if there was one. It may not be durable yet.
  Result<std::optional<store::AppendReceipt>> earlier(const store::CommandKey& key) const;
  // Calls `then` once all that has been sent to the log is durable, or has failed.
  void when_durable(std::move_only_function<void(Status)> then);
  void answer_durable();
  // Decides a command about the active run and records its facts.
  Result<std::size_t> execute(const Command& command, Sequence causation);
  void record(Payload payload, Sequence causation);
  void take_effect(const Event& event);
  void take_outcome(AttemptOutcome outcome);
  void launch(const JobAttempted& attempted);
  void end_job(const JobRef& job);
  // Sends what has been recorded to the log; `done` gets the receipt.
  void flush(Receipt done);
  // Does all that the state says should be done now.
  void pump();
  bool pump_once();
  void load_inputs();
  void arm_tick();
  void arm_wake(std::optional<UtcTime> due);
  void check_drained();
  [[nodiscard]] Status accepting() const;
  [[nodiscard]] Sequence requested_sequence() const noexcept {
    return active_ ? active_->requested_sequence() : Sequence{0};
  }

  Dependencies deps_;
  Limits limits_;
  Epoch epoch_{};
  Sequence next_sequence_{1};
  std::optional<RunState> active_;
  std::optional<QueuedStart> queued_;
  std::map<CommandId, std::pair<Digest, store::AppendReceipt>> keys_in_flight_;

  store::AppendRequest batch_;
  Sequence batch_first_{};
  std::uint32_t appends_in_flight_ = 0;
  std::uint64_t appends_answered_ = 0;
  /// Answers that wait until so many appends have been answered.
  std::deque<std::pair<std::uint64_t, std::move_only_function<void(Status)>>> until_durable_;
  std::uint64_t blob_bytes_in_batch_ = 0;
  std::optional<Error> failure_;
  mutable std::mutex health_mutex_;
  Status health_;

  std::shared_ptr<const Calculation> calculation_;  ///< Of the active run; null until loaded.
  bool loading_inputs_ = false;
  std::map<std::uint32_t, std::shared_ptr<AttemptRunner>> attempts_;
  std::unique_ptr<Timer> tick_timer_;
  MonoTime ticked_at_{};  ///< When tick_timer_ was armed.
  std::unique_ptr<Timer> wake_timer_;
  std::optional<UtcTime> wake_due_;

  bool draining_ = false;
  bool stopped_ = false;  ///< Drained: nothing is appended any more.
  std::move_only_function<void()> drained_;
  std::shared_ptr<AttemptInbox> inbox_;
};

}  // namespace runledger::engine
