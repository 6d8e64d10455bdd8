#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "engine/risk/performance.h"
#include "engine/risk/returns.h"
#include "engine/risk/statistics.h"
#include "engine/risk/volatility.h"

namespace runledger::risk {
namespace {

const double kNan = std::nan("");

TEST(Series, NeverBridgesAGap) {
  const std::vector<double> prices = {100, 110, kNan, 121, 133.1};

  const Returns returns = make_returns(prices);

  EXPECT_NEAR(returns.clean[1], 0.10, 1e-15);
  EXPECT_TRUE(std::isnan(returns.clean[2]));
  EXPECT_TRUE(std::isnan(returns.clean[3]));
  EXPECT_NEAR(returns.clean[4], 0.10, 1e-15);
}

TEST(Series, DropsBothReturnsOfAReversedSpikeAndKeepsWhatWasKnown) {
  const std::vector<double> prices = {100, 101, 130, 102, 103};

  const Returns returns = make_returns(prices);

  EXPECT_FALSE(std::isnan(returns.clean[1]));
  EXPECT_TRUE(std::isnan(returns.clean[2]));
  EXPECT_TRUE(std::isnan(returns.clean[3]));
  EXPECT_FALSE(std::isnan(returns.clean[4]));
  ASSERT_EQ(returns.spikes.size(), 1U);
  EXPECT_EQ(returns.spikes[0].index, 2U);
  EXPECT_NEAR(returns.spikes[0].value, 130.0 / 101 - 1, 1e-15);
}

TEST(Series, ASplitAndADividendAreNoReturns) {
  // 2:1 on day 2, 1 paid on day 3 on shares of 49, 3:1 and 2 paid on day 5 with day 4 missing.
  std::vector<double> closes = {100, 102, 51, 50, kNan, 15};
  const std::vector<ShareAction> actions = {{2, 2, 0}, {3, 1, 1}, {4, 3, 0}, {5, 1, 2}};

  adjust_forward(closes, std::vector<bool>(closes.size(), true), actions);

  const Returns returns = make_returns(closes);
  EXPECT_DOUBLE_EQ(closes[1], 102) << "nothing before an action changes";
  EXPECT_NEAR(returns.clean[2], 0, 1e-15);
  EXPECT_NEAR(returns.clean[3], (50.0 + 1) / 51 - 1, 1e-15);
  EXPECT_NEAR(closes[5] / closes[3], 3 * (15.0 + 2) / 50, 1e-14);
}

TEST(Series, AnAdjustedCloseIsNotAdjustedAgain) {
  std::vector<double> closes = {100, 50, 49};
  adjust_forward(closes, {true, false, false}, std::vector<ShareAction>{{1, 2, 0}, {2, 1, 1}});
  EXPECT_EQ(closes, (std::vector<double>{100, 50, 49}));
}

TEST(Series, KeepsAJumpThatStays) {
  const std::vector<double> prices = {100, 100, 150, 151, 149};

  EXPECT_TRUE(make_returns(prices).spikes.empty());
}

TEST(Series, VolatilityIsThatOfTheLastDays) {
  std::vector<double> series(40, 5.0);
  for (std::size_t i = 20; i < 40; ++i) {
    series[i] = i % 2 == 0 ? 1.0 : -1.0;
  }

  const Computed<double> volatility = realized_volatility(series, 20);

  ASSERT_TRUE(volatility.has_value());
  EXPECT_NEAR(*volatility, std::sqrt(20.0 / 19) * std::sqrt(252), 1e-12);
  EXPECT_EQ(realized_volatility(series, 41).error(), NullReason::kShortHistory);
  EXPECT_EQ(rolling_volatility(series, 20).back(), *volatility);
}

TEST(Series, WeightedVolatilityOfASteadySeriesIsItsSize) {
  const std::vector<double> series(100, -3.0);

  EXPECT_NEAR(*ewma_volatility(series, 0.94, 21), 3 * std::sqrt(252), 1e-12);
}

TEST(Series, ForecastOfAConstantSeriesIsUnknown) {
  EXPECT_EQ(har_forecast(std::vector<double>(252, 2.0), 100).error(), NullReason::kConstantSeries);
  EXPECT_EQ(har_forecast(std::vector<double>(100, 2.0), 100).error(), NullReason::kShortHistory);
}

TEST(Series, ForecastScalesWithTheSeries) {
  std::vector<double> series;
  for (int i = 0; i < 252; ++i) {
    series.push_back(std::sin(i * 0.7) * (1 + 0.5 * std::sin(i * 0.05)));
  }
  const HarForecast one = *har_forecast(series, 100);
  for (double& value : series) {
    value *= 1e5;
  }
  const HarForecast scaled = *har_forecast(series, 100);

  EXPECT_NEAR(scaled.volatility, 1e5 * one.volatility, 1e-9 * scaled.volatility);
  EXPECT_NEAR(scaled.r_squared, one.r_squared, 1e-10);
}

TEST(Series, TrendNamesItsDirection) {
  std::vector<double> rising;
  for (int i = 0; i < 21; ++i) {
    rising.push_back(10 + 0.2 * i);
  }
  const std::vector<double> falling(rising.rbegin(), rising.rend());

  EXPECT_EQ(volatility_trend(rising, 21)->direction, "increasing");
  EXPECT_EQ(volatility_trend(falling, 21)->direction, "decreasing");
  EXPECT_EQ(volatility_trend(std::vector<double>(21, 3.0), 21)->direction, "stable");
  EXPECT_EQ(volatility_trend(rising, 22).error(), NullReason::kShortHistory);
}

TEST(Series, PercentileCountsWhatIsStrictlyBelow) {
  const std::vector<double> values = {1, 2, 2, 3, 2};

  EXPECT_EQ(*percentile_of_last(values, 3), 0.2);
  EXPECT_EQ(percentile_of_last(values, 6).error(), NullReason::kShortHistory);
}

TEST(Series, PerformanceEqualsTheFormulasOfTheWholeSeries) {
  std::vector<double> returns;
  for (int i = 0; i < 60; ++i) {
    returns.push_back(0.01 * std::sin(i * 1.3) + 0.001);
  }
  const double rf = 0.00005;
  Performance performance;
  double index = 1;
  double peak = 1;
  double worst = 0;
  double excess = 0;
  double downside = 0;
  for (const double r : returns) {
    performance.add(r, rf);
    index *= 1 + r;
    peak = std::max(peak, index);
    worst = std::min(worst, index / peak - 1);
    excess += (r - rf) / 60;
    downside += std::pow(std::min(r - rf, 0.0), 2) / 60;
  }

  EXPECT_NEAR(performance.index(), index, 1e-12);
  EXPECT_NEAR(performance.max_drawdown(), worst, 1e-12);
  EXPECT_NEAR(*performance.volatility(), sample_sd(returns) * std::sqrt(252), 1e-12);
  EXPECT_NEAR(*performance.sharpe(), excess / sample_sd(returns) * std::sqrt(252), 1e-9);
  EXPECT_NEAR(*performance.sortino(), excess / std::sqrt(downside) * std::sqrt(252), 1e-9);
}

TEST(Series, PerformanceNeedsTwentyDaysAndARate) {
  Performance performance;
  for (int i = 0; i < 19; ++i) {
    performance.add(i % 2 == 0 ? 0.01 : -0.005, std::nullopt);
  }
  EXPECT_EQ(performance.volatility().error(), NullReason::kShortHistory);

  performance.add(0.002, std::nullopt);

  EXPECT_TRUE(performance.volatility().has_value());
  EXPECT_EQ(performance.sharpe().error(), NullReason::kNoRate);
}

TEST(Series, MedianDeviationIgnoresMissingDays) {
  const std::vector<double> values = {1, kNan, 2, 3, 100, kNan, 4};

  EXPECT_EQ(*median_absolute_deviation(values, 5), 1);
  EXPECT_EQ(median_absolute_deviation(values, 6).error(), NullReason::kShortHistory);
}

}  // namespace
}  // namespace runledger::risk
