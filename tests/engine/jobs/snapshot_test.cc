#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "engine/inputs/calendar.h"
#include "engine/jobs/risk_calculation.h"
#include "tests/engine/jobs/support.h"

/// The roll-forward of equity from day to day.
namespace runledger::engine::test {
namespace {

using nlohmann::json;

const Date kFirst = Date{std::chrono::year{2017} / 3 / 1};
const Date kLast = Date{std::chrono::year{2017} / 6 / 30};

Inputs make_inputs() {
  Inputs inputs;
  inputs.factors(kLast, 330).rate(kLast - std::chrono::days{500}, kLast, 0.9);
  inputs.prices("AAA", kLast, wiggle(80, 330, 1)).prices("BBB", kLast, wiggle(60, 330, 2));
  Position sold = stock("BBB", 200, 58, kFirst - std::chrono::days{30});
  sold.exit_date = Date{std::chrono::year{2017} / 5 / 15};
  sold.exit_price = 61.5;
  inputs.portfolio(portfolio_id(1),
                   {stock("AAA", 300, 70, kFirst - std::chrono::days{60}), sold,
                    stock("BBB", 100, 60, Date{std::chrono::year{2017} / 6 / 3}),  // a Saturday
                    option("AAA", -2, 4, Date{std::chrono::year{2017} / 6 / 8}, 85,
                           Date{std::chrono::year{2017} / 9 / 15}, OptionRight::kCall)});
  inputs.equity(40000, kFirst);
  inputs.rows().flows.push_back(
      {to_string(portfolio_id(1)), Date{std::chrono::year{2017} / 4 / 15}, 2500});  // a Saturday
  return inputs;
}

json snapshot(const Calculation& calculation, Date day) {
  return run_document(calculation, JobType::kPortfolioSnapshot, portfolio_id(1), day);
}

TEST(Snapshot, StartsWithTheImportedEquity) {
  Inputs inputs = make_inputs();
  const auto calculation = make_risk_calculation(inputs.rows());

  const json first = snapshot(*calculation, kFirst);
  const json before = snapshot(*calculation, Calendar::nyse().previous(kFirst));

  EXPECT_EQ(first["equity"], 40000.0);
  EXPECT_EQ(first["daily_pnl_reason"], "not_applicable");
  EXPECT_EQ(first["twr_index"], 1.0);
  EXPECT_EQ(before["equity_reason"], "no_equity");
  EXPECT_EQ(before["twr_index_reason"], "no_equity");
}

TEST(Snapshot, RollsForwardByPnlAndFlow) {
  Inputs inputs = make_inputs();
  const auto calculation = make_risk_calculation(inputs.rows());
  double equity = 40000;
  double index = 1;
  double realized = 0;

  for (const Date day : Calendar::nyse().sessions(kFirst + std::chrono::days{1}, kLast)) {
    const json values =
        run_document(*calculation, JobType::kPositionValuesUpdate, portfolio_id(1), day);
    const json today = snapshot(*calculation, day);
    const double pnl = values["daily_pnl"].get<double>();
    index *= 1 + pnl / equity;
    equity += pnl + today["flow"].get<double>();
    realized += values["realized_pnl"].get<double>();
    ASSERT_NEAR(today["equity"].get<double>(), equity, 1e-6) << format_date(day);
    ASSERT_NEAR(today["twr_index"].get<double>(), index, 1e-9);
    ASSERT_NEAR(today["cumulative_realized"].get<double>(), realized, 1e-6);
  }
  const json last = snapshot(*calculation, kLast);
  EXPECT_EQ(last["cumulative_flow"], 2500.0);
  EXPECT_NEAR(realized, 200 * 3.5, 1e-9);
  EXPECT_TRUE(last["sharpe"].is_number());
}

TEST(Snapshot, BooksAFlowBetweenSessionsOnTheNextOne) {
  Inputs inputs = make_inputs();
  const auto calculation = make_risk_calculation(inputs.rows());

  EXPECT_EQ(snapshot(*calculation, Date{std::chrono::year{2017} / 4 / 17})["flow"], 2500.0);
  EXPECT_EQ(snapshot(*calculation, Date{std::chrono::year{2017} / 4 / 13})["flow"], 0.0);
}

TEST(Snapshot, DoesNotDependOnTheRunsBeforeIt) {
  Inputs inputs = make_inputs();
  std::vector<Date> days = Calendar::nyse().sessions(kFirst, kLast);
  const auto text = [](const Calculation& calculation, Date day) {
    return run_job(calculation, JobType::kPortfolioSnapshot, portfolio_id(1), day).document;
  };
  const auto forwards = make_risk_calculation(inputs.rows());
  std::vector<std::string> expected;
  for (const Date day : days) {
    expected.push_back(text(*forwards, day));
  }

  const auto backwards = make_risk_calculation(inputs.rows());
  for (std::size_t i = days.size(); i-- > 0;) {
    EXPECT_EQ(text(*backwards, days[i]), expected[i]) << format_date(days[i]);
  }
  const auto alone = make_risk_calculation(inputs.rows());
  EXPECT_EQ(text(*alone, days[50]), expected[50]);
}

TEST(Snapshot, CountsTheSalePriceOnTheDayOfTheExit) {
  Inputs inputs = make_inputs();
  const auto calculation = make_risk_calculation(inputs.rows());
  const Date day = Date{std::chrono::year{2017} / 5 / 15};

  const json values =
      run_document(*calculation, JobType::kPositionValuesUpdate, portfolio_id(1), day);

  EXPECT_EQ(values["positions"], 1);
  EXPECT_NEAR(values["realized_pnl"].get<double>(), 200 * (61.5 - 58), 1e-9);
  EXPECT_NE(values["pnl_explain"]["exited"].get<double>(), 0);
}

TEST(Snapshot, KeepsTheEquityOfABookThatIsAllCash) {
  Inputs inputs;
  inputs.factors(kLast, 330);
  inputs.portfolio(portfolio_id(1), {stock("AAA", 1, 10, kLast + std::chrono::days{10})});
  inputs.equity(1234, kFirst);
  const auto calculation = make_risk_calculation(inputs.rows());

  const json last = snapshot(*calculation, kLast);

  EXPECT_EQ(last["equity"], 1234.0);
  EXPECT_EQ(last["cash"], 1234.0);
  EXPECT_EQ(last["gross_exposure"], 0.0);
  EXPECT_EQ(last["daily_return"], 0.0);
  EXPECT_EQ(last["hhi_reason"], "no_positions");
}

TEST(Snapshot, CatchesUpAfterAPriceWasMissing) {
  Inputs inputs = make_inputs();
  const Calendar& calendar = Calendar::nyse();
  const Date from = Date{std::chrono::year{2017} / 4 / 3};
  const Date to = Date{std::chrono::year{2017} / 4 / 21};  // longer than a price may be old
  const auto whole = make_risk_calculation(inputs.rows());
  std::erase_if(inputs.rows().prices, [&](const PriceRow& row) {
    return row.symbol == "AAA" && row.date >= from && row.date <= to;
  });
  const auto gap = make_risk_calculation(inputs.rows());

  const json inside = snapshot(*gap, to);
  const Date after = calendar.next(to);

  EXPECT_LT(inside["coverage"].get<double>(), 1);
  EXPECT_NEAR(snapshot(*gap, after)["equity"].get<double>(),
              snapshot(*whole, after)["equity"].get<double>(), 1e-6);
}

}  // namespace
}  // namespace runledger::engine::test
