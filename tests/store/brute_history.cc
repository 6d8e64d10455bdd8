#include "tests/store/brute_history.h"

#include <algorithm>
#include <iterator>
#include <ranges>

#include <gtest/gtest.h>

#include "store/job_rows.h"
#include "tests/store/store_testing.h"

namespace runledger::store::testing {

Brute::Brute(std::vector<Event> all) : events(std::move(all)) {
  for (const Event& event : events) {
    if (const auto* requested = std::get_if<RunRequested>(&event.payload)) {
      triggers_[event.run] = requested->triggered_by;
    }
    fold_job(event);
    fold_run(event);
  }
}

void Brute::fold_job(const Event& event) {
  JobRow row;
  if (const auto* succeeded = std::get_if<JobSucceeded>(&event.payload)) {
    row.status = status_of(*succeeded);
    row.attempts = raw(succeeded->attempt);
    row.duration = succeeded->duration;
    row.records = succeeded->records;
    row.unit = succeeded->unit;
    row.quality = succeeded->quality;
    row.warnings = succeeded->warnings;
    row.input_hash = succeeded->input_hash;
    row.result_hash = succeeded->result_hash;
    row.formula_version = succeeded->formula_version;
    row.reused_from = succeeded->reused_from;
  } else if (const auto* failed = std::get_if<JobFailed>(&event.payload)) {
    row.status = JobStatus::kFailed;
    row.attempts = raw(failed->attempt);
    row.category = failed->category;
    row.error = failed->error;
    row.detail = failed->detail;
  } else if (const auto* skipped = std::get_if<JobSkipped>(&event.payload)) {
    row.status = JobStatus::kSkipped;
    row.skip_reason = skipped->reason;
    row.because_of = skipped->because_of;
  } else if (std::holds_alternative<JobCancelled>(event.payload)) {
    row.status = JobStatus::kCancelled;
  } else {
    if (const JobRef* job = job_of(event.payload)) {
      attempts_[{event.run, job->index}].push_back(raw(event.sequence) - raw(events[0].sequence));
    }
    return;
  }
  end_job(event, std::move(row));
}

void Brute::end_job(const Event& end, JobRow row) {
  row.sequence = end.sequence;
  row.run = end.run;
  row.job = *job_of(end.payload);
  row.finished_at = end.time;
  row.triggered_by = triggers_[end.run];
  for (const std::size_t index : attempts_[{end.run, row.job.index}]) {
    const Event& event = events[index];
    if (const auto* attempted = std::get_if<JobAttempted>(&event.payload)) {
      row.started_at = row.started_at.value_or(event.time);
      row.attempts = std::max(row.attempts, raw(attempted->attempt));
    }
    const auto* retry = std::get_if<JobRetryScheduled>(&event.payload);
    if (retry != nullptr && row.status >= JobStatus::kSkipped) {
      row.category = retry->category;
      row.error = retry->error;
    }
  }
  jobs.push_back(std::move(row));
}

void Brute::fold_run(const Event& event) {
  if (const auto* requested = std::get_if<RunRequested>(&event.payload)) {
    RunRow& row = runs.emplace_back();
    row.run = event.run;
    row.first = event.sequence;
    row.triggered_by = requested->triggered_by;
    row.scope = requested->scope;
    row.retry_of = requested->retry_of;
    row.requested_at = event.time;
  }
  if (runs.empty() || event.run != runs.back().run) {
    return;
  }
  RunRow& row = runs.back();
  if (const auto* planned = std::get_if<RunPlanned>(&event.payload)) {
    row.jobs_total = planned->jobs_total;
  } else if (std::holds_alternative<RunStarted>(event.payload)) {
    row.started_at = event.time;
    row.status = RunStatus::kRunning;
  } else if (std::holds_alternative<RunResumed>(event.payload)) {
    ++row.resumes;
  } else if (std::holds_alternative<RunCancelRequested>(event.payload)) {
    row.status = RunStatus::kCancelling;
  } else if (const auto* rejected = std::get_if<RunRejected>(&event.payload)) {
    row.status = RunStatus::kRejected;
    row.reason = rejected->reason;
    row.finished_at = event.time;
  } else if (const auto* finished = std::get_if<RunFinished>(&event.payload)) {
    row.status = finished->status;
    row.reason = finished->reason;
    row.summary = finished->summary;
    row.finished_at = event.time;
  } else if (!std::holds_alternative<RunRequested>(event.payload)) {
    return;
  }
  row.last = event.sequence;
}

std::vector<std::string> bytes_of(const std::vector<JobRow>& rows) {
  std::vector<std::string> bytes;
  std::ranges::transform(rows, std::back_inserter(bytes), encode_job_row);
  return bytes;
}

bool matches(const JobRow& row, const JobFilter& filter) {
  return (!filter.run || row.run == *filter.run) &&
         (!filter.portfolio || row.job.portfolio == *filter.portfolio) &&
         (!filter.type || row.job.type == *filter.type) &&
         (filter.statuses.empty() ||
          std::ranges::find(filter.statuses, row.status) != filter.statuses.end()) &&
         (!filter.category || row.category == filter.category) &&
         (!filter.triggered_by || row.triggered_by == *filter.triggered_by) &&
         (!filter.finished_from || row.finished_at >= *filter.finished_from) &&
         (!filter.finished_to || row.finished_at < *filter.finished_to) &&
         (!filter.as_of_from || row.job.as_of >= *filter.as_of_from) &&
         (!filter.as_of_to || row.job.as_of <= *filter.as_of_to) &&
         (!filter.until || row.sequence <= *filter.until);
}

std::vector<JobRow> matching(const Brute& brute, const JobFilter& filter) {
  std::vector<JobRow> rows;
  std::ranges::copy_if(brute.jobs | std::views::reverse, std::back_inserter(rows),
                       [&](const JobRow& row) { return matches(row, filter); });
  return rows;
}

JobFilter random_filter(std::mt19937_64& random, std::size_t runs) {
  const auto pick = [&random](std::uint64_t one_in) { return random() % one_in == 0; };
  // Times of a history of so many runs, and somewhat more.
  const auto time = [&] {
    return at(1'500'000'000 + static_cast<std::int64_t>(random() % (runs * 1'600'000)));
  };
  JobFilter filter;
  if (pick(6)) {
    filter.run = run_id(1 + random() % (runs + 1));
  }
  if (pick(3)) {
    filter.portfolio = pick(4) ? PortfolioId{} : portfolio_id(1 + random() % 5);
  }
  if (pick(3)) {
    filter.type = kAllJobTypes[random() % kAllJobTypes.size()];
  }
  for (std::size_t i = 0; pick(3) && i < 2; ++i) {
    filter.statuses.push_back(static_cast<JobStatus>(3 + random() % 5));
  }
  if (pick(6)) {
    filter.category = static_cast<ErrorCategory>(1 + random() % 5);
  }
  if (pick(4)) {
    filter.triggered_by = pick(5) ? "nobody" : pick(2) ? "cli" : "schedule:nightly";
  }
  if (pick(3)) {
    filter.finished_from = time();
  }
  if (pick(3)) {
    filter.finished_to = time();
  }
  if (pick(4)) {
    filter.as_of_from = day(17'000 + static_cast<int>(random() % 6) - 1);
  }
  if (pick(4)) {
    filter.as_of_to = day(17'000 + static_cast<int>(random() % 6) - 1);
  }
  if (pick(4)) {
    filter.until = Sequence{random() % (runs * 250)};  // About as many as there are events.
  }
  return filter;
}

std::vector<JobRow> all_jobs(const EventLog& log, const JobFilter& filter, std::size_t page_size) {
  std::vector<JobRow> rows;
  std::optional<Sequence> before;
  do {
    auto page = list_jobs(log.tables(), filter, before, page_size).value();
    EXPECT_LE(page.rows.size(), page_size);
    EXPECT_TRUE(!page.next_before || page.rows.size() == page_size);
    std::ranges::move(page.rows, std::back_inserter(rows));
    before = page.next_before;
  } while (before);
  return rows;
}

}  // namespace runledger::store::testing
