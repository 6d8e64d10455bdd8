#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/inputs/calendar.h"
#include "engine/inputs/import.h"
#include "engine/jobs/risk_calculation.h"
#include "tests/engine/jobs/document_check.h"
#include "tests/engine/jobs/support.h"

/// What real files hold: bad ticks, late listings, gaps, splits that nobody adjusted.
namespace runledger::engine::test {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Date kToday = Date{std::chrono::year{2026} / 1 / 2};

template <class Rows>
Rows take(Parsed<Rows> parsed) {
  EXPECT_TRUE(parsed.ok()) << (parsed.errors.empty() ? "" : parsed.errors.front().message);
  return std::move(parsed.rows);
}

/// Closes of tests/data/prices with the given positions in one portfolio.
InputRows rows_of(const std::string& file, std::vector<Position> positions) {
  InputRows rows;
  rows.prices = take(parse_prices(read_file("tests/data/prices/" + file), kToday));
  Portfolio portfolio;
  portfolio.id = portfolio_id(1);
  portfolio.name = "real";
  portfolio.positions = std::move(positions);
  rows.portfolios.push_back(std::move(portfolio));
  return rows;
}

constexpr const char* kCloses = "cc0_closes_2012_2014.csv";
constexpr const char* kRaw = "apache2_lean_raw_splits.csv";

/// The suspicious prices that market_data_update names, as "SYMBOL DATE kind".
std::vector<std::string> suspicious(const Calculation& calculation, const std::string& day) {
  std::vector<std::string> found;
  const json document = run_document(calculation, JobType::kMarketDataUpdate, {}, date(day));
  for (const json& row : document["suspicious"]) {
    found.push_back(row["symbol"].get<std::string>() + " " + row["date"].get<std::string>() + " " +
                    row["kind"].get<std::string>());
  }
  return found;
}

json job(const Calculation& calculation, JobType type, const std::string& day) {
  return run_document(calculation, type, portfolio_id(1), date(day));
}

TEST(RealData, ATickATenthOfThePriceIsUsedOnItsDayFlaggedAndForgottenTheNext) {
  struct Tick {
    std::string symbol, before, day, after;
  };
  const std::vector<Tick> ticks = {{"EIX", "2012-03-21", "2012-03-22", "2012-03-23"},
                                   {"AVB", "2012-12-20", "2012-12-21", "2012-12-24"},
                                   {"PXD", "2013-08-02", "2013-08-05", "2013-08-06"},
                                   {"SLG", "2014-03-03", "2014-03-04", "2014-03-05"}};
  for (const Tick& tick : ticks) {
    const auto calculation =
        make_risk_calculation(rows_of(kCloses, {stock(tick.symbol, 100, 50, date("2012-01-05"))}));
    EXPECT_THAT(suspicious(*calculation, tick.before),
                testing::Not(Contains(HasSubstr(tick.symbol + " " + tick.day))));
    EXPECT_THAT(suspicious(*calculation, tick.day),
                Contains(tick.symbol + " " + tick.day + " decimal_shift"));
    EXPECT_THAT(suspicious(*calculation, tick.after),
                Contains(tick.symbol + " " + tick.day + " spike_reversal"));

    const json on_day = job(*calculation, JobType::kPositionValuesUpdate, tick.day);
    const json before = job(*calculation, JobType::kPositionValuesUpdate, tick.before);
    EXPECT_LT(on_day["market_value"].get<double>(), 0.15 * before["market_value"].get<double>());
    EXPECT_THAT(on_day["data_quality"]["warnings"],
                Contains(testing::AllOf(HasSubstr("suspicious price of " + tick.day),
                                        HasSubstr("decimal_shift"), HasSubstr("times"))));
    // Without the spike the symbol has the volatility that it had.
    const json after = job(*calculation, JobType::kFactorAnalysis, tick.after);
    EXPECT_LT(after["symbols"][tick.symbol]["market_beta"]["beta_raw"].get<double>(), 3);
    for (const std::string& day : {tick.before, tick.day, tick.after}) {
      EXPECT_THAT(faults_of_all_jobs(*calculation, portfolio_id(1), date(day)), IsEmpty())
          << tick.symbol << " " << day;
    }
  }
}

/// Fourteen closes of another security under the symbol of du Pont.
TEST(RealData, ASymbolWithFourteenClosesIsShortAndStale) {
  const auto calculation =
      make_risk_calculation(rows_of(kCloses, {stock("DD", 100, 80, date("2017-10-12")),
                                              stock("AVB", 10, 80, date("2014-01-02"))}));

  const json values = job(*calculation, JobType::kPositionValuesUpdate, "2017-11-09");
  const json factors = job(*calculation, JobType::kFactorAnalysis, "2017-11-09");

  EXPECT_EQ(values["positions_detail"][0]["price"], 83.93);
  EXPECT_EQ(values["positions_detail"][1]["price_reason"], "no_price");
  EXPECT_EQ(values["coverage"], 0.5);
  EXPECT_EQ(factors["symbols"]["DD"]["market_beta_reason"], "no_benchmark");
  EXPECT_THAT(factors["series_left_out"], ElementsAre("DD"));
  EXPECT_THAT(faults_of_all_jobs(*calculation, portfolio_id(1), date("2017-11-09")), IsEmpty());
}

TEST(RealData, LateListingsAndGapsBlankNoOther) {
  std::vector<Position> positions;
  for (const char* symbol : {"ABBV", "FB", "SIZE", "VLUE", "SLG", "AVB"}) {
    positions.push_back(stock(symbol, 500, 30, date("2013-12-02")));
  }
  const auto calculation = make_risk_calculation(rows_of(kCloses, positions));

  const json risk = job(*calculation, JobType::kMarketRiskScenarios, "2013-12-31");
  const json correlations = job(*calculation, JobType::kPositionCorrelations, "2013-12-31");
  const json betas = job(*calculation, JobType::kFactorAnalysis, "2013-12-31")["symbols"];

  EXPECT_TRUE(risk["var_hist_95"].is_number());
  EXPECT_THAT(risk["left_out"], ElementsAre("SIZE", "VLUE"));
  EXPECT_GT(risk["coverage"].get<double>(), 0.5);
  EXPECT_LT(risk["coverage"].get<double>(), 1);
  EXPECT_TRUE(betas["ABBV"]["market_beta"].is_object());
  EXPECT_GE(correlations["symbols"].size(), 4U);  // SIZE has too few days in a row
  for (const char* day : {"2013-04-26", "2013-06-28", "2013-12-31", "2014-04-30"}) {
    EXPECT_THAT(faults_of_all_jobs(*calculation, portfolio_id(1), date(day)), IsEmpty()) << day;
  }
}

/// Factor funds begin late too: before 2013-07-23 there is no QUAL and no seven factors.
TEST(RealData, WithoutAFactorFundWhatNeedsItIsNullAndTheRestIsThere) {
  const auto calculation =
      make_risk_calculation(rows_of(kCloses, {stock("AVB", 100, 100, date("2013-01-02"))}));

  const json factors = job(*calculation, JobType::kFactorAnalysis, "2013-03-28");
  const json stress = job(*calculation, JobType::kStressTesting, "2013-03-28");

  EXPECT_EQ(factors["joint_reason"], "short_history");
  EXPECT_EQ(factors["symbols"]["AVB"]["style_betas_reason"], "no_benchmark");
  EXPECT_EQ(factors["symbols"]["AVB"]["spread_betas"]["momentum_reason"], "no_benchmark");
  EXPECT_TRUE(factors["symbols"]["AVB"]["market_beta"].is_object());
  EXPECT_EQ(stress["scenarios"][0]["method"], "market_beta");
  EXPECT_EQ(stress["scenarios"][2]["pnl_reason"], "short_history");  // rates up
}

TEST(RealData, ASplitThatNobodyAdjustedIsFlaggedAndASplitsFileMendsTheValue) {
  struct Split {
    std::string symbol, before, day;
    double ratio;
    std::string kind;
  };
  const std::vector<Split> splits = {
      {"GOOG", "2014-04-02", "2014-04-03", 2.002, "outlier"},        // a class of shares given out
      {"USO", "2020-04-28", "2020-04-29", 0.125, "decimal_shift"}};  // one for eight
  for (const Split& split : splits) {
    InputRows rows = rows_of(kRaw, {stock(split.symbol, 800, 10, date(split.before))});
    const auto without = make_risk_calculation(rows);
    rows.splits.push_back({split.symbol, date(split.day), split.ratio});
    const auto with = make_risk_calculation(rows);
    const auto change = [&](const Calculation& calculation) {
      const json values = job(calculation, JobType::kPositionValuesUpdate, split.day);
      return values["daily_pnl"].get<double>() / values["market_value"].get<double>();
    };

    EXPECT_THAT(suspicious(*without, split.day),
                Contains(split.symbol + " " + split.day + " " + split.kind));
    EXPECT_GT(std::abs(change(*without)), 0.4);
    EXPECT_LT(std::abs(change(*with)), 0.1);
    for (const auto& calculation : {without, with}) {
      EXPECT_THAT(faults_of_all_jobs(*calculation, portfolio_id(1), date(split.day)), IsEmpty());
    }
  }
}

/// The shipped market and portfolios, every job on dates over three years.
TEST(RealData, NoShippedPortfolioHasAnUnsoundDocument) {
  InputRows rows;
  rows.prices = take(parse_prices(read_file("data/prices.csv"), kToday));
  rows.rates = take(parse_rates(read_file("data/rates.csv"), kToday));
  rows.sectors = take(parse_sectors(read_file("data/sectors.csv")));
  rows.flows = take(parse_flows(read_file("data/flows.csv"), kToday));
  std::uint8_t number = 0;
  for (const char* name : {"balanced", "tech_growth", "long_short", "apple_options"}) {
    Portfolio portfolio;
    portfolio.id = portfolio_id(++number);
    portfolio.name = name;
    portfolio.positions =
        take(parse_positions(read_file(std::string("data/portfolios/") + name + ".csv"), kToday));
    portfolio.equity = 1e6;
    portfolio.equity_date = date("2017-06-30");
    rows.portfolios.push_back(std::move(portfolio));
  }
  const auto calculation = make_risk_calculation(rows);
  for (const char* day :
       {"2015-03-13", "2015-12-31", "2016-06-24", "2016-11-09", "2017-06-29", "2017-06-30",
        "2017-07-03", "2017-08-18", "2017-09-15", "2017-10-20", "2017-11-09", "2017-11-10"}) {
    for (std::uint8_t i = 1; i <= number; ++i) {
      EXPECT_THAT(faults_of_all_jobs(*calculation, portfolio_id(i), date(day)), IsEmpty())
          << i << " " << day;
    }
  }
}

}  // namespace
}  // namespace runledger::engine::test
