#include "engine/coordinator.h"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "schema/failpoint.h"
#include "schema/invariant.h"

namespace runledger::engine {
namespace {

// A tick that comes later than this many intervals counts as this many for deadlines.
constexpr int kTicksCredited = 10;

}  // namespace

Coordinator::Coordinator(Dependencies dependencies,
                         Limits limits,
                         std::optional<RunState> unfinished)
    : deps_(dependencies),
      limits_(limits),
      next_sequence_(next(deps_.log.committed())),
      active_(std::move(unfinished)) {
  limits_.plan.retry_wait_max = limits_.retry.longest_delay();
  inbox_ =
      std::make_shared<AttemptInbox>([this] { deps_.executor.post([this] { on_outcomes(); }); });
}

Coordinator::~Coordinator() {
  inbox_->close();
}

// --- entry points
// ---------------------------------------------------------------------------------

void Coordinator::start(EngineStarted engine, Done<Epoch> done) {
  deps_.executor.post([this, engine = std::move(engine), done = std::move(done)]() mutable {
    on_start(std::move(engine), std::move(done));
  });
}

void Coordinator::request_run(RequestRun command,
                              std::optional<store::CommandKey> key,
                              Done<Sequence> done) {
  deps_.executor.post([this, command = std::move(command), key, done = std::move(done)]() mutable {
    on_request(std::move(command), key, std::move(done));
  });
}

void Coordinator::cancel_run(CancelRun command, Done<RunId> done) {
  deps_.executor.post([this, command = std::move(command), done = std::move(done)]() mutable {
    on_cancel(std::move(command), std::move(done));
  });
}

void Coordinator::submit(Submission submission, Done<store::AppendReceipt> done) {
  deps_.executor.post([this, submission = std::move(submission), done = std::move(done)]() mutable {
    on_submit(std::move(submission), std::move(done));
  });
}

void Coordinator::drain(std::move_only_function<void()> drained) {
  deps_.executor.post([this, drained = std::move(drained)]() mutable {
    draining_ = true;
    drained_ = std::move(drained);
    if (queued_) {
      queued_->done(fail(Code::kUnavailable, "the engine is stopping"));
      queued_.reset();
    }
    check_drained();
  });
}

void Coordinator::abandon() {
  deps_.executor.post([this] {
    inbox_->close();
    for (auto& [index, attempt] : attempts_) {
      attempt->request_stop(kStopCancelled);
    }
    attempts_.clear();
    check_drained();
  });
}

// --- commands
// -------------------------------------------------------------------------------------

Status Coordinator::accepting() const {
  if (failure_) {
    return fail(Code::kUnavailable, "the log has stopped: " + failure_->message);
  }
  if (draining_) {
    return fail(Code::kUnavailable, "the engine is stopping");
  }
  return {};
}

void Coordinator::on_start(EngineStarted engine, Done<Epoch> done) {
  // The epoch is the sequence of its own EngineStarted: it grows and needs no counter of its own.
  epoch_ = Epoch{raw(next_sequence_)};
  engine.epoch = epoch_;
  const auto sequence = next_sequence_;
  record(std::move(engine), Sequence{0});
  if (active_ && active_->plan() != nullptr) {
    RL_ASSERT(execute(ResumeRun{}, sequence).has_value());
  }
  RL_FAILPOINT("recovery.before_start");
  flush([epoch = epoch_, done = std::move(done)](Result<store::AppendReceipt> receipt) mutable {
    if (receipt) {
      done(epoch);
    } else {
      done(std::unexpected(receipt.error()));
    }
  });
  pump();
}

void Coordinator::on_request(RequestRun command,
                             std::optional<store::CommandKey> key,
                             Done<Sequence> done) {
  if (const auto status = accepting(); !status) {
    return done(std::unexpected(status.error()));
  }
  if (key) {
    const auto receipt = earlier(*key);
    if (!receipt) {
      return done(std::unexpected(receipt.error()));
    }
    if (*receipt) {
      return when_durable(
          [first = (*receipt)->first, done = std::move(done)](Status durable) mutable {
            done(durable ? Result<Sequence>(first) : std::unexpected(durable.error()));
          });
    }
  }
  const auto allowed = decide(active_ ? &*active_ : nullptr, command,
                              {deps_.clock.wall_now(), epoch_, limits_.retry, deps_.random});
  if (allowed) {
    return begin_run(std::move(command), key, std::move(done));
  }
  if (!command.request.force || queued_) {
    return done(std::unexpected(allowed.error()));
  }
  const auto by = command.request.triggered_by;
  queued_ = QueuedStart{std::move(command), key, std::move(done)};
  RL_ASSERT(execute(CancelRun{std::nullopt, by}, requested_sequence()).has_value());
  flush({});
  pump();
}

void Coordinator::begin_run(RequestRun command,
                            std::optional<store::CommandKey> key,
                            Done<Sequence> done) {
  RL_ASSERT(!active_);
  RL_ASSERT(batch_.events.empty());
  active_.emplace(command.run);
  calculation_.reset();
  batch_.command = key;
  record(std::move(command.request), Sequence{0});
  flush([sequence = active_->requested_sequence(),
         done = std::move(done)](Result<store::AppendReceipt> receipt) mutable {
    if (receipt) {
      done(sequence);
    } else {
      done(std::unexpected(receipt.error()));
    }
  });
  pump();
}

void Coordinator::on_cancel(CancelRun command, Done<RunId> done) {
  if (const auto status = accepting(); !status) {
    return done(std::unexpected(status.error()));
  }
  const auto run = active_ ? active_->run() : RunId{};
  const auto facts = execute(command, requested_sequence());
  if (!facts) {
    return done(std::unexpected(facts.error()));
  }
  if (*facts == 0) {
    // Asked before, and that may still be on its way to the disk.
    return when_durable([run, done = std::move(done)](Status durable) mutable {
      done(durable ? Result<RunId>(run) : std::unexpected(durable.error()));
    });
  }
  flush([run, done = std::move(done)](Result<store::AppendReceipt> receipt) mutable {
    if (receipt) {
      done(run);
    } else {
      done(std::unexpected(receipt.error()));
    }
  });
  pump();
}

void Coordinator::on_submit(Submission submission, Done<store::AppendReceipt> done) {
  if (const auto status = accepting(); !status) {
    return done(std::unexpected(status.error()));
  }
  if (submission.command) {
    const auto receipt = earlier(*submission.command);
    if (!receipt) {
      return done(std::unexpected(receipt.error()));
    }
    if (*receipt) {
      return when_durable([found = **receipt, done = std::move(done)](Status durable) mutable {
        done(durable ? Result<store::AppendReceipt>(found) : std::unexpected(durable.error()));
      });
    }
  }
  if (submission.prune && (active_ || queued_)) {
    return done(fail(Code::kConflict, "a run is going on: prune when it has ended"));
  }
  flush({});
  batch_.command = submission.command;
  batch_.prune = submission.prune;
  batch_.blobs = std::move(submission.blobs);
  batch_.rows = std::move(submission.rows);
  const auto now = deps_.clock.wall_now();
  batch_first_ = next_sequence_;
  for (auto& fact : submission.facts) {
    batch_.events.push_back({now, submission.run, Sequence{0}, std::move(fact)});
    next_sequence_ = next(next_sequence_);
  }
  flush(std::move(done));
}

// --- facts
// ----------------------------------------------------------------------------------------

Result<std::size_t> Coordinator::execute(const Command& command, Sequence causation) {
  const auto* state = active_ ? &*active_ : nullptr;
  RL_TRY_ASSIGN(auto facts, decide(state, command,
                                   {deps_.clock.wall_now(), epoch_, limits_.retry, deps_.random}));
  for (auto& fact : facts) {
    record(std::move(fact), causation);
  }
  return facts.size();
}

void Coordinator::record(Payload payload, Sequence causation) {
  const bool of_run = active_ && !std::holds_alternative<EngineStarted>(payload);
  Event event{.sequence = next_sequence_,
              .time = deps_.clock.wall_now(),
              .run = of_run ? active_->run() : RunId{},
              .causation = causation,
              .previous = {},
              .payload = std::move(payload)};
  if (batch_.events.empty()) {
    batch_first_ = next_sequence_;
  }
  next_sequence_ = next(next_sequence_);
  if (of_run) {
    active_->evolve(event);
    take_effect(event);
  }
  batch_.events.push_back({event.time, event.run, causation, std::move(event.payload)});
}

void Coordinator::take_effect(const Event& event) {
  if (const auto* attempted = std::get_if<JobAttempted>(&event.payload)) {
    launch(*attempted);
  } else if (const auto* job = job_of(event.payload);
             job != nullptr && is_final(active_->jobs()[job->index].status)) {
    end_job(*job);
  } else if (std::holds_alternative<RunFinished>(event.payload)) {
    active_.reset();
    calculation_.reset();
  }
}

void Coordinator::end_job(const JobRef& job) {
  if (calculation_ && active_->open_in_group(job.index) == 0) {
    calculation_->release(job.portfolio, job.as_of);
  }
}

void Coordinator::launch(const JobAttempted& attempted) {
  const auto index = attempted.job.index;
  AttemptRunner::Work work{
      .calculation = calculation_,
      .earlier = active_->request().scope.recalculate ? nullptr : deps_.earlier,
      .spec = {.type = attempted.job.type,
               .portfolio = attempted.job.portfolio,
               .as_of = attempted.job.as_of,
               .failed_dependencies = active_->jobs()[index].failed_dependencies},
      .job = index,
      .attempt = attempted.attempt,
      .epoch = attempted.epoch};
  auto runner = std::make_shared<AttemptRunner>(std::move(work), deps_.clock, inbox_);
  attempts_[index] = runner;
  deps_.pool.submit([runner] { runner->run(); });
  arm_tick();
}

// --- consequences
// ---------------------------------------------------------------------------------

void Coordinator::on_outcomes() {
  if (failure_ || stopped_) {
    return;
  }
  for (auto& outcome : inbox_->take()) {
    take_outcome(std::move(outcome));
    if (batch_.events.size() >= limits_.facts_in_append_max ||
        blob_bytes_in_batch_ >= (8U << 20U)) {
      flush({});
    }
  }
  pump();
  check_drained();
}

void Coordinator::take_outcome(AttemptOutcome outcome) {
  const auto& command = outcome.command;
  const auto running = attempts_.find(command.job);
  if (running == attempts_.end() || running->second->work().attempt != command.attempt) {
    return;
  }
  attempts_.erase(running);
  if (!active_) {
    return;
  }
  const auto open = active_->open().find(command.job);
  const auto begun = open != active_->open().end() ? open->second.sequence : requested_sequence();
  const auto facts = execute(command, begun);
  RL_ASSERT(facts.has_value());
  if (*facts == 0 || !outcome.blob) {
    return;
  }
  blob_bytes_in_batch_ += outcome.blob->packed->size();
  batch_.blobs.push_back(std::move(*outcome.blob));
}

void Coordinator::pump() {
  if (failure_ || stopped_) {
    return;
  }
  while (!failure_ && appends_in_flight_ < limits_.appends_in_flight_max && pump_once()) {
    if (batch_.events.size() >= limits_.facts_in_append_max) {
      flush({});
    }
  }
  flush({});
}

// One round of what the state asks for; false if there is nothing more to do now.
bool Coordinator::pump_once() {
  if (!active_) {
    if (!queued_ || draining_) {
      return false;
    }
    flush({});
    if (!queued_) {
      return false;  // The log refused, and whoever had asked has heard of it.
    }
    auto start = std::move(*queued_);
    queued_.reset();
    begin_run(std::move(start.command), start.key, std::move(start.done));
    return false;
  }
  const auto steps = plan_next(*active_, limits_.plan, deps_.clock.wall_now());
  arm_wake(steps.wake_at);
  if (steps.stop_attempts) {
    for (auto& [index, attempt] : attempts_) {
      attempt->request_stop(kStopCancelled);
    }
  }
  if (steps.make_plan || (active_->plan() != nullptr && !calculation_)) {
    load_inputs();
  }
  bool progressed = false;
  for (const auto& command : steps.commands) {
    const bool starts = std::holds_alternative<StartAttempts>(command);
    if (starts && (draining_ || !calculation_)) {
      continue;
    }
    const auto facts = execute(command, requested_sequence());
    RL_ASSERT(facts.has_value());
    progressed = progressed || *facts > 0;
  }
  return progressed;
}

void Coordinator::load_inputs() {
  if (loading_inputs_ || draining_ || active_->status() == RunStatus::kCancelling) {
    return;
  }
  loading_inputs_ = true;
  struct Loaded {
    Result<std::shared_ptr<const Calculation>> calculation;
    std::optional<Result<RunPlanned>> plan;
  };
  const bool planned = active_->plan() != nullptr;
  const auto through =
      planned ? active_->plan()->planned().inputs_through : active_->requested_sequence();
  const auto finish = [this](const RunId& run, Loaded loaded) {
    loading_inputs_ = false;
    if (failure_ || !active_ || active_->run() != run) {
      return pump();
    }
    std::optional<std::string> trouble;
    if (!loaded.calculation) {
      trouble = loaded.calculation.error().message;
    } else if (loaded.plan && !*loaded.plan) {
      trouble = loaded.plan->error().message;
    }
    if (trouble && active_->plan() != nullptr) {
      // The inputs of a plan in the log cannot be read back: corruption, to be looked at by a
      // person.
      stop_for({Code::kCorruption, "the inputs of run " + to_string(run) + ": " + *trouble});
      return check_drained();
    }
    if (trouble) {
      RL_ASSERT(execute(SupplyPlan{std::unexpected(*trouble)}, requested_sequence()).has_value());
    } else {
      calculation_ = *loaded.calculation;
      if (loaded.plan && active_->status() == RunStatus::kRequested) {
        RL_ASSERT(execute(SupplyPlan{**loaded.plan}, requested_sequence()).has_value());
      }
    }
    pump();
    check_drained();
  };
  deps_.pool.submit([this, finish, planned, through, run = active_->run(),
                     scope = active_->request().scope]() mutable {
    Loaded loaded{deps_.planner.calculation(through), std::nullopt};
    if (!planned && loaded.calculation) {
      loaded.plan = deps_.planner.plan(scope, through);
    }
    deps_.executor.post(
        [finish, run, loaded = std::move(loaded)]() mutable { finish(run, std::move(loaded)); });
  });
}

void Coordinator::arm_tick() {
  if (!tick_timer_) {
    ticked_at_ = deps_.clock.mono_now();
    tick_timer_ =
        deps_.executor.post_at(deps_.clock.mono_now() + limits_.tick, [this] { on_tick(); });
  }
}

void Coordinator::arm_wake(std::optional<UtcTime> due) {
  if (due == wake_due_) {
    return;
  }
  wake_due_ = due;
  wake_timer_.reset();
  if (due) {
    const auto wait = std::max(*due - deps_.clock.wall_now(), nanoseconds{0});
    wake_timer_ = deps_.executor.post_at(deps_.clock.mono_now() + wait, [this] {
      wake_due_.reset();
      pump();
    });
  }
}

void Coordinator::on_tick() {
  tick_timer_.reset();
  if (failure_ || attempts_.empty()) {
    return;
  }
  const auto now = deps_.clock.mono_now();
  // While the process is stopped (SIGSTOP, a machine that sleeps) the clock goes on and nothing is
  // calculated: an attempt has a right to the time in which it could run.
  const auto ticked = std::min<nanoseconds>(now - ticked_at_, kTicksCredited * limits_.tick);
  arm_tick();
  std::vector<AttemptOutcome> given_up;
  for (auto& [index, attempt] : attempts_) {
    const auto started = attempt->started();
    if (!started) {
      continue;
    }
    attempt->ran_for += std::min<nanoseconds>(ticked, now - *started);
    if (attempt->ran_for >= limits_.attempt_deadline) {
      attempt->request_stop(kStopDeadline);
    }
    if (attempt->ran_for >= limits_.attempt_deadline + limits_.stop_patience) {
      const auto& work = attempt->work();
      given_up.push_back(
          {.command = {work.job, work.attempt, work.epoch, now - *started,
                       std::unexpected(JobError{ErrorCategory::kTimeout, kStopDeadline,
                                                "the attempt did not stop when asked to and was "
                                                "given up"})},
           .blob = {}});
      continue;
    }
    const auto seen = attempt->progress();
    const auto since = std::max(attempt->reported_at, *started);
    if (seen.done != attempt->reported_done && now - since >= limits_.progress_interval) {
      attempt->reported_at = now;
      attempt->reported_done = seen.done;
      RL_ASSERT(
          execute(ReportProgress{index, attempt->work().attempt, seen.done, seen.total, seen.unit},
                  requested_sequence())
              .has_value());
    }
  }
  for (auto& outcome : given_up) {
    take_outcome(std::move(outcome));
  }
  pump();
}

void Coordinator::check_drained() {
  if (drained_ && attempts_.empty() && appends_in_flight_ == 0) {
    stopped_ = true;
    std::exchange(drained_, nullptr)();
  }
}

}  // namespace runledger::engine
