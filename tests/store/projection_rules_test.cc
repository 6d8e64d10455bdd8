#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/catalog.h"
#include "store/job_history.h"
#include "store/memory_event_log.h"
#include "store/run_history.h"
#include "tests/store/store_testing.h"

namespace runledger::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ProjectionRules : public ::testing::Test {
 protected:
  Sequence add(Payload payload, const RunId& run = run_id(1), UtcTime time = at(1000)) {
    return append(*log_, request_of({NewEvent{time, run, {}, std::move(payload)}})).value().last;
  }

  /// An attempt, and how it ends.
  Sequence end(Payload payload, const RunId& run = run_id(1)) {
    add(JobAttempted{kJob, Attempt{1}, Epoch{1}}, run);
    return add(std::move(payload), run);
  }

  static JobSucceeded success(const std::string& result) {
    JobSucceeded succeeded;
    succeeded.job = kJob;
    succeeded.attempt = Attempt{1};
    succeeded.result_hash = sha256(result);
    return succeeded;
  }

  inline static const JobRef kJob{3, JobType::kGreeksCalculation, portfolio_id(1), day(10)};
  std::unique_ptr<EventLog> log_ = make_memory_event_log(all_projections());
};

TEST_F(ProjectionRules, AFailedOrCancelledJobLeavesTheLastResult) {
  const Sequence sequence = end(success("first"));
  end(JobFailed{.job = kJob, .attempt = Attempt{1}, .category = {}, .error = {}, .detail = {}},
      run_id(2));
  add(JobCancelled{kJob}, run_id(3));
  add(JobSkipped{kJob, SkipReason::kDependencyFailed, 1}, run_id(4));
  add(JobSkipped{kJob, SkipReason::kUncovered, 0}, run_id(5));

  const auto latest = latest_results(log_->tables(), portfolio_id(1), day(10)).value();

  ASSERT_THAT(latest, SizeIs(1));
  EXPECT_EQ(latest[0].sequence, sequence);
}

TEST_F(ProjectionRules, ASkipByAConditionReplacesTheLastResult) {
  end(success("first"));
  add(JobSkipped{kJob, SkipReason::kNoOptions, std::nullopt}, run_id(2));

  const auto latest = latest_results(log_->tables(), portfolio_id(1), day(10)).value();

  ASSERT_THAT(latest, SizeIs(1));
  EXPECT_EQ(latest[0].skip_reason, SkipReason::kNoOptions);
  EXPECT_TRUE(latest[0].result_hash.is_nil());
}

TEST_F(ProjectionRules, ANewerResultReplacesTheLastResult) {
  end(success("first"));
  end(success("second"), run_id(2));

  const auto latest =
      latest_results_before(log_->tables(), portfolio_id(1), kJob.type, day(11), 5).value();

  ASSERT_THAT(latest, SizeIs(1));
  EXPECT_EQ(latest[0].result_hash, sha256("second"));
  EXPECT_EQ(latest[0].run, run_id(2));
}

TEST_F(ProjectionRules, AnInterruptedJobKeepsItsFirstStartAndCountsItsAttempts) {
  add(JobAttempted{kJob, Attempt{1}, Epoch{1}}, run_id(1), at(5));
  add(JobInterrupted{kJob, Attempt{1}, Epoch{1}}, run_id(1), at(6));
  add(JobAttempted{kJob, Attempt{2}, Epoch{2}}, run_id(1), at(7));
  add(JobCancelled{kJob}, run_id(1), at(8));

  const auto rows = list_jobs(log_->tables(), {}, std::nullopt, 10).value().rows;

  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].attempts, 2U);
  EXPECT_EQ(rows[0].started_at, at(5));
  EXPECT_EQ(rows[0].finished_at, at(8));
}

TEST_F(ProjectionRules, AJobOfARunDoesNotLeakIntoTheNextRun) {
  add(JobAttempted{kJob, Attempt{2}, Epoch{1}}, run_id(1), at(5));
  add(RunFinished{RunStatus::kFailed, {}, "gave up"}, run_id(1));
  add(JobSkipped{kJob, SkipReason::kNoPositions, std::nullopt}, run_id(1), at(9));

  const auto rows = list_jobs(log_->tables(), {}, std::nullopt, 10).value().rows;

  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].attempts, 0U);
  EXPECT_EQ(rows[0].started_at, std::nullopt);
}

TEST_F(ProjectionRules, TimesOutOfOrderAreFoundByTheirDay) {
  constexpr std::int64_t kDay = 86'400;
  add(JobCancelled{kJob}, run_id(1), at(10 * kDay));
  const Sequence back = add(JobCancelled{kJob}, run_id(1), at(9 * kDay));
  add(JobCancelled{kJob}, run_id(1), at(11 * kDay));
  JobFilter filter;
  filter.finished_from = at(9 * kDay);
  filter.finished_to = at(9 * kDay + 1);

  const auto rows = list_jobs(log_->tables(), filter, std::nullopt, 10).value().rows;

  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].sequence, back);
}

TEST_F(ProjectionRules, AnEmptyPageHasNoNext) {
  add(JobCancelled{kJob});

  const auto exact = list_jobs(log_->tables(), {}, std::nullopt, 1).value();
  const auto none = list_jobs(log_->tables(), {}, Sequence{1}, 1).value();

  EXPECT_THAT(exact.rows, SizeIs(1));
  EXPECT_EQ(exact.next_before, std::nullopt);
  EXPECT_THAT(none.rows, IsEmpty());
  EXPECT_THAT(list_jobs(log_->tables(), {}, std::nullopt, 0).value().rows, IsEmpty());
  EXPECT_THAT(list_runs(log_->tables(), {}, std::nullopt, 0).value().rows, IsEmpty());
}

PortfolioImported imported(std::uint64_t id, const std::string& name) {
  return {portfolio_id(id), name, sha256(name), name + ".csv", 5, std::nullopt, std::nullopt};
}

std::vector<std::string> names(const EventLog& log) {
  std::vector<std::string> found;
  const auto rows = list_portfolios(log.tables()).value();
  std::ranges::transform(rows, std::back_inserter(found), &PortfolioRow::name);
  return found;
}

TEST_F(ProjectionRules, PortfoliosAreListedByNameAndFoundByIdOrName) {
  add(imported(1, "zinc"), {});
  add(imported(2, "amber"), {});
  add(imported(3, "amb"), {});

  EXPECT_THAT(names(*log_), ElementsAre("amb", "amber", "zinc"));
  EXPECT_EQ(find_portfolio(log_->tables(), "amb").value().id, portfolio_id(3));
  EXPECT_EQ(find_portfolio(log_->tables(), to_string(portfolio_id(1))).value().name, "zinc");
  EXPECT_EQ(find_portfolio(log_->tables(), "am").error().code, Code::kNotFound);
}

TEST_F(ProjectionRules, ARenamedPortfolioIsFoundByItsNewNameOnly) {
  add(imported(1, "zinc"), {});
  add(imported(1, "lead"), {});

  EXPECT_THAT(names(*log_), ElementsAre("lead"));
  EXPECT_FALSE(find_portfolio(log_->tables(), "zinc").has_value());
}

TEST_F(ProjectionRules, ADeletedPortfolioIsFoundByItsIdOnly) {
  add(imported(1, "zinc"), {});
  add(PortfolioDeleted{portfolio_id(1), "zinc"}, {});

  EXPECT_THAT(names(*log_), IsEmpty());
  EXPECT_FALSE(find_portfolio(log_->tables(), "zinc").has_value());
  EXPECT_TRUE(find_portfolio(log_->tables(), to_string(portfolio_id(1))).value().deleted);
  add(imported(1, "zinc"), {});
  EXPECT_FALSE(find_portfolio(log_->tables(), "zinc").value().deleted);
}

TEST_F(ProjectionRules, ANameThatTwoPortfoliosShareIsNotFound) {
  add(imported(1, "zinc"), {});
  add(imported(2, "zinc"), {});

  EXPECT_EQ(find_portfolio(log_->tables(), "zinc").error().code, Code::kNotFound);
  EXPECT_THAT(names(*log_), ElementsAre("zinc", "zinc"));
}

TEST_F(ProjectionRules, InputsAreListedInOrderAndFoundByContent) {
  InputIngested prices;
  prices.kind = InputKind::kPrices;
  prices.content = sha256("prices");
  prices.rows = 7;
  add(prices, {});
  InputIngested rates = prices;
  rates.kind = InputKind::kRates;
  const Sequence second = add(rates, {});
  const Sequence third = add(prices, {});

  const auto inputs = list_inputs(log_->tables()).value();

  ASSERT_THAT(inputs, SizeIs(3));
  EXPECT_EQ(inputs[1].sequence, second);
  EXPECT_EQ(inputs[2].input, prices);
  EXPECT_EQ(find_input(log_->tables(), InputKind::kPrices, sha256("prices")).value()->sequence,
            third);
  EXPECT_FALSE(find_input(log_->tables(), InputKind::kFlows, sha256("prices")).value());
}

}  // namespace
}  // namespace runledger::store::testing
