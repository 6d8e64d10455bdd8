#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/inputs/calendar.h"
#include "engine/jobs/risk_calculation.h"
#include "tests/engine/jobs/support.h"

/// Portfolios and prices at the edge of what can be computed: unknown is null with a reason.
namespace runledger::engine::test {
namespace {

using nlohmann::json;

const Date kDay = Date{std::chrono::year{2017} / 6 / 30};
const Date kEntry = Date{std::chrono::year{2017} / 4 / 3};

json run_one(Inputs& inputs, JobType type, Date day = kDay) {
  return run_document(*make_risk_calculation(inputs.rows()), type, portfolio_id(1), day);
}

TEST(Edges, AnUnknownSymbolIsNotWorthZero) {
  Inputs inputs = make_market(kDay);
  inputs.portfolio(portfolio_id(1), {stock("AAA", 10, 70, kEntry), stock("ZZZ", 5, 9, kEntry)});

  const json values = run_one(inputs, JobType::kPositionValuesUpdate);

  EXPECT_TRUE(values["positions_detail"][1]["market_value"].is_null());
  EXPECT_EQ(values["positions_detail"][1]["market_value_reason"], "no_price");
  EXPECT_EQ(values["positions_priced"], 1);
  EXPECT_EQ(values["coverage"], 0.5);
  EXPECT_EQ(values["data_quality"]["quality_flag"], "limited");
  EXPECT_FALSE(values["data_quality"]["warnings"].empty());
  const json aggregation = run_one(inputs, JobType::kPortfolioAggregation);
  EXPECT_EQ(aggregation["by_underlying"]["ZZZ"]["market_value_reason"], "no_price");
  EXPECT_EQ(aggregation["equity_reason"], "no_equity");
}

TEST(Edges, NothingButUnknownSymbolsGivesNullsEverywhere) {
  Inputs inputs = make_market(kDay);
  inputs.portfolio(portfolio_id(1), {stock("ZZZ", 5, 9, kEntry)});

  EXPECT_EQ(run_one(inputs, JobType::kPortfolioAggregation)["gross_exposure_reason"], "no_price");
  EXPECT_EQ(run_one(inputs, JobType::kFactorAnalysis)["joint_reason"], "short_history");
  EXPECT_EQ(run_one(inputs, JobType::kMarketRiskScenarios)["var_hist_95_reason"], "short_history");
  EXPECT_EQ(run_one(inputs, JobType::kVolatilityAnalytics)["realized_vol_21_reason"],
            "short_history");
  EXPECT_EQ(run_one(inputs, JobType::kSectorConcentration)["hhi_reason"], "no_price");
  EXPECT_EQ(run_one(inputs, JobType::kStressTesting)["summary"]["worst"], json());
  EXPECT_EQ(run_one(inputs, JobType::kPositionCorrelations)["skipped"], "not_applicable");
  EXPECT_EQ(run_one(inputs, JobType::kPositionValuesUpdate)["data_quality"]["quality_flag"],
            "failed");
}

TEST(Edges, WithoutPositionsThereIsNothingToDo) {
  Inputs inputs = make_market(kDay);
  inputs.portfolio(portfolio_id(1), {stock("AAA", 10, 70, kDay + std::chrono::days{3})});

  for (const JobType type : kAllJobTypes) {
    if (type != JobType::kMarketDataUpdate) {
      const json document = run_one(inputs, type);
      EXPECT_EQ(document["skipped"],
                type == JobType::kGreeksCalculation ? "no_options" : "no_positions");
    }
  }
}

TEST(Edges, ALateListingIsLeftOutOfTheSeriesAndNamed) {
  Inputs inputs = make_market(kDay);
  inputs.prices("NEW", kDay, wiggle(20, 100, 5));
  inputs.portfolio(portfolio_id(1), {stock("AAA", 100, 70, kEntry), stock("NEW", 50, 20, kEntry)});

  const json factors = run_one(inputs, JobType::kFactorAnalysis);

  EXPECT_THAT(factors["series_left_out"], testing::ElementsAre("NEW"));
  EXPECT_LT(factors["series_coverage"].get<double>(), 1);
  EXPECT_FALSE(factors["symbols"]["NEW"]["market_beta"].is_null());  // 63 days are enough
  EXPECT_EQ(factors["symbols"]["NEW"]["spread_betas"]["size"]["n_obs"], 99);
  EXPECT_EQ(factors["data_quality"]["quality_flag"], "limited");
}

TEST(Edges, AFewGapsAreFilledByTheMarketBeta) {
  std::vector<double> closes = wiggle(80, 330, 1);
  closes[200] = closes[280] = std::nan("");
  Inputs inputs = make_market(kDay);
  std::erase_if(inputs.rows().prices, [](const PriceRow& row) { return row.symbol == "AAA"; });
  inputs.prices("AAA", kDay, closes);
  inputs.portfolio(portfolio_id(1), {stock("AAA", 100, 70, kEntry)});

  const json risk = run_one(inputs, JobType::kMarketRiskScenarios);

  EXPECT_EQ(risk["filled_returns"], 4);  // two returns around each gap
  EXPECT_EQ(risk["n_obs"], 252);
}

TEST(Edges, AConstantPriceHasNoBeta) {
  Inputs inputs = make_market(kDay);
  inputs.prices("CSH", kDay, std::vector<double>(330, 1.0));
  inputs.portfolio(portfolio_id(1), {stock("CSH", 20000, 1, kEntry)});

  const json factors = run_one(inputs, JobType::kFactorAnalysis);

  EXPECT_EQ(factors["symbols"]["CSH"]["market_beta_reason"], "constant_series");
  EXPECT_EQ(factors["market_beta"]["exposure_dollar_reason"], "constant_series");
  EXPECT_EQ(run_one(inputs, JobType::kMarketRiskScenarios)["component_var_95_reason"],
            "constant_series");
  EXPECT_EQ(run_one(inputs, JobType::kVolatilityAnalytics)["expected_vol_21_reason"],
            "constant_series");
}

TEST(Edges, APortfolioOfOneIsFullyConcentrated) {
  Inputs inputs = make_market(kDay);
  inputs.portfolio(portfolio_id(1), {stock("AAA", 1000, 70, kEntry)});

  EXPECT_NEAR(run_one(inputs, JobType::kSectorConcentration)["hhi"].get<double>(), 10000, 1e-9);
  EXPECT_EQ(run_one(inputs, JobType::kSectorConcentration)["sectors"]["Unclassified"]["positions"],
            1);
  EXPECT_EQ(run_one(inputs, JobType::kMarketRiskScenarios)["shrinkage"], 0.0);
  const json correlations = run_one(inputs, JobType::kPositionCorrelations);
  EXPECT_EQ(correlations["matrix"], json::parse("[[1.0]]"));
  EXPECT_EQ(correlations["overall_reason"], "not_applicable");
  EXPECT_EQ(correlations["effective_positions"], 1.0);
}

TEST(Edges, ANetShortBookHasItsOwnSigns) {
  Inputs inputs = make_market(kDay);
  inputs.portfolio(portfolio_id(1), {stock("AAA", -100, 70, kEntry), stock("BBB", 10, 60, kEntry)});
  inputs.equity(1000, kDay);

  const json aggregation = run_one(inputs, JobType::kPortfolioAggregation);
  const json stress = run_one(inputs, JobType::kStressTesting);

  EXPECT_LT(aggregation["net_exposure"].get<double>(), 0);
  EXPECT_LT(aggregation["short_exposure"].get<double>(), 0);
  EXPECT_LT(aggregation["net_leverage"].get<double>(), 0);
  EXPECT_NEAR(stress["scenarios"][0]["pnl"].get<double>(),
              -stress["scenarios"][1]["pnl"].get<double>(), 1e-9);
}

TEST(Edges, RatiosToNoEquityAreUnknown) {
  Inputs inputs = make_market(kDay);
  inputs.portfolio(portfolio_id(1),
                   {stock("AAA", 100, 200, Date{std::chrono::year{2017} / 6 / 29})});
  inputs.equity(1, Date{std::chrono::year{2017} / 6 / 28});  // lost at once

  const json aggregation = run_one(inputs, JobType::kPortfolioAggregation);
  const json snapshot = run_one(inputs, JobType::kPortfolioSnapshot);

  EXPECT_LT(aggregation["equity"].get<double>(), 0);
  EXPECT_EQ(aggregation["gross_leverage_reason"], "no_equity");
  EXPECT_EQ(snapshot["daily_return_reason"], "no_equity");
  EXPECT_EQ(snapshot["twr_index_reason"], "no_equity");
}

TEST(Edges, AnOptionIsWorthItsIntrinsicValueOnItsLastDayAndThenGone) {
  Inputs inputs = make_market(kDay);
  const Date last = Date{std::chrono::year{2017} / 6 / 28};
  inputs.portfolio(portfolio_id(1),
                   {option("AAA", 2, 3, kEntry, 10, last, OptionRight::kCall),
                    option("AAA", 1, 3, kEntry, 10, Date{std::chrono::year{2017} / 7 / 1},
                           OptionRight::kPut)});  // a Saturday: kDay is its last day

  const json on_last = run_one(inputs, JobType::kGreeksCalculation, last);
  const json after = run_one(inputs, JobType::kGreeksCalculation);

  ASSERT_EQ(on_last["options"], 2);
  EXPECT_EQ(on_last["options_detail"][0]["delta"], 1.0);
  EXPECT_EQ(on_last["options_detail"][0]["volatility_reason"], "expired");
  EXPECT_EQ(on_last["options_detail"][0]["vol_source_reason"], "expired");
  EXPECT_NEAR(on_last["options_detail"][0]["price"].get<double>(),
              on_last["options_detail"][0]["spot"].get<double>() - 10, 1e-12);
  ASSERT_EQ(after["options"], 1);
  EXPECT_EQ(after["options_detail"][0]["position"], "2");
  EXPECT_EQ(after["options_detail"][0]["price"], 0.0);
  const auto calculation = make_risk_calculation(inputs.rows());
  EXPECT_TRUE(calculation->holds_options(portfolio_id(1), kDay));
  EXPECT_FALSE(calculation->holds_options(portfolio_id(1), Date{std::chrono::year{2017} / 7 / 3}));
}

TEST(Edges, AnOptionWithoutHistoryHasNoVolatility) {
  Inputs inputs = make_market(kDay);
  inputs.price("IPO", kDay, 30);
  inputs.portfolio(portfolio_id(1), {option("IPO", 1, 3, kEntry, 30, kDay + std::chrono::days{40},
                                            OptionRight::kPut)});

  const json greeks = run_one(inputs, JobType::kGreeksCalculation);

  EXPECT_EQ(greeks["options_valued"], 0);
  EXPECT_EQ(greeks["delta_dollar_reason"], "no_volatility");
  EXPECT_EQ(greeks["options_detail"][0]["price_reason"], "no_volatility");
  EXPECT_EQ(run_one(inputs, JobType::kPositionValuesUpdate)["market_value_reason"], "no_price");
}

TEST(Edges, FailedGreeksLeaveOptionsOutOfTheAggregation) {
  Inputs inputs = make_market(kDay);
  inputs.portfolio(portfolio_id(1), {stock("AAA", 100, 70, kEntry),
                                     option("AAA", 1, 3, kEntry, 80, kDay + std::chrono::days{40},
                                            OptionRight::kPut)});
  JobSpec spec;
  spec.type = JobType::kPortfolioAggregation;
  spec.portfolio = portfolio_id(1);
  spec.as_of = kDay;
  spec.failed_dependencies.insert(JobType::kGreeksCalculation);

  const auto result = make_risk_calculation(inputs.rows())->run(spec, {}, {});

  ASSERT_TRUE(result.has_value());
  const json document = json::parse(result->document);
  EXPECT_EQ(document["greeks_reason"], "dependency_failed");
  EXPECT_EQ(document["beta_dollar_reason"], "dependency_failed");
  EXPECT_EQ(document["coverage"], 0.5);
}

TEST(Edges, AStalePriceIsUsedForFiveSessionsAndSaidToBe) {
  Inputs inputs = make_market(kDay);
  const Calendar& calendar = Calendar::nyse();
  Date last = kDay;
  for (int i = 0; i < 5; ++i) {
    last = calendar.previous(last);
  }
  inputs.prices("OLD", last, wiggle(40, 300, 9));
  inputs.portfolio(portfolio_id(1), {stock("OLD", 10, 40, kEntry)});

  const json used = run_one(inputs, JobType::kPositionValuesUpdate);
  const json too_old = run_one(inputs, JobType::kPositionValuesUpdate, calendar.next(kDay));

  EXPECT_EQ(used["positions_detail"][0]["stale_days"], 5);
  EXPECT_EQ(used["positions_detail"][0]["price_date"], format_date(last));
  EXPECT_EQ(used["stale_positions"], 1);
  EXPECT_EQ(too_old["positions_detail"][0]["price_reason"], "no_price");
}

TEST(Edges, APrivatePositionKeepsItsLastMark) {
  Inputs inputs = make_market(kDay);
  inputs.price("FUND", Date{std::chrono::year{2017} / 4 / 28}, 12);
  Position marked = stock("FUND", 100, 10, kEntry);
  marked.investment_class = InvestmentClass::kPrivate;
  Position unmarked = stock("HOUSE", 1, 250000, kEntry);
  unmarked.investment_class = InvestmentClass::kPrivate;
  inputs.portfolio(portfolio_id(1), {marked, unmarked});

  const json values = run_one(inputs, JobType::kPositionValuesUpdate);

  EXPECT_EQ(values["positions_detail"][0]["market_value"], 1200.0);
  EXPECT_EQ(values["positions_detail"][1]["market_value"], 250000.0);
  EXPECT_EQ(run_one(inputs, JobType::kMarketDataUpdate)["symbols_needed"], 8);
}

TEST(Edges, WhatIsNoTradingDayOrNoPortfolioIsAnError) {
  Inputs inputs = make_market(kDay);
  inputs.portfolio(portfolio_id(1), {stock("AAA", 10, 70, kEntry)});
  const auto calculation = make_risk_calculation(inputs.rows());
  JobSpec spec;
  spec.type = JobType::kStressTesting;
  spec.portfolio = portfolio_id(1);
  spec.as_of = Date{std::chrono::year{2017} / 7 / 1};
  EXPECT_EQ(calculation->run(spec, {}, {}).error().code, "not_a_trading_day");

  spec.as_of = kDay;
  spec.portfolio = portfolio_id(9);
  EXPECT_EQ(calculation->run(spec, {}, {}).error().code, "unknown_portfolio");
}

TEST(Edges, MarketDataNamesWhatIsMissingStaleOrDoubtful) {
  Inputs inputs = make_market(kDay);
  std::vector<double> shifted = wiggle(50, 330, 7);
  shifted.back() /= 10;
  inputs.prices("SHIFT", kDay, shifted);
  inputs.prices("LATE", Calendar::nyse().previous(kDay), wiggle(50, 330, 8));
  inputs.portfolio(portfolio_id(1), {stock("SHIFT", 1, 50, kEntry), stock("LATE", 1, 50, kEntry),
                                     stock("NONE", 1, 50, kEntry)});
  inputs.portfolio(portfolio_id(2), {stock("NONE", 1, 50, kEntry)});
  const auto calculation = make_risk_calculation(inputs.rows());

  const JobOutput output = run_job(*calculation, JobType::kMarketDataUpdate, {}, kDay);

  const json document = json::parse(output.document);
  EXPECT_EQ(document["symbols_needed"], 11);
  EXPECT_THAT(document["missing"], testing::ElementsAre("NONE"));
  EXPECT_EQ(document["stale"][0]["symbol"], "LATE");
  EXPECT_EQ(document["stale"][0]["stale_days"], 1);
  ASSERT_FALSE(document["suspicious"].empty());
  EXPECT_EQ(document["suspicious"][0]["symbol"], "SHIFT");
  EXPECT_EQ(document["suspicious"][0]["kind"], "decimal_shift");
  EXPECT_THAT(output.uncovered, testing::ElementsAre(portfolio_id(2)));
}

}  // namespace
}  // namespace runledger::engine::test
