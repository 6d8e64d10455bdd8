#include <algorithm>
#include <random>
#include <ranges>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/job_history.h"
#include "store/memory_event_log.h"
#include "store/quarantine.h"
#include "store/run_history.h"
#include "tests/store/brute_history.h"
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

class RandomHistory : public ::testing::TestWithParam<std::uint64_t> {};

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
