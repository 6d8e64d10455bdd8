#include <algorithm>
#include <random>
#include <ranges>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/job_history.h"
#include "store/job_rows.h"
#include "store/memory_event_log.h"
#include "store/quarantine.h"
#include "store/run_history.h"
#include "tests/store/store_testing.h"

/// Queries of the projections against a scan of every event, over random histories.
namespace runledger::store::testing {
namespace {

std::unique_ptr<EventLog> filled_memory_log(std::uint64_t seed, int runs, std::uint32_t jobs) {
  auto log = make_memory_event_log(all_projections());
  for (AppendRequest& request : random_history(seed, runs, jobs)) {
    EXPECT_TRUE(append(*log, std::move(request)));
  }
  return log;
}

struct Brute {
  explicit Brute(std::vector<Event> all) : events(std::move(all)) {
    for (const Event& event : events) {
      if (auto row = job_row(event)) {
        jobs.push_back(std::move(*row));
      }
      fold_run(event);
    }
  }

  std::optional<JobRow> job_row(const Event& end) const {
    const JobRef* job = job_of(end.payload);
    JobRow row;
    if (const auto* succeeded = std::get_if<JobSucceeded>(&end.payload)) {
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
    } else if (const auto* failed = std::get_if<JobFailed>(&end.payload)) {
      row.status = JobStatus::kFailed;
      row.attempts = raw(failed->attempt);
      row.category = failed->category;
      row.error = failed->error;
      row.detail = failed->detail;
    } else if (const auto* skipped = std::get_if<JobSkipped>(&end.payload)) {
      row.status = JobStatus::kSkipped;
      row.skip_reason = skipped->reason;
      row.because_of = skipped->because_of;
    } else if (std::holds_alternative<JobCancelled>(end.payload)) {
      row.status = JobStatus::kCancelled;
    } else {
      return std::nullopt;
    }
    row.sequence = end.sequence;
    row.run = end.run;
    row.job = *job;
    row.finished_at = end.time;
    for (const Event& event : events) {
      const JobRef* other = job_of(event.payload);
      if (event.sequence >= end.sequence || event.run != end.run || other == nullptr ||
          other->index != job->index) {
        continue;
      }
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
    return row;
  }

  void fold_run(const Event& event) {
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

  std::vector<Event> events;
  std::vector<JobRow> jobs;
  std::vector<RunRow> runs;
};

std::vector<std::string> bytes_of(const std::vector<JobRow>& rows) {
  std::vector<std::string> bytes;
  std::ranges::transform(rows, std::back_inserter(bytes), encode_job_row);
  return bytes;
}

auto fields(const RunRow& row) {
  return std::tie(row.run, row.first, row.last, row.status, row.triggered_by, row.scope,
                  row.retry_of, row.requested_at, row.started_at, row.finished_at, row.jobs_total,
                  row.resumes, row.reason, row.summary);
}

void expect_equal(const std::vector<RunRow>& left, const std::vector<RunRow>& right) {
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    EXPECT_TRUE(fields(left[i]) == fields(right[i])) << "row " << i;
  }
}

/// Pages through everything that matches.
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

JobFilter random_filter(std::mt19937_64& random) {
  const auto pick = [&random](std::uint64_t one_in) { return random() % one_in == 0; };
  JobFilter filter;
  if (pick(3)) {
    filter.run = run_id(1 + random() % 7);
  }
  if (pick(3)) {
    filter.portfolio = pick(4) ? PortfolioId{} : portfolio_id(1 + random() % 5);
  }
  if (pick(3)) {
    filter.type = kAllJobTypes[random() % kAllJobTypes.size()];
  }
  if (pick(3)) {
    filter.status = static_cast<JobStatus>(3 + random() % 5);
  }
  if (pick(3)) {
    filter.finished_from = at(1'500'000'000 + static_cast<std::int64_t>(random() % 4'000'000));
  }
  if (pick(3)) {
    filter.finished_to = at(1'500'000'000 + static_cast<std::int64_t>(random() % 4'000'000));
  }
  return filter;
}

bool matches(const JobRow& row, const JobFilter& filter) {
  return (!filter.run || row.run == *filter.run) &&
         (!filter.portfolio || row.job.portfolio == *filter.portfolio) &&
         (!filter.type || row.job.type == *filter.type) &&
         (!filter.status || row.status == *filter.status) &&
         (!filter.finished_from || row.finished_at >= *filter.finished_from) &&
         (!filter.finished_to || row.finished_at < *filter.finished_to);
}

class RandomHistory : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomHistory, ListsTheJobsThatAScanOfTheLogFinds) {
  const auto log = filled_memory_log(GetParam(), 6, 50);
  const Brute brute(read_all(*log));
  std::mt19937_64 random(GetParam());

  EXPECT_EQ(bytes_of(all_jobs(*log, {}, 17)), bytes_of({brute.jobs.rbegin(), brute.jobs.rend()}));
  for (int i = 0; i < 200; ++i) {
    const JobFilter filter = random_filter(random);
    std::vector<JobRow> expected;
    std::ranges::copy_if(brute.jobs | std::views::reverse, std::back_inserter(expected),
                         [&](const JobRow& row) { return matches(row, filter); });
    ASSERT_EQ(bytes_of(all_jobs(*log, filter, 1 + random() % 20)), bytes_of(expected));
  }
}

TEST_P(RandomHistory, CountsTheJobsThatAScanOfTheLogFinds) {
  const auto log = filled_memory_log(GetParam(), 6, 50);
  const Brute brute(read_all(*log));
  const UtcTime from = brute.jobs[brute.jobs.size() / 4].finished_at;
  const UtcTime to = brute.jobs[brute.jobs.size() * 3 / 4].finished_at;

  const auto summaries = summarize_jobs(log->tables(), from, to).value();

  for (const JobTypeSummary& summary : summaries) {
    const auto count = [&](auto... statuses) {
      return static_cast<std::uint64_t>(std::ranges::count_if(brute.jobs, [&](const JobRow& row) {
        return row.job.type == summary.type && row.finished_at >= from && row.finished_at < to &&
               ((row.status == statuses) || ...);
      }));
    };
    EXPECT_EQ(summary.succeeded, count(JobStatus::kSucceeded, JobStatus::kSucceededWithWarnings));
    EXPECT_EQ(summary.with_warnings, count(JobStatus::kSucceededWithWarnings));
    EXPECT_EQ(summary.failed, count(JobStatus::kFailed));
    EXPECT_EQ(summary.skipped, count(JobStatus::kSkipped));
    EXPECT_EQ(summary.cancelled, count(JobStatus::kCancelled));
  }
  EXPECT_GT(summaries.size(), 5U);
}

TEST_P(RandomHistory, KnowsTheLatestResultsThatAScanOfTheLogFinds) {
  const auto log = filled_memory_log(GetParam(), 6, 50);
  const Brute brute(read_all(*log));
  std::map<std::tuple<PortfolioId, Date, JobType>, const JobRow*> latest;
  for (const JobRow& row : brute.jobs) {
    const bool result =
        row.status == JobStatus::kSucceeded || row.status == JobStatus::kSucceededWithWarnings;
    const bool condition = row.status == JobStatus::kSkipped &&
                           row.skip_reason != SkipReason::kDependencyFailed &&
                           row.skip_reason != SkipReason::kUncovered;
    if (result || condition) {
      latest[{row.job.portfolio, row.job.as_of, row.job.type}] = &row;
    }
  }

  std::size_t found = 0;
  for (std::uint64_t portfolio = 0; portfolio < 5; ++portfolio) {
    const PortfolioId id = portfolio == 0 ? PortfolioId{} : portfolio_id(portfolio);
    for (int date = 17'000; date < 17'005; ++date) {
      const auto results = latest_results(log->tables(), id, day(date)).value();
      for (const LatestResult& result : results) {
        ++found;
        const JobRow* row = latest.at({id, day(date), result.type});
        EXPECT_EQ(result.sequence, row->sequence);
        EXPECT_EQ(result.result_hash, row->result_hash);
        EXPECT_EQ(result.skip_reason, row->skip_reason);
        EXPECT_EQ(result.as_of, day(date));
      }
    }
    for (const JobType type : kAllJobTypes) {
      std::vector<Sequence> expected;
      for (const auto& [key, row] : latest | std::views::reverse) {
        const auto& [owner, date, other] = key;
        if (owner == id && other == type && date <= day(17'003) && expected.size() < 3) {
          expected.push_back(row->sequence);
        }
      }
      std::vector<Sequence> sequences;
      const auto results = latest_results_before(log->tables(), id, type, day(17'003), 3).value();
      std::ranges::transform(results, std::back_inserter(sequences), &LatestResult::sequence);
      EXPECT_EQ(sequences, expected);
    }
  }
  EXPECT_EQ(found, latest.size());
}

TEST_P(RandomHistory, ListsTheRunsThatAScanOfTheLogFinds) {
  const auto log = filled_memory_log(GetParam(), 25, 3);
  const Brute brute(read_all(*log));
  const std::vector<RunRow> newest_first(brute.runs.rbegin(), brute.runs.rend());

  std::vector<RunRow> paged;
  std::optional<Sequence> before;
  do {
    auto page = list_runs(log->tables(), {}, before, 4).value();
    std::ranges::move(page.rows, std::back_inserter(paged));
    before = page.next_before;
  } while (before);
  expect_equal(paged, newest_first);

  RunFilter filter;
  filter.triggered_by = "cli";
  filter.requested_from = brute.runs[5].requested_at;
  filter.requested_to = brute.runs[20].requested_at;
  std::vector<RunRow> expected;
  std::ranges::copy_if(newest_first, std::back_inserter(expected), [&](const RunRow& row) {
    return row.triggered_by == "cli" && row.requested_at >= *filter.requested_from &&
           row.requested_at < *filter.requested_to;
  });
  expect_equal(list_runs(log->tables(), filter, std::nullopt, 100).value().rows, expected);

  expected.clear();
  std::ranges::copy_if(brute.runs, std::back_inserter(expected),
                       [](const RunRow& row) { return !is_final(row.status); });
  expect_equal(open_runs(log->tables()).value(), expected);
  for (const RunRow& row : brute.runs) {
    EXPECT_TRUE(fields(find_run(log->tables(), row.run).value()) == fields(row));
  }
}

TEST_P(RandomHistory, GivesTheSameStateFromACheckpointAndItsTail) {
  const auto log = filled_memory_log(GetParam(), 4, 40);
  const std::vector<Event> events = read_all(*log);
  std::mt19937_64 random(GetParam());
  for (int i = 0; i < 10; ++i) {
    const std::size_t cut = random() % events.size();
    Projections whole = all_projections();
    Projections resumed = all_projections();
    TableBatch ignored;
    for (std::size_t p = 0; p < whole.size(); ++p) {
      std::string saved;
      for (std::size_t e = 0; e < events.size(); ++e) {
        if (e == cut) {
          saved = whole[p]->save();
        }
        apply_event(*whole[p], events[e], ignored);
      }
      ASSERT_TRUE(resumed[p]->load(saved));
      EXPECT_EQ(resumed[p]->save(), saved);
      for (std::size_t e = cut; e < events.size(); ++e) {
        apply_event(*resumed[p], events[e], ignored);
      }
      EXPECT_EQ(resumed[p]->save(), whole[p]->save());
      EXPECT_FALSE(resumed[p]->load(saved + "x").has_value());
      EXPECT_FALSE(saved.size() > 1 &&
                   resumed[p]->load(saved.substr(0, saved.size() - 1)).has_value());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomHistory, ::testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace runledger::store::testing
