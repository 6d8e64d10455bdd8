#include "tests/support/sim_jobs.h"

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "schema/codec.h"

namespace runledger::testing {
namespace {

using engine::JobError;
using engine::JobOutput;
using Outcome = std::expected<JobOutput, JobError>;
using std::chrono::milliseconds;

/// One attempt under the faults of the day.
class Attempting {
 public:
  Attempting(SimWorld& world,
             engine::Random& random,
             const JobFaults& faults,
             milliseconds deadline,
             SimCounts& counts)
      : world_(world), random_(random), faults_(faults), deadline_(deadline), counts_(counts) {}

  Outcome run(const engine::JobSpec& spec,
              const std::stop_token& stop,
              const engine::JobProgress& progress) {
    progress(1, 2, "positions");
    if (const bool may_sleep = SimThread::current() != nullptr; may_sleep) {
      if (auto ended = take_time(spec, stop, progress)) {
        return std::move(*ended);
      }
    }
    if (auto failed = fail_at_once()) {
      return std::move(*failed);
    }
    return give(spec);
  }

 private:
  bool draw(double chance) { return chance > 0 && random_.uniform() < chance; }
  bool draw(double chance, SimCount what) {
    const bool happens = draw(chance);
    counts_.add(what, happens ? 1U : 0U);
    return happens;
  }

  // What needs a thread of its own; nothing if the attempt goes on as any other.
  std::optional<Outcome> take_time(const engine::JobSpec& spec,
                                   const std::stop_token& stop,
                                   const engine::JobProgress& progress) {
    if (draw(faults_.hang, SimCount::kJobHung)) {
      while (!stop.stop_requested()) {
        world_.sleep(milliseconds{20});
      }
      return std::unexpected(JobError{ErrorCategory::kTransient, "stopped", "when asked to"});
    }
    if (draw(faults_.ignore_stop, SimCount::kJobIgnoredStop)) {
      world_.sleep(deadline_ * 4);
      return toy_output(spec);
    }
    if (draw(faults_.past_deadline, SimCount::kJobPastDeadline)) {
      while (!stop.stop_requested()) {
        world_.sleep(milliseconds{50});
      }
      world_.sleep(milliseconds{20});
      return toy_output(spec);
    }
    if (draw(faults_.storm, SimCount::kJobStorm)) {
      for (std::uint64_t i = 0; i < 100 && !stop.stop_requested(); ++i) {
        progress(i, 100, "scenarios");
        world_.sleep(milliseconds{5});
      }
    } else if (draw(faults_.slow, SimCount::kJobSlow)) {
      for (std::uint64_t i = 0; i < 4 && !stop.stop_requested(); ++i) {
        world_.sleep(milliseconds{random_.next() % 150});
        progress(i, 4, "pairs");
      }
    }
    if (stop.stop_requested()) {
      return std::unexpected(JobError{ErrorCategory::kTransient, "stopped", "when asked to"});
    }
    return std::nullopt;
  }

  std::optional<Outcome> fail_at_once() {
    if (draw(faults_.throws, SimCount::kJobThrew)) {
      throw std::runtime_error("scripted");
    }
    if (draw(faults_.permanent, SimCount::kJobPermanent)) {
      return std::unexpected(JobError{ErrorCategory::kPermanent, "scripted", ""});
    }
    if (draw(faults_.transient, SimCount::kJobTransient)) {
      return std::unexpected(JobError{ErrorCategory::kTransient, "scripted", ""});
    }
    if (draw(faults_.huge_text, SimCount::kJobHugeText)) {
      return std::unexpected(
          JobError{ErrorCategory::kPermanent, "scripted", std::string(kEventBytesMax + 1, 'x')});
    }
    return std::nullopt;
  }

  Outcome give(const engine::JobSpec& spec) {
    auto output = toy_output(spec);
    if (draw(faults_.nothing_to_do, SimCount::kJobNothingToDo)) {
      output.nothing_to_do = SkipReason::kNoPositions;
    }
    if (spec.type == JobType::kMarketDataUpdate &&
        draw(faults_.uncovered, SimCount::kJobUncovered)) {
      output.uncovered.push_back(ToyPlanner::portfolio(0));
    }
    if (draw(faults_.garbage, SimCount::kJobGarbage)) {
      spoil(output);
    }
    return output;
  }

  void spoil(JobOutput& output) {
    switch (random_.next() % 5) {
      case 0:
        output.document.clear();
        break;
      case 1:
        output.document = "\xff\xfe no json at all";
        break;
      case 2:
        output.quality.coverage = std::numeric_limits<double>::quiet_NaN();
        break;
      case 3:
        output.quality.average_history_days = std::numeric_limits<double>::infinity();
        break;
      default:
        output.quality.coverage = -3;
        break;
    }
  }

  SimWorld& world_;
  engine::Random& random_;
  const JobFaults& faults_;
  milliseconds deadline_;
  SimCounts& counts_;
};

}  // namespace

Script make_job_script(SimWorld& world,
                       std::shared_ptr<engine::Random> random,
                       std::shared_ptr<const JobFaults> faults,
                       milliseconds deadline,
                       SimCounts& counts) {
  return [&world, random = std::move(random), faults = std::move(faults), deadline, &counts](
             const engine::JobSpec& spec, const std::stop_token& stop,
             const engine::JobProgress& progress) {
    return Attempting(world, *random, *faults, deadline, counts).run(spec, stop, progress);
  };
}

Result<RunPlanned> SimPlanner::plan(const RunScope& scope, Sequence inputs_through) {
  if (faults_->plan_fails > 0 && random_->uniform() < faults_->plan_fails) {
    counts_.add(SimCount::kPlanFailed);
    return fail(Code::kNotFound, "scripted");
  }
  return toy_.plan(scope, inputs_through);
}

}  // namespace runledger::testing
