#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "engine/inputs/calendar.h"
#include "engine/jobs/risk_calculation.h"
#include "tests/engine/jobs/support.h"

/// Dividends are P&L of whoever held the share over the ex-date, and carry of an option.
namespace runledger::engine::test {
namespace {

using nlohmann::json;

const Date kDay = Date{std::chrono::year{2017} / 6 / 30};
const Date kBefore = Date{std::chrono::year{2017} / 6 / 29};
const Date kEntry = Date{std::chrono::year{2017} / 4 / 3};

/// AAA closes at 100 and then, on kDay, at `close`.
Inputs make_market(double close) {
  Inputs inputs;
  inputs.factors(kDay, 330).rate(kDay - std::chrono::days{500}, kDay, 1.2);
  std::vector<double> closes = wiggle(100, 328, 1);
  closes.insert(closes.end(), {100, close});
  inputs.prices("AAA", kDay, closes);
  return inputs;
}

Inputs& dividend(Inputs& inputs, Date ex_date, double amount) {
  inputs.rows().dividends.push_back({.symbol = "AAA", .ex_date = ex_date, .amount = amount});
  return inputs;
}

json values_of(Inputs& inputs, Date day = kDay) {
  return run_document(*make_risk_calculation(inputs.rows()), JobType::kPositionValuesUpdate,
                      portfolio_id(1), day);
}

TEST(Dividends, ArePnlOfWhoHeldTheShareOverTheExDate) {
  Inputs inputs = make_market(99);
  inputs.portfolio(portfolio_id(1), {stock("AAA", 10, 90, kEntry), stock("AAA", -4, 90, kEntry),
                                     stock("AAA", 7, 99, kDay)});
  dividend(inputs, kDay, 1.5);

  const json values = values_of(inputs);

  EXPECT_DOUBLE_EQ(values["positions_detail"][0]["daily_pnl"], 10 * (-1 + 1.5));
  EXPECT_DOUBLE_EQ(values["positions_detail"][0]["dividends"], 15);
  EXPECT_DOUBLE_EQ(values["positions_detail"][1]["daily_pnl"], -4 * (-1 + 1.5)) << "short pays";
  EXPECT_DOUBLE_EQ(values["positions_detail"][2]["daily_pnl"], 0) << "bought without the dividend";
  EXPECT_FALSE(values["positions_detail"][2].contains("dividends"));
  EXPECT_DOUBLE_EQ(values["daily_pnl"], 3);
  EXPECT_DOUBLE_EQ(values["pnl_explain"]["dividends"], 9);
  EXPECT_DOUBLE_EQ(values["pnl_explain"]["price"], -6);
  EXPECT_DOUBLE_EQ(values["pnl_explain"]["residual"], 0);
}

TEST(Dividends, BelongToWhoSellsOnTheExDate) {
  Inputs inputs = make_market(99);
  Position sold = stock("AAA", 10, 90, kEntry);
  sold.exit_date = kDay;
  inputs.portfolio(portfolio_id(1), {sold});
  dividend(inputs, kDay, 1.5);

  const json values = values_of(inputs);

  EXPECT_DOUBLE_EQ(values["daily_pnl"], 10 * (-1 + 1.5));
  EXPECT_DOUBLE_EQ(values["realized_pnl"], 10 * (99 - 90)) << "income is no gain of the sale";
  EXPECT_DOUBLE_EQ(values["pnl_explain"]["exited"], -10);
}

TEST(Dividends, AreInTheSharesOfTheExDate) {
  Inputs inputs = make_market(49.5);
  inputs.rows().splits.push_back({.symbol = "AAA", .ex_date = kDay, .ratio = 2});
  inputs.portfolio(portfolio_id(1), {stock("AAA", 10, 90, kEntry)});
  dividend(inputs, kDay, 0.75);

  EXPECT_DOUBLE_EQ(values_of(inputs)["daily_pnl"], 20 * 49.5 - 10 * 100 + 20 * 0.75);
}

TEST(Dividends, AndSplitsOfRawClosesAreInTheReturns) {
  Inputs raw = make_market(49.5);
  raw.rows().splits.push_back({.symbol = "AAA", .ex_date = kDay, .ratio = 2});
  dividend(raw, kDay, 0.75);
  raw.portfolio(portfolio_id(1), {stock("AAA", 10, 90, kEntry)});
  Inputs adjusted = make_market(2 * (49.5 + 0.75));
  adjusted.portfolio(portfolio_id(1), {stock("AAA", 10, 90, kEntry)});

  const auto beta_of = [](Inputs& inputs) {
    return run_document(*make_risk_calculation(inputs.rows()), JobType::kFactorAnalysis,
                        portfolio_id(1), kDay)["symbols"]["AAA"]["market_beta"]["beta_raw"]
        .get<double>();
  };
  EXPECT_NEAR(beta_of(raw), beta_of(adjusted), 1e-12);
}

TEST(Dividends, OfADayWithoutAPriceComeWithTheNextPrice) {
  Inputs inputs;
  inputs.factors(kDay, 330).price("AAA", kEntry, 100).price("AAA", kDay, 99);
  inputs.portfolio(portfolio_id(1), {stock("AAA", 10, 90, kEntry)});
  dividend(inputs, kBefore, 1.5);

  EXPECT_EQ(values_of(inputs, kBefore)["daily_pnl_reason"], "no_price");
  EXPECT_DOUBLE_EQ(values_of(inputs)["daily_pnl"], 10 * (-1 + 1.5));
}

TEST(Dividends, RaiseTheEquity) {
  Inputs inputs = make_market(99);
  inputs.portfolio(portfolio_id(1), {stock("AAA", 10, 90, kEntry)}).equity(5000, kBefore);
  dividend(inputs, kDay, 1.5);

  const json snapshot = run_document(*make_risk_calculation(inputs.rows()),
                                     JobType::kPortfolioSnapshot, portfolio_id(1), kDay);

  EXPECT_DOUBLE_EQ(snapshot["equity"], 5005);
  EXPECT_DOUBLE_EQ(snapshot["daily_return"], 0.001);
}

TEST(Dividends, AreNotKnownBeforeTheirExDate) {
  Inputs inputs = make_market(99);
  inputs.portfolio(portfolio_id(1), {stock("AAA", 10, 90, kEntry)});
  const JobSpec spec{.type = JobType::kPositionValuesUpdate,
                     .portfolio = portfolio_id(1),
                     .as_of = kBefore,
                     .failed_dependencies = {}};
  const auto hash = make_risk_calculation(inputs.rows())->input_hash(spec);
  const json values = values_of(inputs, kBefore);

  dividend(inputs, kDay, 1.5);

  EXPECT_EQ(values_of(inputs, kBefore), values);
  EXPECT_EQ(make_risk_calculation(inputs.rows())->input_hash(spec), hash);
}

TEST(Dividends, OfTwelveMonthsAreTheYieldOfAnOption) {
  Inputs inputs = make_market(100);
  const Date expiration = kDay + std::chrono::days{180};
  inputs.portfolio(portfolio_id(1),
                   {option("AAA", 1, 5, kEntry, 100, expiration, OptionRight::kCall)});
  const auto greeks_of = [&] {
    return run_document(*make_risk_calculation(inputs.rows()), JobType::kGreeksCalculation,
                        portfolio_id(1), kDay)["options_detail"][0];
  };
  const json without = greeks_of();
  EXPECT_EQ(without["dividend_source"], "assumed_zero");
  EXPECT_EQ(without["dividend_yield"], 0.0);

  dividend(inputs, kDay - std::chrono::days{400}, 50);
  dividend(inputs, kEntry, 1);
  dividend(inputs, kDay, 1);
  const json with = greeks_of();

  EXPECT_EQ(with["dividend_source"], "imported");
  EXPECT_NEAR(with["dividend_yield"].get<double>(), std::log(1.02), 1e-15)
      << "the oldest is over a year ago";
  EXPECT_LT(with["delta"].get<double>(), without["delta"].get<double>());

  inputs.rows().dividends.clear();
  inputs.rows().parameters.push_back({.parameter = "dividend_yield", .value = 0.03});
  EXPECT_EQ(greeks_of()["dividend_source"], "configured");
  EXPECT_EQ(greeks_of()["dividend_yield"], 0.03);
}

}  // namespace
}  // namespace runledger::engine::test
