#include "engine/run_state.h"

#include <algorithm>

namespace runledger::engine {

void RunState::evolve(const Event& event) noexcept {
  std::visit([&](const auto& payload) { on(payload, event); }, event.payload);
  last_sequence_ = event.sequence;
}

void RunState::on(const RunRequested& e, const Event& event) {
  request_ = e;
  requested_at_ = event.time;
  requested_sequence_ = event.sequence;
  active_since_ = event.time;
}

void RunState::on(const RunRejected&, const Event& event) {
  status_ = RunStatus::kRejected;
  finished_at_ = event.time;
}

void RunState::on(const RunPlanned& e, const Event&) {
  if (plan_ != nullptr || RunPlan::count_jobs(e) != e.jobs_total) {
    ++ignored_;
    return;
  }
  plan_ = std::make_shared<const RunPlan>(e);
  jobs_.assign(plan_->jobs_total(), JobState{});
  group_open_.assign(std::size_t{plan_->dates()} * plan_->portfolios(),
                     static_cast<std::uint16_t>(plan_->jobs_per_portfolio()));
  for (std::uint32_t index = 0; index < plan_->jobs_total(); ++index) {
    plan_->for_each_dependency(index, [&](std::uint32_t) { ++jobs_[index].waiting; });
    if (const auto reason = plan_->condition(index)) {
      to_skip_.emplace_hint(to_skip_.end(), index, PendingSkip{*reason, std::nullopt});
    } else if (jobs_[index].waiting == 0) {
      ready_.insert(ready_.end(), index);
    }
  }
}

void RunState::on(const RunStarted&, const Event& event) {
  started_at_ = event.time;
  active_since_ = event.time;
  if (status_ == RunStatus::kRequested) {
    status_ = RunStatus::kRunning;
  }
}

void RunState::on(const RunCancelRequested&, const Event&) {
  if (!is_final(status_)) {
    status_ = RunStatus::kCancelling;
  }
}

void RunState::on(const RunResumed&, const Event& event) {
  active_since_ = event.time;
  ended_before_ = totals_.ended();
  work_.clear();
}

void RunState::on(const RunFinished& e, const Event& event) {
  status_ = e.status;
  finished_at_ = event.time;
}

JobState* RunState::live(const JobRef& job) noexcept {
  if (job.index >= jobs_.size() || is_final(jobs_[job.index].status)) {
    ++ignored_;
    return nullptr;
  }
  return &jobs_[job.index];
}

JobState* RunState::attempted(const JobRef& job, Attempt attempt) noexcept {
  const auto open = open_.find(job.index);
  if (open == open_.end() || open->second.attempt != attempt) {
    ++ignored_;
    return nullptr;
  }
  return live(job);
}

void RunState::on(const JobAttempted& e, const Event& event) {
  auto* job = live(e.job);
  if (job == nullptr) {
    return;
  }
  job->status = JobStatus::kRunning;
  ++job->attempts;
  ready_.erase(e.job.index);
  retrying_.erase(e.job.index);
  open_[e.job.index] = OpenAttempt{e.attempt, e.epoch, event.time, event.sequence, 0, 0, {}};
}

void RunState::on(const JobProgressed& e, const Event&) {
  const auto open = open_.find(e.job.index);
  if (open == open_.end()) {
    ++ignored_;
    return;
  }
  open->second.done = e.done;
  open->second.total = e.total;
  open->second.unit = e.unit;
}

void RunState::on(const JobRetryScheduled& e, const Event&) {
  auto* job = attempted(e.job, e.attempt);
  if (job == nullptr) {
    return;
  }
  ++retries_;
  ++job->failures;
  count_error(e.category);
  job->status = JobStatus::kRetrying;
  open_.erase(e.job.index);
  retrying_[e.job.index] = {e.due, e.attempt, e.category, e.error};
}

void RunState::on(const JobSucceeded& e, const Event&) {
  if (attempted(e.job, e.attempt) == nullptr) {
    return;
  }
  auto& count = count_of(e.job.type);
  ++count.succeeded;
  count.records += e.records;
  count.duration += e.duration;
  count_work(e.job.type, e.duration);
  records_ += e.records;
  ++totals_.succeeded;
  totals_.reused += e.reused_from ? 1U : 0U;
  const auto status = status_of(e);
  totals_.with_warnings += status == JobStatus::kSucceededWithWarnings ? 1U : 0U;
  if (e.job.type == JobType::kPositionValuesUpdate) {
    ++valued_;
    history_days_sum_ += e.quality.average_history_days;
    coverage_sum_ += e.quality.coverage;
    if (plan_->date_index(e.job.index) + 1 == plan_->dates()) {
      last_quality_[*plan_->portfolio_index(e.job.index)] = e.quality.flag;
    }
  }
  for (const auto& id : e.uncovered) {
    if (const auto portfolio = plan_->portfolio_index(id)) {
      const auto index = plan_->index_of(plan_->date_index(e.job.index), *portfolio,
                                         JobType::kPositionValuesUpdate);
      if (index && !is_final(jobs_[*index].status)) {
        to_skip_.try_emplace(*index, PendingSkip{SkipReason::kUncovered, e.job.index});
      }
    }
  }
  end(e.job.index, status);
  release_dependents(e.job.index, std::nullopt);
}

void RunState::on(const JobFailed& e, const Event&) {
  auto* job = live(e.job);
  if (job == nullptr) {
    return;
  }
  ++job->failures;
  count_error(e.category);
  ++count_of(e.job.type).failed;
  ++totals_.failed;
  end(e.job.index, JobStatus::kFailed);
  std::optional<PendingSkip> cause;
  if (is_critical(e.job.type)) {
    cause = PendingSkip{SkipReason::kDependencyFailed, e.job.index};
  }
  release_dependents(e.job.index, cause);
}

void RunState::on(const JobSkipped& e, const Event&) {
  if (live(e.job) == nullptr) {
    return;
  }
  ++count_of(e.job.type).skipped;
  ++totals_.skipped;
  const bool blocked =
      e.reason == SkipReason::kDependencyFailed || e.reason == SkipReason::kUncovered;
  totals_.blocked += blocked ? 1U : 0U;
  end(e.job.index, JobStatus::kSkipped);
  std::optional<PendingSkip> cause;
  if (blocked) {
    // Those who wait name the first cause, not each other.
    cause = PendingSkip{SkipReason::kDependencyFailed, e.because_of.value_or(e.job.index)};
  }
  release_dependents(e.job.index, cause);
}

void RunState::on(const JobCancelled& e, const Event&) {
  if (live(e.job) == nullptr) {
    return;
  }
  ++count_of(e.job.type).cancelled;
  ++totals_.cancelled;
  end(e.job.index, JobStatus::kCancelled);
}

void RunState::on(const JobInterrupted& e, const Event&) {
  auto* job = attempted(e.job, e.attempt);
  if (job == nullptr) {
    return;
  }
  ++interruptions_;
  ++job->interruptions;
  open_.erase(e.job.index);
  job->status = JobStatus::kPending;
  become_ready(e.job.index);
}

void RunState::become_ready(std::uint32_t index) {
  if (!to_skip_.contains(index)) {
    ready_.insert(index);
  }
}

void RunState::end(std::uint32_t index, JobStatus status) {
  jobs_[index].status = status;
  ready_.erase(index);
  open_.erase(index);
  retrying_.erase(index);
  to_skip_.erase(index);
  while (first_live_ < jobs_.size() && is_final(jobs_[first_live_].status)) {
    ++first_live_;
  }
  if (const auto portfolio = plan_->portfolio_index(index)) {
    auto& open =
        group_open_[std::size_t{plan_->date_index(index)} * plan_->portfolios() + *portfolio];
    if (--open == 0) {
      ++portfolio_dates_ended_;
    }
  }
}

void RunState::release_dependents(std::uint32_t index, std::optional<PendingSkip> cause) {
  const auto status = jobs_[index].status;
  const auto type = plan_->type_of(index);
  plan_->for_each_dependent(index, [&](std::uint32_t dependent) {
    auto& job = jobs_[dependent];
    if (is_final(job.status)) {
      return;
    }
    --job.waiting;
    if (cause) {
      ready_.erase(dependent);
      to_skip_.try_emplace(dependent, *cause);
      return;
    }
    if (status == JobStatus::kFailed) {
      job.failed_dependencies.insert(type);
    }
    if (job.waiting == 0) {
      become_ready(dependent);
    }
  });
}

void RunState::count_error(ErrorCategory category) {
  ++errors_[category];
}

JobTypeCount& RunState::count_of(JobType type) {
  auto& count = by_type_[type];
  count.type = type;
  return count;
}

std::uint32_t RunState::open_in_group(std::uint32_t index) const noexcept {
  const auto portfolio = plan_->portfolio_index(index);
  if (!portfolio) {
    return is_final(jobs_[index].status) ? 0 : 1;
  }
  return group_open_[std::size_t{plan_->date_index(index)} * plan_->portfolios() + *portfolio];
}

std::optional<std::uint32_t> RunState::next_to_cancel(std::uint32_t from) const noexcept {
  for (auto index = std::max(from, first_live_); index < jobs_.size(); ++index) {
    if (!is_final(jobs_[index].status) && jobs_[index].status != JobStatus::kRunning) {
      return index;
    }
  }
  return std::nullopt;
}

void RunState::count_work(JobType type, nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  auto& work = work_[type];
  work.done += 1;
  work.seconds += seconds;
  work.squared_seconds += seconds * seconds;
}

std::vector<WorkOfType> RunState::work() const {
  std::vector<WorkOfType> all;
  if (plan_ == nullptr) {
    return all;
  }
  for (const auto& [type, planned] : plan_->jobs_by_type()) {
    const auto found = work_.find(type);
    WorkOfType work = found == work_.end() ? WorkOfType{} : found->second;
    const auto count = by_type_.find(type);
    double ended = 0;
    double computed = 0;
    if (count != by_type_.end()) {
      computed = count->second.succeeded + count->second.failed;
      ended = computed + count->second.skipped + count->second.cancelled;
    }
    work.left = (planned - ended) * (ended > 0 ? computed / ended : 1.0);
    all.push_back(work);
  }
  return all;
}

RunStatus RunState::final_status() const noexcept {
  if (status_ == RunStatus::kCancelling && (plan_ == nullptr || totals_.cancelled > 0)) {
    return RunStatus::kCancelled;
  }
  if (totals_.failed > 0 || totals_.blocked > 0) {
    return totals_.succeeded > 0 ? RunStatus::kPartial : RunStatus::kFailed;
  }
  return totals_.with_warnings > 0 ? RunStatus::kCompletedWithWarnings : RunStatus::kCompleted;
}

RunSummary RunState::summary(UtcTime now) const {
  RunSummary s{
      .jobs_total = plan_ != nullptr ? plan_->jobs_total() : 0,
      .succeeded = totals_.succeeded,
      .with_warnings = totals_.with_warnings,
      .failed = totals_.failed,
      .skipped = totals_.skipped,
      .cancelled = totals_.cancelled,
      .retries = retries_,
      .interruptions = interruptions_,
      .records = records_,
      // The wall clock may have been set back meanwhile.
      .duration = std::max(started_at_ ? now - *started_at_ : nanoseconds{0}, nanoseconds{0}),
      .by_job_type = {},
      .error_categories = {},
      .portfolios_full = 0,
      .portfolios_limited = 0,
      .portfolios_failed = 0,
      .positions_processed = 0,
      .average_history_days = 0,
      .coverage = 0,
      .reused = totals_.reused};
  for (const auto& [type, count] : by_type_) {
    s.by_job_type.push_back(count);
    if (type == JobType::kPositionValuesUpdate) {
      s.positions_processed = count.records;
    }
  }
  for (const auto& [category, attempts] : errors_) {
    s.error_categories.push_back({category, attempts});
  }
  for (const auto& [portfolio, flag] : last_quality_) {
    s.portfolios_full += flag == QualityFlag::kFull ? 1U : 0U;
    s.portfolios_limited += flag == QualityFlag::kLimited ? 1U : 0U;
  }
  // Whatever has no good valuation on the last date counts as failed, not only what says so.
  if (plan_ != nullptr && plan_->jobs_per_portfolio() > 0) {
    s.portfolios_failed = plan_->portfolios() - s.portfolios_full - s.portfolios_limited;
  }
  if (valued_ > 0) {
    s.average_history_days = history_days_sum_ / valued_;
    s.coverage = coverage_sum_ / valued_;
  }
  return s;
}

bool RunState::equals(const RunState& other) const {
  const bool same_plan = (plan_ == nullptr) == (other.plan_ == nullptr) &&
                         (plan_ == nullptr || plan_->planned() == other.plan_->planned());
  return same_plan && run_ == other.run_ && status_ == other.status_ &&
         request_ == other.request_ && jobs_ == other.jobs_ && ready_ == other.ready_ &&
         open_ == other.open_ && retrying_ == other.retrying_ && to_skip_ == other.to_skip_ &&
         totals_ == other.totals_ && summary(requested_at_) == other.summary(other.requested_at_);
}

}  // namespace runledger::engine
