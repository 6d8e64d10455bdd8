#include <algorithm>
#include <cmath>
#include <ranges>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/freshness.h"
#include "store/job_history.h"
#include "store/job_rows.h"
#include "store/job_statistics.h"
#include "store/position_set.h"
#include "store/retention.h"
#include "store/rocks_db.h"
#include "tests/store/brute_history.h"
#include "tests/store/store_testing.h"

/// The index of the job history against a scan of every event, on the production log, over random
/// histories of several blocks whose clock is set back now and then.
namespace runledger::store::testing {
namespace {

using std::chrono::days;

constexpr std::uint32_t kRuns = 55;
constexpr std::uint32_t kJobs = 120;

class JobIndex : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    log_ = open_log(directory_.path() / "store");
    for (AppendRequest& request : whole_history(GetParam(), kRuns, kJobs)) {
      ASSERT_TRUE(append(*log_, std::move(request)));
    }
    events_ = read_all(*log_);
    ASSERT_GT(events_.size(), 3 * kBlockEvents);
  }

  /// What is left of the log.
  [[nodiscard]] Brute brute() const {
    std::vector<Event> left;
    std::ranges::copy_if(events_, std::back_inserter(left),
                         [&](const Event& event) { return event.sequence > log_->pruned(); });
    return Brute(std::move(left));
  }

  void expect_lists_and_counts(int filters) {
    const Brute all = brute();
    std::mt19937_64 random(GetParam());
    for (int i = 0; i < filters; ++i) {
      const JobFilter filter = i == 0 ? JobFilter{} : random_filter(random, kRuns);
      const auto expected = matching(all, filter);
      ASSERT_EQ(bytes_of(all_jobs(*log_, filter, 1 + random() % 200)), bytes_of(expected)) << i;
      ASSERT_EQ(count_jobs(log_->tables(), filter).value(), expected.size()) << i;
    }
  }
  void expect_statistics(const Brute& all, const StatisticsQuery& query);
  void expect_cells();

  void prune(std::uint32_t runs_left) {
    const UtcTime now = at(4'000'000'000);
    const auto plan =
        plan_prune(*log_, {.age_max = {}, .bytes_max = {}, .runs_max = runs_left}, now);
    ASSERT_TRUE(plan.has_value() && plan->has_value());
    ASSERT_TRUE(append(*log_, prune_request(**plan, std::nullopt, now)));
  }

  /// Opens the log again, after its projections have been taken away.
  void rebuild() {
    log_.reset();
    {
      RocksLogOptions options;
      options.directory = directory_.path() / "store";
      const auto db = RocksDb::open(options, rocksdb::Env::Default()).value();
      for (const auto& projection : all_projections()) {
        ASSERT_TRUE(
            db->db().Delete({}, db->table(Table::kCheckpoints), to_slice(projection->name())).ok());
      }
    }
    log_ = open_log(directory_.path() / "store");
  }

  TempDir directory_;
  std::unique_ptr<EventLog> log_;
  std::vector<Event> events_;
};

TEST_P(JobIndex, ListsAndCountsTheJobsThatAScanOfTheLogFinds) {
  expect_lists_and_counts(150);
}

TEST_P(JobIndex, PagesStayTheSameWhileJobsAreAdded) {
  const Brute before = brute();
  HistoryMaker more(GetParam() + 100, kRuns);
  std::mt19937_64 random(GetParam());
  for (int i = 0; i < 6; ++i) {
    JobFilter filter = random_filter(random, kRuns);
    filter.run.reset();
    const auto known = count_jobs(log_->tables(), filter).value();
    std::vector<JobRow> rows;
    std::optional<Sequence> from;
    std::vector<JobRow> expected = matching(Brute(read_all(*log_)), filter);
    do {
      auto page = list_jobs(log_->tables(), filter, from, 1 + known / 5).value();
      std::ranges::move(page.rows, std::back_inserter(rows));
      from = page.next_before;
      for (AppendRequest& request : more.run(40)) {
        ASSERT_TRUE(append(*log_, std::move(request)));
      }
    } while (from);
    EXPECT_EQ(bytes_of(rows), bytes_of(expected));
  }
  EXPECT_GT(raw(log_->committed()), before.events.size() + kBlockEvents / 4);
}

bool is_success(const JobRow& row) {
  return row.status == JobStatus::kSucceeded || row.status == JobStatus::kSucceededWithWarnings;
}

struct ExpectedCounts {
  JobCounts counts;
  std::vector<nanoseconds> durations;
};

void add(ExpectedCounts& expected, const JobRow& row) {
  JobCounts& counts = expected.counts;
  counts.succeeded += is_success(row) ? 1U : 0U;
  counts.with_warnings += row.status == JobStatus::kSucceededWithWarnings ? 1U : 0U;
  counts.failed += row.status == JobStatus::kFailed ? 1U : 0U;
  counts.skipped += row.status == JobStatus::kSkipped ? 1U : 0U;
  counts.cancelled += row.status == JobStatus::kCancelled ? 1U : 0U;
  counts.reused += row.reused_from ? 1U : 0U;
  counts.retried += row.attempts > 1 ? 1U : 0U;
  counts.duration += row.duration;
  if (row.status == JobStatus::kFailed) {
    ++counts.errors[{row.error, row.category}];
  }
  if (is_success(row) && !row.reused_from) {
    expected.durations.push_back(row.duration);
  }
}

void expect_equal(const JobCounts& counts, ExpectedCounts expected) {
  const JobCounts& right = expected.counts;
  EXPECT_EQ(counts.succeeded, right.succeeded);
  EXPECT_EQ(counts.with_warnings, right.with_warnings);
  EXPECT_EQ(counts.failed, right.failed);
  EXPECT_EQ(counts.skipped, right.skipped);
  EXPECT_EQ(counts.cancelled, right.cancelled);
  EXPECT_EQ(counts.reused, right.reused);
  EXPECT_EQ(counts.retried, right.retried);
  EXPECT_EQ(counts.duration, right.duration);
  EXPECT_EQ(counts.errors, right.errors);
  ASSERT_EQ(counts.computed.count(), expected.durations.size());
  std::ranges::sort(expected.durations);
  for (const double share : {0.5, 0.95}) {
    const auto quantile = counts.computed.quantile(share);
    ASSERT_EQ(quantile.has_value(), !expected.durations.empty());
    if (quantile) {
      const auto rank = static_cast<std::size_t>(
          std::ceil(share * static_cast<double>(expected.durations.size())));
      const auto exact = static_cast<double>(expected.durations[rank - 1].count());
      EXPECT_NEAR(static_cast<double>(quantile->count()), exact, exact / 128);
    }
  }
  if (!expected.durations.empty()) {
    EXPECT_EQ(counts.longest, expected.durations.back());
  }
}

void JobIndex::expect_statistics(const Brute& all, const StatisticsQuery& query) {
  std::map<JobType, ExpectedCounts> totals;
  std::map<std::pair<JobType, Date>, ExpectedCounts> buckets;
  for (const JobRow& row : matching(all, {.portfolio = query.portfolio,
                                         .type = query.type,
                                         .finished_from = query.from,
                                         .finished_to = query.to})) {
    add(totals[row.job.type], row);
    add(buckets[{row.job.type,
                 bucket_begin(query.bucket, std::chrono::floor<days>(row.finished_at))}],
        row);
  }
  const auto statistics = job_statistics(log_->tables(), query).value();
  ASSERT_EQ(statistics.size(), totals.size());
  std::size_t found = 0;
  for (const JobTypeStatistics& one : statistics) {
    expect_equal(one.total, totals[one.type]);
    for (const auto& [begin, counts] : one.buckets) {
      ++found;
      expect_equal(counts, buckets[{one.type, begin}]);
    }
  }
  EXPECT_EQ(found, buckets.size());
}

TEST_P(JobIndex, SumsUpWhatAScanOfTheLogFinds) {
  const Brute all = brute();
  std::mt19937_64 random(GetParam());
  const auto time = [&] { return all.jobs[random() % all.jobs.size()].finished_at; };
  expect_statistics(all, {.from = at(0), .to = at(4'000'000'000), .bucket = TimeBucket::kMonth});
  for (int i = 0; i < 30; ++i) {
    StatisticsQuery query{.from = time(), .to = time()};
    if (query.to < query.from) {
      std::swap(query.from, query.to);
    }
    query.bucket = static_cast<TimeBucket>(random() % 3);
    if (random() % 3 == 0) {
      query.type = kAllJobTypes[random() % kAllJobTypes.size()];
    }
    if (random() % 3 == 0) {
      query.portfolio = portfolio_id(1 + random() % 4);
    }
    if (random() % 4 == 0) {
      query.to = query.from + std::chrono::hours{10};
    }
    expect_statistics(all, query);
  }
}

TEST_P(JobIndex, FindsTheSlowestAndTheFlakiestThatAScanOfTheLogFinds) {
  const Brute all = brute();
  const UtcTime from = all.jobs[all.jobs.size() / 5].finished_at;
  const UtcTime to = all.jobs[all.jobs.size() / 10 * 9].finished_at;
  for (const auto type : {std::optional<JobType>{}, std::optional(JobType::kStressTesting)}) {
    std::vector<JobRow> slowest;
    std::ranges::copy_if(all.jobs, std::back_inserter(slowest), [&](const JobRow& row) {
      return is_success(row) && !row.reused_from && row.finished_at >= from &&
             row.finished_at < to && (!type || row.job.type == *type);
    });
    std::ranges::sort(slowest, [](const JobRow& left, const JobRow& right) {
      return left.duration != right.duration ? left.duration > right.duration
                                             : left.sequence < right.sequence;
    });
    slowest.resize(15);
    EXPECT_EQ(bytes_of(slowest_jobs(log_->tables(), from, to, type, 15).value()),
              bytes_of(slowest));
  }

  std::map<std::pair<PortfolioId, JobType>, FlakyJobs> pairs;
  for (const JobRow& row : all.jobs) {
    if (row.finished_at >= from && row.finished_at < to) {
      FlakyJobs& pair = pairs[{row.job.portfolio, row.job.type}];
      ++pair.jobs;
      pair.failed += row.status == JobStatus::kFailed ? 1U : 0U;
      pair.retried += row.attempts > 1 ? 1U : 0U;
    }
  }
  const auto flakiest = flakiest_jobs(log_->tables(), from, to, 1000).value();
  ASSERT_EQ(flakiest.size(), std::ranges::count_if(pairs, [](const auto& pair) {
              return pair.second.failed + pair.second.retried > 0;
            }));
  double last = 1;
  for (const FlakyJobs& one : flakiest) {
    const FlakyJobs& expected = pairs.at({one.portfolio, one.type});
    EXPECT_EQ(one.jobs, expected.jobs);
    EXPECT_EQ(one.failed, expected.failed);
    EXPECT_EQ(one.retried, expected.retried);
    const double rate = static_cast<double>(one.failed) / static_cast<double>(one.jobs);
    EXPECT_LE(rate, last);
    last = rate;
  }
  const auto few = flakiest_jobs(log_->tables(), from, to, 3).value();
  ASSERT_EQ(few.size(), 3U);
  EXPECT_EQ(few[2].jobs, flakiest[2].jobs);
}

void JobIndex::expect_cells() {
  std::vector<PortfolioId> portfolios;
  for (std::uint64_t number = 1; number <= 6; ++number) {
    portfolios.push_back(portfolio_id(number));
  }
  const std::vector<Date> dates = {day(16'999), day(17'000), day(17'002), day(17'003), day(17'009)};
  std::map<std::pair<PortfolioId, Date>, std::map<JobType, JobYield>> yields;
  for (const JobRow& row : brute().jobs) {
    auto& yield = yields[{row.job.portfolio, row.job.as_of}]
                      .try_emplace(row.job.type, JobYield::kNoResult)
                      .first->second;
    if (is_success(row)) {
      const bool full = row.warnings.empty() && row.quality->flag == QualityFlag::kFull;
      yield = full ? JobYield::kFull : JobYield::kLimited;
    } else if (row.status == JobStatus::kSkipped &&
               row.skip_reason != SkipReason::kDependencyFailed &&
               row.skip_reason != SkipReason::kUncovered) {
      yield = JobYield::kNotNeeded;
    }
  }
  const auto usable = [](std::map<JobType, JobYield>& cell) {
    return cell[JobType::kPositionValuesUpdate] > JobYield::kNoResult &&
           cell[JobType::kPortfolioAggregation] > JobYield::kNoResult;
  };
  const auto grid = freshness_grid(log_->tables(), portfolios, dates).value();
  std::set<CellState> seen;
  for (std::size_t row = 0; row < portfolios.size(); ++row) {
    for (std::size_t column = 0; column < dates.size(); ++column) {
      const auto found = yields.find({portfolios[row], dates[column]});
      CellState expected = CellState::kNothing;
      if (found != yields.end()) {
        const auto has = [&](JobYield yield) {
          return std::ranges::any_of(found->second,
                                     [yield](const auto& one) { return one.second == yield; });
        };
        expected = !usable(found->second)     ? CellState::kUnusable
                   : has(JobYield::kNoResult) ? CellState::kPartial
                   : has(JobYield::kLimited)  ? CellState::kLimited
                                              : CellState::kFull;
      }
      seen.insert(expected);
      EXPECT_EQ(grid.rows[row][column], expected) << row << " " << column;
    }
    std::optional<Date> newest;
    for (auto& [key, cell] : yields) {
      if (key.first == portfolios[row] && usable(cell)) {
        newest = std::max(newest, std::optional(key.second));
      }
    }
    EXPECT_EQ(newest_usable_date(log_->tables(), portfolios[row]).value(), newest);
  }
  EXPECT_GE(seen.size(), 2U);
}

TEST_P(JobIndex, KnowsTheCellsThatAScanOfTheLogFinds) {
  expect_cells();
}

TEST_P(JobIndex, FindsTheLastSuccessOfEachType) {
  const Brute all = brute();
  for (const JobType type : kAllJobTypes) {
    const JobFilter filter{.portfolio = portfolio_id(2),
                           .type = type,
                           .statuses = {JobStatus::kSucceeded, JobStatus::kSucceededWithWarnings}};
    auto expected = matching(all, filter);
    expected.resize(std::min<std::size_t>(expected.size(), 1));

    EXPECT_EQ(bytes_of(list_jobs(log_->tables(), filter, std::nullopt, 1).value().rows),
              bytes_of(expected));
  }
}

TEST_P(JobIndex, IsTheSameAfterPruningAsAfterARebuild) {
  for (const std::uint32_t runs_left : {kRuns - 5, kRuns - 17, kRuns / 2, 9U, 1U}) {
    prune(runs_left);
    TableDump kept = dump_tables(*log_);
    rebuild();
    TableDump rebuilt = dump_tables(*log_);
    kept.erase("checkpoints");
    rebuilt.erase("checkpoints");
    ASSERT_EQ(rebuilt, kept) << runs_left << " runs left";
    expect_lists_and_counts(25);
    if (runs_left > 5) {
      expect_cells();
      expect_statistics(brute(), {.from = at(0), .to = at(4'000'000'000)});
    }
  }
}

TEST_P(JobIndex, GivesTheSameStateFromACheckpointAndItsTail) {
  const std::size_t cut = 2 * kBlockEvents + 1000;
  for (std::size_t p = 0; p < all_projections().size(); ++p) {
    auto whole = std::move(all_projections()[p]);
    auto resumed = std::move(all_projections()[p]);
    TableBatch rows;
    TableBatch tail;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (i == cut) {
        ASSERT_TRUE(resumed->load(whole->save()));
      }
      ASSERT_TRUE(whole->apply(events_[i], i < cut ? rows : tail));
    }
    TableBatch again;
    for (std::size_t i = cut; i < events_.size(); ++i) {
      ASSERT_TRUE(resumed->apply(events_[i], again));
    }
    EXPECT_EQ(resumed->save(), whole->save());
    ASSERT_EQ(again.operations().size(), tail.operations().size());
    for (std::size_t i = 0; i < again.operations().size(); ++i) {
      EXPECT_EQ(again.operations()[i].key, tail.operations()[i].key);
      EXPECT_EQ(again.operations()[i].value, tail.operations()[i].value);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, JobIndex, ::testing::Values(1, 2, 3));

TEST(PositionSet, ComesBackFromEitherForm) {
  std::mt19937_64 random(7);
  for (const std::size_t size : {0U, 1U, 2U, 255U, 256U, 257U, 4000U, 4096U}) {
    std::set<std::uint16_t> drawn;
    while (drawn.size() < size) {
      drawn.insert(static_cast<std::uint16_t>(random() % kBlockEvents));
    }
    const std::vector<std::uint16_t> positions(drawn.begin(), drawn.end());
    const std::string bytes = encode_positions(positions);
    PositionSet set;
    ASSERT_TRUE(set.insert_encoded(bytes));
    EXPECT_LE(bytes.size(), kBlockEvents / 8);
    EXPECT_EQ(count_positions(bytes), size);
    EXPECT_EQ(set.size(), size);
    auto descending = set.descending();
    std::ranges::reverse(descending);
    EXPECT_EQ(descending, positions);
  }
  PositionSet set;
  EXPECT_FALSE(set.insert_encoded("odd"));
  EXPECT_FALSE(set.insert_encoded("\xff\xff"));
}

TEST(DurationHistogram, IsWithinItsBoundFromNanosecondsToCenturies) {
  for (std::int64_t value = 1; value > 0 && value < (std::int64_t{1} << 61);
       value += value / 3 + 1) {
    DurationHistogram one;
    one.add(nanoseconds{value});
    const auto middle = static_cast<double>(one.quantile(0.5)->count());
    EXPECT_NEAR(middle, static_cast<double>(value), static_cast<double>(value) / 128) << value;
    std::string bytes;
    one.encode(bytes);
    DurationHistogram read;
    FieldReader fields(bytes);
    read.merge_encoded(fields);
    EXPECT_TRUE(fields.done());
    EXPECT_EQ(read.quantile(0.5), one.quantile(0.5));
  }
  DurationHistogram none;
  none.add(nanoseconds{-5});
  EXPECT_EQ(none.quantile(1), nanoseconds{0});
  EXPECT_EQ(DurationHistogram().quantile(0.5), std::nullopt);
}

TEST(TimeBucket, WeeksBeginOnMondayAndMonthsOnTheFirst) {
  const auto date = [](const char* text) { return parse_date(text).value(); };
  EXPECT_EQ(bucket_begin(TimeBucket::kWeek, date("2017-01-01")), date("2016-12-26"));
  EXPECT_EQ(bucket_begin(TimeBucket::kWeek, date("2017-01-02")), date("2017-01-02"));
  EXPECT_EQ(bucket_begin(TimeBucket::kMonth, date("2017-02-28")), date("2017-02-01"));
  EXPECT_EQ(bucket_begin(TimeBucket::kDay, date("2017-02-28")), date("2017-02-28"));
}

}  // namespace
}  // namespace runledger::store::testing
