#include "tests/support/sim_model.h"

#include <algorithm>
#include <array>
#include <utility>

namespace runledger::testing {
namespace {

using enum JobType;

// Written down again from the design, on purpose.
std::vector<JobType> needs_of(JobType type) {
  switch (type) {
    case kMarketDataUpdate:
      return {};
    case kPositionValuesUpdate:
      return {kMarketDataUpdate};
    case kGreeksCalculation:
    case kPositionCorrelations:
      return {kPositionValuesUpdate};
    case kPortfolioAggregation:
      return {kPositionValuesUpdate, kGreeksCalculation};
    case kFactorAnalysis:
    case kVolatilityAnalytics:
    case kSectorConcentration:
    case kPortfolioSnapshot:
      return {kPortfolioAggregation};
    case kMarketRiskScenarios:
    case kStressTesting:
      return {kFactorAnalysis};
  }
  return {};
}

bool critical(JobType type) {
  return type == kMarketDataUpdate || type == kPositionValuesUpdate ||
         type == kPortfolioAggregation || type == kPortfolioSnapshot;
}

std::string job_text(const JobRef& job) {
  return "job " + std::to_string(job.index) + " (" + std::string(to_string(job.type)) + "): ";
}

}  // namespace

std::optional<std::string> SimModel::apply(const Event& event) {
  return std::visit([&](const auto& payload) { return on(payload, event); }, event.payload);
}

std::optional<RunId> SimModel::active() const {
  return run_ ? std::optional(run_->id) : std::nullopt;
}

std::uint32_t SimModel::count(Is is) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(run_->jobs, [is](const Job& job) { return job.is == is; }));
}

bool SimModel::ready(const Job& job) const {
  return job.is == Is::kWaiting && !job.condition_false && !job.uncovered &&
         std::ranges::all_of(job.needs, [this](std::uint32_t need) {
           return ended(run_->jobs[need]) && !run_->jobs[need].blocks;
         });
}

bool SimModel::blocked() const {
  return std::ranges::any_of(run_->jobs,
                             [](const Job& job) { return job.is == Is::kSkipped && job.blocks; });
}

bool SimModel::starving() const {
  if (!run_ || !run_->started || run_->cancelling || count(Is::kOpen) >= limits_.in_flight_max) {
    return false;
  }
  return std::ranges::any_of(run_->jobs, [this](const Job& job) { return ready(job); });
}

double SimModel::share() const {
  if (!run_ || run_->jobs.empty()) {
    return 0;
  }
  const auto done =
      std::ranges::count_if(run_->jobs, [this](const Job& job) { return ended(job); });
  return static_cast<double>(done) / static_cast<double>(run_->jobs.size());
}

SimModel::Wrong SimModel::on(const EngineStarted& e, const Event& event) {
  counts_.add(SimCount::kBoots);
  if (raw(e.epoch) != raw(event.sequence)) {
    return "an epoch that is not the sequence of its start";
  }
  epoch_ = e.epoch;
  taking_over_ = run_ && count(Is::kOpen) > 0;
  return std::nullopt;
}

SimModel::Wrong SimModel::on(const RunRequested&, const Event& event) {
  if (run_) {
    return "two runs at once";
  }
  if (!known_.insert(event.run).second) {
    return "a run is requested twice";
  }
  counts_.add(SimCount::kRuns);
  run_.emplace(Run{});
  run_->id = event.run;
  run_->requested = event.sequence;
  return std::nullopt;
}

SimModel::Wrong SimModel::on(const RunRejected&, const Event&) {
  return "the engine rejects before it records";
}

SimModel::Wrong SimModel::on(const RunPlanned& e, const Event& event) {
  if (!run_ || run_->id != event.run || run_->planned) {
    return "a plan that no run waits for";
  }
  if (e.inputs_through != run_->requested) {
    return "planned on other inputs than were there when it was asked for";
  }
  run_->planned = true;
  plan_jobs(e);
  counts_.add(SimCount::kJobs, run_->jobs.size());
  if (run_->jobs.size() != e.jobs_total) {
    return "the plan has another number of jobs than it says";
  }
  return std::nullopt;
}

void SimModel::plan_jobs(const RunPlanned& e) {
  std::vector<JobType> types;
  for (const auto& planned : e.job_types) {
    if (planned.type != kMarketDataUpdate) {
      types.push_back(planned.type);
    }
  }
  const auto width = static_cast<std::uint32_t>(types.size());
  const auto portfolios = static_cast<std::uint32_t>(e.portfolios.size());
  run_->per_date = 1 + portfolios * width;
  for (std::uint32_t p = 0; p < portfolios; ++p) {
    run_->portfolios[e.portfolios[p].id] = p;
  }
  for (std::uint32_t date = 0; date < e.dates.size(); ++date) {
    const std::uint32_t market = date * run_->per_date;
    run_->jobs.push_back({.type = kMarketDataUpdate, .needs = {}});
    for (std::uint32_t p = 0; p < portfolios; ++p) {
      const std::uint32_t first = market + 1 + p * width;
      for (const JobType type : types) {
        Job job{.type = type, .needs = {}};
        for (const JobType need : needs_of(type)) {
          const auto found = std::ranges::find(types, need);
          if (need == kMarketDataUpdate) {
            job.needs.push_back(market);
          } else if (found != types.end()) {
            job.needs.push_back(first + static_cast<std::uint32_t>(found - types.begin()));
          }
        }
        if (type == kPortfolioSnapshot && date > 0) {
          job.needs.push_back(static_cast<std::uint32_t>(run_->jobs.size()) - run_->per_date);
        }
        for (const auto& condition : e.conditions) {
          const std::size_t bit = std::size_t{date} * portfolios + p;
          const bool skipped = bit / 8 < condition.skipped.size() &&
                               ((condition.skipped[bit / 8] >> (bit % 8)) & 1) != 0;
          job.condition_false = job.condition_false || (condition.type == type && skipped);
        }
        run_->jobs.push_back(std::move(job));
      }
    }
  }
}

SimModel::Wrong SimModel::on(const RunStarted& e, const Event& event) {
  if (!run_ || run_->id != event.run || !run_->planned || run_->started) {
    return "a start without a plan, or a second one";
  }
  run_->started = true;
  return e.epoch == epoch_ ? Wrong{} : "started by an engine that is gone";
}

SimModel::Wrong SimModel::on(const RunCancelRequested&, const Event& event) {
  if (!run_ || run_->id != event.run || run_->cancelling) {
    return "cancelled twice, or no such run";
  }
  run_->cancelling = true;
  return std::nullopt;
}

SimModel::Wrong SimModel::on(const RunResumed& e, const Event& event) {
  counts_.add(SimCount::kResumes);
  if (!run_ || run_->id != event.run || e.epoch != epoch_) {
    return "resumed, but by whom";
  }
  taking_over_ = false;
  return count(Is::kOpen) == 0 ? Wrong{} : "resumed with open attempts of an older engine";
}

SimModel::Wrong SimModel::on(const RunFinished& e, const Event& event) {
  if (!run_ || run_->id != event.run) {
    return "a run ends that is not active";
  }
  Wrong wrong = check_end(e);
  counts_.add(SimCount::kRunCancelled, e.status == RunStatus::kCancelled ? 1U : 0U);
  counts_.add(SimCount::kRunPartial, e.status == RunStatus::kPartial ? 1U : 0U);
  counts_.add(SimCount::kRunFailed, e.status == RunStatus::kFailed ? 1U : 0U);
  finished_.push_back(run_->id);
  run_.reset();
  return wrong;
}

SimModel::Wrong SimModel::check_end(const RunFinished& e) const {
  const auto succeeded = count(Is::kSucceeded);
  const auto failed = count(Is::kFailed);
  const auto cancelled = count(Is::kCancelled);
  if (std::ranges::any_of(run_->jobs, [this](const Job& job) { return !ended(job); })) {
    return "the run ends before its jobs";
  }
  if (e.summary.succeeded != succeeded || e.summary.failed != failed ||
      e.summary.cancelled != cancelled || e.summary.skipped != count(Is::kSkipped) ||
      e.summary.jobs_total != run_->jobs.size()) {
    return "the summary counts other jobs than there were";
  }
  if (e.summary.duration < nanoseconds{0}) {
    return "a run of negative duration";
  }
  const bool spoiled = failed > 0 || blocked();
  RunStatus expected = RunStatus::kCompleted;
  if (!run_->planned) {
    expected = run_->cancelling ? RunStatus::kCancelled : RunStatus::kFailed;
  } else if (run_->cancelling && cancelled > 0) {
    expected = RunStatus::kCancelled;
  } else if (spoiled) {
    expected = succeeded > 0 ? RunStatus::kPartial : RunStatus::kFailed;
  } else if (e.summary.with_warnings > 0) {
    expected = RunStatus::kCompletedWithWarnings;
  }
  return e.status == expected ? Wrong{}
                              : "the run ends as " + std::string(to_string(e.status)) +
                                    ", not as " + std::string(to_string(expected));
}

SimModel::Job* SimModel::find(const JobRef& ref, const Event& event, Wrong& wrong) {
  if (!run_ || run_->id != event.run || ref.index >= run_->jobs.size()) {
    wrong = job_text(ref) + "not of the active run";
    return nullptr;
  }
  Job& job = run_->jobs[ref.index];
  if (job.type != ref.type) {
    wrong = job_text(ref) + "is of another type in the plan";
    return nullptr;
  }
  if (ended(job)) {
    wrong = job_text(ref) + "has ended before";
    return nullptr;
  }
  return &job;
}

void SimModel::note_given_up(const std::string& why) {
  counts_.add(SimCount::kGivenUp, why.find("given up") != std::string::npos ? 1U : 0U);
}

SimModel::Wrong SimModel::on(const JobAttempted& e, const Event& event) {
  Wrong wrong;
  Job* job = find(e.job, event, wrong);
  if (job == nullptr) {
    return wrong;
  }
  if (!run_->started || run_->cancelling || taking_over_) {
    return job_text(e.job) + "attempted while the run is not being worked on";
  }
  if (job->is != Is::kRetrying && !ready(*job)) {
    return job_text(e.job) + "attempted although it is not ready";
  }
  if (raw(e.attempt) != ++job->attempts || e.epoch != epoch_) {
    return job_text(e.job) + "attempt number or epoch is wrong";
  }
  job->is = Is::kOpen;
  job->epoch = e.epoch;
  return count(Is::kOpen) <= limits_.in_flight_max ? Wrong{} : "more attempts than there are slots";
}

SimModel::Wrong SimModel::on(const JobProgressed& e, const Event& event) {
  Wrong wrong;
  const Job* job = find(e.job, event, wrong);
  if (job != nullptr && job->is != Is::kOpen) {
    wrong = job_text(e.job) + "progress without an attempt";
  }
  return wrong;
}

SimModel::Wrong SimModel::on(const JobRetryScheduled& e, const Event& event) {
  Wrong wrong;
  Job* job = find(e.job, event, wrong);
  if (job == nullptr) {
    return wrong;
  }
  counts_.add(SimCount::kRetried);
  note_given_up(e.error);
  if (job->is != Is::kOpen || job->attempts != raw(e.attempt) || job->epoch != epoch_) {
    return job_text(e.job) + "a retry of an attempt that is not open";
  }
  if (e.category != ErrorCategory::kTransient && e.category != ErrorCategory::kTimeout) {
    return job_text(e.job) + "a retry of what would fail again";
  }
  job->is = Is::kRetrying;
  return ++job->failures < limits_.retry.attempts_max
             ? Wrong{}
             : job_text(e.job) + "more attempts than are allowed";
}

SimModel::Wrong SimModel::on(const JobSucceeded& e, const Event& event) {
  Wrong wrong;
  Job* job = find(e.job, event, wrong);
  if (job == nullptr) {
    return wrong;
  }
  if (job->is != Is::kOpen || job->attempts != raw(e.attempt) || e.epoch != epoch_ ||
      job->epoch != epoch_) {
    return job_text(e.job) + "a result of an attempt that is not open";
  }
  if (e.duration < nanoseconds{0}) {
    return job_text(e.job) + "negative duration";
  }
  job->is = Is::kSucceeded;
  if (auto bad = check_reuse(e, event)) {
    return bad;
  }
  for (const auto& portfolio : e.uncovered) {
    const auto found = run_->portfolios.find(portfolio);
    const auto width = static_cast<std::uint32_t>(
        run_->portfolios.empty() ? 0 : (run_->per_date - 1) / run_->portfolios.size());
    if (found != run_->portfolios.end()) {
      // position_values_update is the first of a portfolio.
      run_->jobs[e.job.index + 1 + found->second * width].uncovered = true;
    }
  }
  return std::nullopt;
}

SimModel::Wrong SimModel::check_reuse(const JobSucceeded& e, const Event& event) {
  if (!e.reused_from) {
    computed_.emplace(event.sequence, e);
    return std::nullopt;
  }
  counts_.add(SimCount::kReused);
  const auto found = computed_.find(*e.reused_from);
  if (found == computed_.end()) {
    return job_text(e.job) + "the result of a job that computed none";
  }
  const JobSucceeded& computed = found->second;
  const bool same = computed.job.type == e.job.type && computed.job.as_of == e.job.as_of &&
                    computed.job.portfolio == e.job.portfolio &&
                    computed.input_hash == e.input_hash && computed.result_hash == e.result_hash;
  return same ? Wrong{} : job_text(e.job) + "the result of another job";
}

SimModel::Wrong SimModel::on(const JobFailed& e, const Event& event) {
  Wrong wrong;
  Job* job = find(e.job, event, wrong);
  if (job == nullptr) {
    return wrong;
  }
  const bool too_often = job->is == Is::kWaiting && e.error == "interrupted_too_often" &&
                         job->interruptions >= limits_.retry.interruptions_max;
  counts_.add(SimCount::kInterruptedTooOften, too_often ? 1U : 0U);
  note_given_up(e.detail);
  if (!too_often && (job->is != Is::kOpen || job->epoch != epoch_)) {
    return job_text(e.job) + "fails without an attempt";
  }
  if (job->attempts != raw(e.attempt)) {
    return job_text(e.job) + "fails with another attempt than the open one";
  }
  job->is = Is::kFailed;
  job->blocks = critical(job->type);
  return ++job->failures <= limits_.retry.attempts_max
             ? Wrong{}
             : job_text(e.job) + "more attempts than are allowed";
}

SimModel::Wrong SimModel::on(const JobSkipped& e, const Event& event) {
  Wrong wrong;
  Job* job = find(e.job, event, wrong);
  if (job == nullptr) {
    return wrong;
  }
  const bool by_attempt = job->is == Is::kOpen && job->epoch == epoch_;
  const bool caused = std::ranges::any_of(
      job->needs, [this](std::uint32_t need) { return run_->jobs[need].blocks; });
  switch (e.reason) {
    case SkipReason::kDependencyFailed:
      job->blocks = true;
      wrong = caused && job->is == Is::kWaiting ? Wrong{} : "skipped without a cause";
      break;
    case SkipReason::kUncovered:
      job->blocks = true;
      wrong = job->uncovered && job->is == Is::kWaiting ? Wrong{} : "skipped although covered";
      break;
    case SkipReason::kNoOptions:
    case SkipReason::kNotScheduled:
      wrong = job->condition_false && job->is == Is::kWaiting ? Wrong{} : "its condition is true";
      break;
    case SkipReason::kNoPositions:
    case SkipReason::kNoEquity:
    case SkipReason::kNotApplicable:
      wrong = by_attempt ? Wrong{} : "nothing to do, but nobody looked";
      break;
  }
  job->is = Is::kSkipped;
  return wrong ? job_text(e.job) + *wrong : wrong;
}

SimModel::Wrong SimModel::on(const JobCancelled& e, const Event& event) {
  Wrong wrong;
  Job* job = find(e.job, event, wrong);
  if (job != nullptr) {
    job->is = Is::kCancelled;
    wrong = run_->cancelling ? Wrong{} : job_text(e.job) + "cancelled, but nobody asked for it";
  }
  return wrong;
}

SimModel::Wrong SimModel::on(const JobInterrupted& e, const Event& event) {
  Wrong wrong;
  Job* job = find(e.job, event, wrong);
  if (job == nullptr) {
    return wrong;
  }
  counts_.add(SimCount::kInterrupted);
  if (job->is != Is::kOpen || job->epoch != e.epoch || e.epoch >= epoch_ ||
      job->attempts != raw(e.attempt)) {
    return job_text(e.job) + "interrupted, but not open in an older engine";
  }
  job->is = Is::kWaiting;
  ++job->interruptions;
  return std::nullopt;
}

}  // namespace runledger::testing
