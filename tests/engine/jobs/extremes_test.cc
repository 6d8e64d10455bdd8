#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/inputs/calendar.h"
#include "engine/jobs/risk_calculation.h"
#include "tests/engine/jobs/document_check.h"
#include "tests/engine/jobs/support.h"

/// Numbers of any size that a file may hold, and data that only just allows a calculation.
namespace runledger::engine::test {
namespace {

using nlohmann::json;

const Date kDay = Date{std::chrono::year{2017} / 6 / 30};
const Date kEntry = Date{std::chrono::year{2017} / 4 / 3};

json run_one(Inputs& inputs, JobType type, Date day = kDay) {
  return run_document(*make_risk_calculation(inputs.rows()), type, portfolio_id(1), day);
}

void expect_sound(Inputs& inputs) {
  EXPECT_THAT(faults_of_all_jobs(*make_risk_calculation(inputs.rows()), portfolio_id(1), kDay),
              testing::IsEmpty());
}

TEST(Extremes, APriceOfNextToNothingIsNoPriceAndIsFlagged) {
  Inputs inputs = make_market(kDay);
  std::vector<double> closes = wiggle(40, 330, 3);
  closes[300] = 1e-300;
  closes[329] = 1e-300;
  inputs.prices("DUST", kDay, closes);
  inputs.portfolio(
      portfolio_id(1),
      {stock("DUST", 1e12, 40, kEntry), stock("AAA", 1e12, 70, kEntry),
       option("DUST", 1e12, 1, kEntry, 1e-9, kDay + std::chrono::days{90}, OptionRight::kPut)});
  inputs.equity(1e12, kEntry);

  expect_sound(inputs);

  const json values = run_one(inputs, JobType::kPositionValuesUpdate);
  EXPECT_EQ(values["positions_detail"][0]["stale_days"], 1);
  const json market = run_one(inputs, JobType::kMarketDataUpdate);
  ASSERT_EQ(market["suspicious"].size(), 1U);
  EXPECT_EQ(market["suspicious"][0]["kind"], "non_positive");
}

TEST(Extremes, ASplitOfNextToNothingIsNone) {
  Inputs inputs = make_market(kDay);
  inputs.rows().splits.push_back({"AAA", kDay - std::chrono::days{9}, 1e-300});
  inputs.portfolio(portfolio_id(1), {stock("AAA", 100, 70, kEntry)});

  expect_sound(inputs);

  const json values = run_one(inputs, JobType::kPositionValuesUpdate);
  EXPECT_EQ(values["positions_detail"][0]["quantity"], 100.0);
}

TEST(Extremes, AnEquityOfRoundingIsNoDivisor) {
  for (const double amount : {1e-300, 1e-9}) {
    Inputs inputs = make_market(kDay);
    inputs.portfolio(portfolio_id(1), {stock("AAA", 100, 70, kEntry)});
    inputs.equity(amount, Calendar::nyse().previous(kDay));

    expect_sound(inputs);

    EXPECT_EQ(run_one(inputs, JobType::kPortfolioSnapshot)["daily_return_reason"], "no_equity");
  }
}

TEST(Extremes, AHedgeThatCancelsHasPricesButNoShares) {
  Inputs inputs = make_market(kDay);
  inputs.portfolio(portfolio_id(1),
                   {stock("AAA", 100, 70, kEntry), stock("AAA", -100, 75, kEntry)});

  expect_sound(inputs);

  EXPECT_EQ(run_one(inputs, JobType::kSectorConcentration)["hhi_reason"], "not_applicable");
  EXPECT_EQ(run_one(inputs, JobType::kMarketRiskScenarios)["coverage_reason"], "not_applicable");
  EXPECT_EQ(run_one(inputs, JobType::kPortfolioSnapshot)["hhi_reason"], "not_applicable");
  EXPECT_EQ(run_one(inputs, JobType::kMarketRiskScenarios)["var_hist_95"], 0.0);
}

TEST(Extremes, TheSymbolWithoutHistoryLeavesTheCorrelationsNotItsPartner) {
  Inputs inputs = make_market(kDay);
  inputs.prices("AA", kDay, wiggle(90, 12, 6));  // before BBB by name
  inputs.portfolio(portfolio_id(1), {stock("AA", 900, 70, kEntry), stock("BBB", 900, 60, kEntry)});

  const json both = run_one(inputs, JobType::kPositionCorrelations);
  EXPECT_THAT(both["dropped"], testing::ElementsAre("AA"));
  EXPECT_THAT(both["symbols"], testing::ElementsAre("BBB"));

  inputs.rows().portfolios.front().positions.pop_back();
  const json alone = run_one(inputs, JobType::kPositionCorrelations);
  EXPECT_THAT(alone["dropped"], testing::ElementsAre("AA"));
  EXPECT_EQ(alone["effective_positions_reason"], "short_history");
  expect_sound(inputs);
}

TEST(Extremes, TwoEqualFundsLeaveOnlyTheJointRegressionSingular) {
  Inputs inputs = make_market(kDay);
  std::erase_if(inputs.rows().prices, [](const PriceRow& row) { return row.symbol == "VUG"; });
  std::vector<PriceRow> copies;
  for (PriceRow row : inputs.rows().prices) {
    if (row.symbol == "VTV") {
      row.symbol = "VUG";
      copies.push_back(row);
    }
  }
  inputs.rows().prices.insert(inputs.rows().prices.end(), copies.begin(), copies.end());
  inputs.portfolio(portfolio_id(1), {stock("AAA", 100, 70, kEntry)});

  const json factors = run_one(inputs, JobType::kFactorAnalysis);

  EXPECT_EQ(factors["joint_reason"], "singular");
  EXPECT_EQ(factors["risk_reason"], "singular");
  EXPECT_EQ(factors["symbols"]["AAA"]["spread_betas"]["growth_value_reason"], "constant_series");
  EXPECT_TRUE(factors["symbols"]["AAA"]["style_betas"].is_object());  // the ridge splits them
  EXPECT_TRUE(run_one(inputs, JobType::kStressTesting)["summary"]["mean"].is_number());
  expect_sound(inputs);
}

TEST(Extremes, APositionInAFactorFundIsThatFactor) {
  Inputs inputs = make_market(kDay);
  inputs.portfolio(portfolio_id(1), {stock("SPY", 100, 70, kEntry)});

  const json factors = run_one(inputs, JobType::kFactorAnalysis);

  EXPECT_NEAR(factors["symbols"]["SPY"]["market_beta"]["beta_raw"].get<double>(), 1, 1e-12);
  EXPECT_NEAR(factors["joint"]["r_squared"].get<double>(), 1, 1e-12);
  EXPECT_NEAR(factors["risk"]["systematic_share"].get<double>(), 1, 1e-12);
  EXPECT_NEAR(factors["joint"]["beta_dollar"]["MARKET"].get<double>(),
              factors["market_beta"]["exposure_dollar"].get<double>(), 1e-6);
  expect_sound(inputs);
}

TEST(Extremes, AnOptionMayBeEnteredOnItsLastDay) {
  Inputs inputs = make_market(kDay);
  inputs.portfolio(portfolio_id(1), {option("AAA", 2, 3, kDay, 60, kDay, OptionRight::kCall)});
  inputs.equity(10000, Calendar::nyse().previous(kDay));

  const json values = run_one(inputs, JobType::kPositionValuesUpdate);

  EXPECT_NEAR(values["pnl_explain"]["entered"].get<double>(), values["daily_pnl"].get<double>(),
              1e-9);
  EXPECT_EQ(run_one(inputs, JobType::kGreeksCalculation)["options_detail"][0]["t_years"], 0.0);
  expect_sound(inputs);
}

TEST(Extremes, AnExitOverAGapTakesTheLastCloseAndAStoppedSymbolItsLastValue) {
  const Calendar& calendar = Calendar::nyse();
  const Date exit = calendar.previous(calendar.previous(kDay));
  std::vector<double> closes = wiggle(50, 330, 8);
  closes[327] = std::nan("");  // the day of the exit
  Inputs inputs = make_market(kDay);
  inputs.prices("GAP", kDay, closes);
  inputs.prices("STOP", exit - std::chrono::days{14}, wiggle(20, 300, 9));
  Position sold = stock("GAP", 100, 40, kEntry);
  sold.exit_date = exit;
  inputs.portfolio(portfolio_id(1), {sold, stock("STOP", 10, 20, kEntry)});
  inputs.equity(10000, kEntry);

  const json on_exit = run_one(inputs, JobType::kPositionValuesUpdate, exit);

  EXPECT_NEAR(on_exit["realized_pnl"].get<double>(), 100 * (closes[326] - 40), 1e-9);
  EXPECT_NEAR(on_exit["pnl_explain"]["exited"].get<double>(), 0, 1e-9);
  EXPECT_EQ(on_exit["positions_detail"][0]["price_reason"], "no_price");
  EXPECT_TRUE(run_one(inputs, JobType::kPortfolioSnapshot)["equity"].is_number());
  expect_sound(inputs);
}

TEST(Extremes, WarningsSayWhatMadeAPriceSuspiciousAndNameFactorFunds) {
  Inputs inputs = make_market(kDay);
  for (PriceRow& row : inputs.rows().prices) {
    row.close *= row.date == kDay && (row.symbol == "AAA" || row.symbol == "SPY") ? 10 : 1;
  }
  inputs.portfolio(portfolio_id(1), {stock("AAA", 100, 70, kEntry)});

  const json factors = run_one(inputs, JobType::kFactorAnalysis);

  const auto warnings = factors["data_quality"]["warnings"].get<std::vector<std::string>>();
  EXPECT_THAT(warnings, testing::Contains(testing::AllOf(
                            testing::HasSubstr("AAA: suspicious price of 2017-06-30"),
                            testing::HasSubstr("decimal_shift"), testing::HasSubstr("times"))));
  EXPECT_THAT(warnings,
              testing::Contains(testing::HasSubstr("SPY: suspicious price of 2017-06-30")));
}

}  // namespace
}  // namespace runledger::engine::test
