#include "engine/decide.h"

#include "schema/invariant.h"

namespace runledger::engine {
namespace {

using Payloads = std::vector<Payload>;

struct Decider {
  const RunState* active;
  const DecideContext& context;

  Result<Payloads> operator()(const RequestRun& command) const {
    if (active != nullptr) {
      return fail(Code::kConflict, "a run is already running: " + to_string(active->run()) +
                                       "; wait for its end, cancel it, or use force");
    }
    return Payloads{command.request};
  }

  Result<Payloads> operator()(const SupplyPlan& command) const {
    RL_ASSERT(active != nullptr);
    if (active->plan() != nullptr) {
      return Payloads{};
    }
    if (!command.plan) {
      // Who cancelled it was told that it will end as cancelled.
      const bool cancelled = active->status() == RunStatus::kCancelling;
      return Payloads{RunFinished{cancelled ? RunStatus::kCancelled : RunStatus::kFailed,
                                  active->summary(context.now), command.plan.error()}};
    }
    return Payloads{*command.plan, RunStarted{context.epoch}};
  }

  Result<Payloads> operator()(const CancelRun& command) const {
    if (active == nullptr) {
      return fail(Code::kNotFound, "no run is running");
    }
    if (command.run && *command.run != active->run()) {
      return fail(Code::kConflict, "run " + to_string(*command.run) + " is not running");
    }
    if (active->status() == RunStatus::kCancelling) {
      return Payloads{};
    }
    return Payloads{RunCancelRequested{command.requested_by}};
  }

  Result<Payloads> operator()(const ResumeRun&) const {
    RL_ASSERT(active != nullptr);
    Payloads facts;
    for (const auto& [index, open] : active->open()) {
      const auto job = active->plan()->job(index);
      facts.emplace_back(JobInterrupted{job, open.attempt, open.epoch});
      const auto lost = std::uint32_t{active->jobs()[index].interruptions} + 1;
      if (lost >= context.retry.interruptions_max) {
        facts.emplace_back(JobFailed{
            job, open.attempt, ErrorCategory::kInternal, "interrupted_too_often",
            "the engine ended " + std::to_string(lost) + " times while this job was running"});
      }
    }
    facts.emplace_back(RunResumed{context.epoch});
    return facts;
  }

  Result<Payloads> operator()(const StartAttempts& command) const {
    Payloads facts;
    facts.reserve(command.jobs.size());
    for (const auto index : command.jobs) {
      const auto attempts = std::uint32_t{active->jobs()[index].attempts};
      facts.emplace_back(
          JobAttempted{active->plan()->job(index), Attempt{attempts + 1}, context.epoch});
    }
    return facts;
  }

  Result<Payloads> operator()(const SkipJobs& command) const {
    Payloads facts;
    facts.reserve(command.jobs.size());
    for (const auto index : command.jobs) {
      const auto& skip = active->to_skip().at(index);
      facts.emplace_back(JobSkipped{active->plan()->job(index), skip.reason, skip.because_of});
    }
    return facts;
  }

  Result<Payloads> operator()(const CancelJobs& command) const {
    Payloads facts;
    facts.reserve(command.jobs.size());
    for (const auto index : command.jobs) {
      facts.emplace_back(JobCancelled{active->plan()->job(index)});
    }
    return facts;
  }

  [[nodiscard]] bool is_open(std::uint32_t job, Attempt attempt) const {
    if (active == nullptr) {
      return false;
    }
    const auto open = active->open().find(job);
    return open != active->open().end() && open->second.attempt == attempt &&
           open->second.epoch == context.epoch;
  }

  Result<Payloads> operator()(const ReportProgress& command) const {
    if (!is_open(command.job, command.attempt)) {
      return Payloads{};
    }
    return Payloads{JobProgressed{
        active->plan()->job(command.job), command.done, command.total, command.unit, {}}};
  }

  Result<Payloads> operator()(const EndAttempt& command) const {
    // The fence: an attempt of an older engine, or one that was given up, changes nothing.
    if (command.epoch != context.epoch || !is_open(command.job, command.attempt)) {
      return Payloads{};
    }
    const auto job = active->plan()->job(command.job);
    if (command.result) {
      return succeeded(job, command, *command.result);
    }
    if (active->status() == RunStatus::kCancelling) {
      return Payloads{JobCancelled{job}};
    }
    return failed(job, command, command.result.error());
  }

  [[nodiscard]] Payloads succeeded(const JobRef& job,
                                   const EndAttempt& command,
                                   const AttemptResult& result) const {
    if (result.nothing_to_do) {
      return {JobSkipped{job, *result.nothing_to_do, std::nullopt}};
    }
    return {JobSucceeded{.job = job,
                         .attempt = command.attempt,
                         .epoch = command.epoch,
                         .records = result.records,
                         .duration = command.duration,
                         .unit = result.unit,
                         .quality = result.quality,
                         .warnings = result.warnings,
                         .input_hash = result.input_hash,
                         .result_hash = result.result_hash,
                         .formula_version = result.formula_version,
                         .uncovered = result.uncovered,
                         .reused_from = result.reused_from}};
  }

  [[nodiscard]] Payloads failed(const JobRef& job,
                                const EndAttempt& command,
                                const JobError& error) const {
    const auto failures = std::uint32_t{active->jobs()[command.job].failures} + 1;
    const auto delay = context.retry.next_delay(failures, error.category, context.random);
    if (delay) {
      return {JobRetryScheduled{job, command.attempt, context.now + *delay, error.category,
                                error.code + ": " + error.detail}};
    }
    return {JobFailed{job, command.attempt, error.category, error.code, error.detail}};
  }

  Result<Payloads> operator()(const FinishRun&) const {
    RL_ASSERT(active != nullptr);
    return Payloads{
        RunFinished{active->final_status(), active->summary(context.now), finish_reason()}};
  }

  [[nodiscard]] std::string finish_reason() const {
    if (active->plan() == nullptr) {
      return "cancelled before it was planned";
    }
    return active->plan()->jobs_total() == 0 ? "nothing to do" : "";
  }
};

}  // namespace

Result<std::vector<Payload>> decide(const RunState* active,
                                    const Command& command,
                                    const DecideContext& context) {
  return std::visit(Decider{active, context}, command);
}

}  // namespace runledger::engine
