#include "engine/run_view.h"

#include <algorithm>

namespace runledger::engine {
namespace {

constexpr std::size_t kRunningShown = 16;
constexpr std::size_t kRetryingShown = 50;
constexpr std::uint32_t kJobsBeforeEta = 10;

JobCounts counts_of(const RunState& run) {
  const auto& totals = run.totals();
  JobCounts counts;
  counts.total = run.plan() != nullptr ? run.plan()->jobs_total() : 0;
  counts.completed = totals.succeeded;
  counts.failed = totals.failed;
  counts.skipped = totals.skipped;
  counts.cancelled = totals.cancelled;
  counts.running = static_cast<std::uint32_t>(run.open().size());
  counts.retrying = static_cast<std::uint32_t>(run.retrying().size());
  counts.pending = counts.total - totals.ended();
  return counts;
}

double seconds_between(UtcTime from, UtcTime to) {
  return std::max(0.0, std::chrono::duration<double>(to - from).count());
}

std::optional<Eta> eta_of(const RunState& run, UtcTime now) {
  if (run.totals().ended() < run.ended_before() + kJobsBeforeEta) {
    return std::nullopt;
  }
  return estimate_time_left(run.work(), seconds_between(run.active_since(), now));
}

std::string portfolio_name_of(const RunState& run, std::uint32_t index) {
  const auto portfolio = run.plan()->portfolio_index(index);
  return portfolio ? run.plan()->planned().portfolios[*portfolio].name : std::string();
}

std::vector<RunningJob> running_of(const RunState& run) {
  std::vector<RunningJob> running;
  for (const auto& [index, open] : run.open()) {
    running.push_back({.job = run.plan()->job(index),
                       .portfolio_name = portfolio_name_of(run, index),
                       .attempt = open.attempt,
                       .since = open.since,
                       .done = open.done,
                       .total = open.total,
                       .unit = open.unit});
  }
  std::ranges::sort(running, {}, [](const RunningJob& running_job) {
    return std::pair{running_job.since, running_job.job.index};
  });
  if (running.size() > kRunningShown) {
    running.resize(kRunningShown);
  }
  return running;
}

std::vector<RetryingJob> retrying_of(const RunState& run) {
  std::vector<std::pair<UtcTime, std::uint32_t>> due;
  due.reserve(run.retrying().size());
  for (const auto& [index, retry] : run.retrying()) {
    due.emplace_back(retry.due, index);
  }
  const auto shown = std::min(due.size(), kRetryingShown);
  std::ranges::partial_sort(due, due.begin() + static_cast<std::ptrdiff_t>(shown));
  due.resize(shown);
  std::vector<RetryingJob> retrying;
  retrying.reserve(shown);
  for (const auto& [instant, index] : due) {
    retrying.push_back(
        {run.plan()->job(index), portfolio_name_of(run, index), run.retrying().at(index)});
  }
  return retrying;
}

}  // namespace

double percent_of(const RunState& run) noexcept {
  if (is_final(run.status())) {
    return 100.0;
  }
  if (run.plan() == nullptr || run.plan()->jobs_total() == 0) {
    return 0.0;
  }
  const double share =
      static_cast<double>(run.totals().ended()) / static_cast<double>(run.plan()->jobs_total());
  return std::min(99.9, 100.0 * share);
}

void RunView::start(std::optional<RunState> unfinished, Sequence sequence) {
  const std::lock_guard lock(mutex_);
  run_ = std::move(unfinished);
  as_of_ = sequence;
}

void RunView::observe(const Event& event) {
  const std::lock_guard lock(mutex_);
  as_of_ = event.sequence;
  if (event.run.is_nil()) {
    return;
  }
  if (std::holds_alternative<RunRequested>(event.payload)) {
    run_.emplace(event.run);
  }
  if (!run_ || run_->run() != event.run) {
    return;
  }
  run_->evolve(event);
  if (is_final(run_->status())) {
    run_.reset();
    changed_.notify_all();
  }
}

RunProgress RunView::progress_of(const RunState& run) const {
  const auto now = clock_.wall_now();
  RunProgress progress;
  progress.run = run.run();
  progress.status = run.status();
  progress.triggered_by = run.request().triggered_by;
  progress.scope = run.request().scope;
  progress.requested_at = run.requested_at();
  progress.started_at = run.started_at();
  progress.jobs = counts_of(run);
  progress.running = running_of(run);
  progress.portfolio_dates_completed = run.portfolio_dates_ended();
  progress.portfolio_dates_total =
      run.plan() != nullptr ? run.plan()->dates() * run.plan()->portfolios() : 0;
  progress.percent = percent_of(run);
  progress.elapsed_seconds = seconds_between(run.requested_at(), now);
  progress.eta = eta_of(run, now);
  progress.retrying = retrying_of(run);
  return progress;
}

CurrentRun RunView::current() const {
  const std::lock_guard lock(mutex_);
  CurrentRun current{as_of_, std::nullopt};
  if (run_) {
    current.run = progress_of(*run_);
  }
  return current;
}

bool RunView::idle() const {
  const std::lock_guard lock(mutex_);
  return !run_;
}

bool RunView::wait_until_idle(std::chrono::milliseconds timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return !run_; });
}

}  // namespace runledger::engine
