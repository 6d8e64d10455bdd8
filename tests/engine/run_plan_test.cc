#include "engine/run_plan.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/toy_calculation.h"

namespace runledger::engine {
namespace {

RunPlan plan_of(std::uint32_t portfolios, std::uint32_t days) {
  testing::ToyPlanner planner(portfolios);
  return RunPlan(planner.plan(testing::toy_scope(days), Sequence{1}).value());
}

TEST(RunPlan, NumbersTheJobsOfADateMarketFirstThenByPortfolio) {
  const auto plan = plan_of(3, 2);

  EXPECT_EQ(plan.jobs_total(), 2U * (1 + 3 * 10));
  EXPECT_EQ(plan.job(0).type, JobType::kMarketDataUpdate);
  EXPECT_TRUE(plan.job(31).portfolio.is_nil());
  EXPECT_EQ(plan.job(31).as_of, plan.planned().dates[1]);
  const auto index = plan.index_of(1, 2, JobType::kStressTesting);
  ASSERT_TRUE(index);
  EXPECT_EQ(plan.type_of(*index), JobType::kStressTesting);
  EXPECT_EQ(plan.portfolio_index(*index), 2U);
  EXPECT_EQ(plan.date_index(*index), 1U);
  EXPECT_EQ(plan.portfolio_index(testing::ToyPlanner::portfolio(2)), 2U);
  EXPECT_EQ(plan.portfolio_index(testing::ToyPlanner::portfolio(9)), std::nullopt);
}

TEST(RunPlan, DependentsAreTheInverseOfDependencies) {
  const auto plan = plan_of(2, 3);
  std::set<std::pair<std::uint32_t, std::uint32_t>> forward;
  std::set<std::pair<std::uint32_t, std::uint32_t>> backward;
  for (std::uint32_t index = 0; index < plan.jobs_total(); ++index) {
    plan.for_each_dependency(index, [&](std::uint32_t on) {
      forward.emplace(on, index);
      EXPECT_LT(on, index) << "an order of indexes is an order of work";
    });
    plan.for_each_dependent(index, [&](std::uint32_t by) { backward.emplace(index, by); });
  }
  EXPECT_EQ(forward, backward);
  EXPECT_FALSE(forward.empty());
}

TEST(RunPlan, ASnapshotWaitsForThatOfTheDateBefore) {
  const auto plan = plan_of(1, 2);
  std::set<std::uint32_t> needed;
  const auto second = *plan.index_of(1, 0, JobType::kPortfolioSnapshot);
  plan.for_each_dependency(second, [&](std::uint32_t on) { needed.insert(on); });
  EXPECT_TRUE(needed.contains(*plan.index_of(0, 0, JobType::kPortfolioSnapshot)));
  EXPECT_TRUE(needed.contains(*plan.index_of(1, 0, JobType::kPortfolioAggregation)));
  EXPECT_EQ(needed.size(), 2U);
}

TEST(RunPlan, TellsTheConditionThatIsFalse) {
  const auto plan = plan_of(2, 1);
  EXPECT_EQ(plan.condition(*plan.index_of(0, 0, JobType::kGreeksCalculation)), std::nullopt);
  EXPECT_EQ(plan.condition(*plan.index_of(0, 1, JobType::kGreeksCalculation)),
            SkipReason::kNoOptions);
  EXPECT_EQ(plan.condition(*plan.index_of(0, 0, JobType::kPositionCorrelations)),
            SkipReason::kNotScheduled);
  EXPECT_EQ(plan.condition(0), std::nullopt);
}

}  // namespace
}  // namespace runledger::engine
