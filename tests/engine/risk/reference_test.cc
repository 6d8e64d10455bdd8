#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/risk/correlation.h"
#include "engine/risk/covariance.h"
#include "engine/risk/distributions.h"
#include "engine/risk/performance.h"
#include "engine/risk/regression.h"
#include "engine/risk/ridge.h"
#include "engine/risk/statistics.h"
#include "engine/risk/value_at_risk.h"
#include "engine/risk/volatility.h"
#include "tests/engine/risk/table.h"

/// Against other people's implementations: tests/data/reference/reference.json was computed with
/// NumPy, SciPy, statsmodels, scikit-learn and mpmath from the same prices.
namespace runledger::risk {
namespace {

using nlohmann::json;
using Series = std::vector<double>;

constexpr std::array kFactors = {"SPY", "VTV", "VUG", "MTUM", "QUAL", "IWM", "USMV"};

/// The reference figures, and the returns that they were computed from.
struct Reference {
  json figures;
  std::map<std::string, Series> returns;
};

Reference load_reference() {
  Reference reference;
  const std::string root = RUNLEDGER_SOURCE_DIR;
  std::ifstream figures(root + "/tests/data/reference/reference.json");
  reference.figures = json::parse(figures);
  const auto last = reference.figures["last"].get<std::string>();
  const auto days = reference.figures["days"].get<std::size_t>();
  std::map<std::string, Series> closes;
  for (const auto& cells : test::read_table("../golden/prices.csv")) {
    if (cells[1] <= last) {
      closes[cells[0]].push_back(std::stod(cells[5]));
    }
  }
  for (const auto& [symbol, prices] : closes) {
    if (prices.size() <= days) {
      continue;
    }
    Series& returns = reference.returns[symbol];
    for (std::size_t i = prices.size() - days; i < prices.size(); ++i) {
      returns.push_back(prices[i] / prices[i - 1] - 1);
    }
  }
  return reference;
}

const Reference& reference() {
  static const Reference kReference = load_reference();
  return kReference;
}

Eigen::VectorXd vector_of(const std::string& symbol) {
  const Series& series = reference().returns.at(symbol);
  return Eigen::Map<const Eigen::VectorXd>(series.data(), static_cast<Eigen::Index>(series.size()));
}

template <class Names>
Eigen::MatrixXd matrix_of(const Names& names) {
  Eigen::MatrixXd matrix(reference().figures["days"].get<Eigen::Index>(),
                         static_cast<Eigen::Index>(names.size()));
  for (std::size_t j = 0; j < names.size(); ++j) {
    matrix.col(static_cast<Eigen::Index>(j)) = vector_of(names[j]);
  }
  return matrix;
}

void expect_close(double ours, const json& theirs, double relative, const std::string& what) {
  const double value = theirs.get<double>();
  EXPECT_NEAR(ours, value, relative * std::abs(value)) << what;
}

TEST(ReferenceRegression, RobustErrorsEqualThoseOfStatsmodels) {
  const json& theirs = reference().figures["hac"];
  const Eigen::VectorXd y =
      3000 * vector_of("JPM") - 2000 * vector_of("XLE") + 1500 * vector_of("COST");
  const Eigen::MatrixXd x = matrix_of(kFactors);
  const Design design = *Design::make(x, Intercept::kYes);
  const LinearFit fit = design.fit(y);
  const Eigen::MatrixXd covariance =
      newey_west_covariance(design, fit.residuals, newey_west_lag(x.rows()));

  for (Eigen::Index j = 0; j < fit.coefficients.size(); ++j) {
    const auto k = static_cast<std::size_t>(j);
    const double std_error = std::sqrt(covariance(j, j));
    const double t_stat = fit.coefficients(j) / std_error;
    expect_close(fit.coefficients(j), theirs["coefficients"][k], 1e-10, "coefficient");
    expect_close(std_error, theirs["std_errors"][k], 1e-10, "standard error");
    expect_close(t_stat, theirs["t_stats"][k], 1e-10, "t");
    expect_close(student_p_value(t_stat, static_cast<double>(x.rows() - 8)), theirs["p_values"][k],
                 1e-9, "p");
  }
  expect_close(fit.r_squared, theirs["r_squared"], 1e-12, "R2");
  expect_close(fit.adj_r_squared, theirs["adj_r_squared"], 1e-12, "adjusted R2");
  expect_close(fit.residual_sd, theirs["residual_sd"], 1e-12, "residual sd");
  const Collinearity collinear = *collinearity(x);
  for (std::size_t k = 0; k < kFactors.size(); ++k) {
    expect_close(collinear.vif(static_cast<Eigen::Index>(k)), theirs["vif"][k], 1e-10, "vif");
  }
  expect_close(collinear.condition_number, theirs["condition_number"], 1e-11, "condition");
}

/// R's sandwich package, as quoted by the tests of statsmodels (BSD-3): US investment on output
/// growth and the real rate, Bartlett kernel with 4 lags, times n / (n - k).
TEST(ReferenceRegression, RobustCovarianceEqualsThatOfTheSandwichPackage) {
  const auto rows = test::read_table("econometrics/us_macro_quarterly_1959_2009.csv");
  const auto n = static_cast<Eigen::Index>(rows.size()) - 1;
  Eigen::MatrixXd x(n, 2);
  Eigen::VectorXd y(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto& before = rows[static_cast<std::size_t>(i)];
    const auto& after = rows[static_cast<std::size_t>(i) + 1];
    const auto growth = [&](std::size_t column) {
      return 400 * (std::log(std::stod(after[column])) - std::log(std::stod(before[column])));
    };
    x(i, 0) = growth(2);
    x(i, 1) = std::stod(before[4]);
    y(i) = growth(3);
  }
  const Design design = *Design::make(x, Intercept::kYes);
  const LinearFit fit = design.fit(y);

  const Eigen::MatrixXd covariance = newey_west_covariance(design, fit.residuals, 4);

  Eigen::Matrix3d expected;
  expected << 1.406438998786788, -0.318032870708333, -0.0606211112164865,  //
      -0.318032870708333, 0.1097308348999818, 0.000395311760301478,        //
      -0.0606211112164865, 0.000395311760301478, 0.08751152891247099;
  EXPECT_LT((covariance - expected).cwiseQuotient(expected).cwiseAbs().maxCoeff(), 1e-11);
}

TEST(ReferenceRegression, OneRegressorEqualsStatsmodels) {
  const json& theirs = reference().figures["simple"];

  const SimpleFit fit =
      *simple_regression(reference().returns.at("JPM"), reference().returns.at("SPY"), 30);

  expect_close(fit.beta, theirs["beta"], 1e-12, "beta");
  expect_close(fit.alpha, theirs["alpha"], 1e-11, "alpha");
  expect_close(fit.std_error, theirs["std_error"], 1e-12, "standard error");
  expect_close(fit.t_stat, theirs["t_stat"], 1e-12, "t");
  expect_close(fit.p_value, theirs["p_value"], 1e-9, "p");
  expect_close(fit.r_squared, theirs["r_squared"], 1e-12, "R2");
}

TEST(ReferenceRegression, RidgeEqualsScikitLearn) {
  const std::vector<std::string> styles(kFactors.begin() + 1, kFactors.end());

  const Eigen::VectorXd slopes = *ridge_slopes(vector_of("JPM"), matrix_of(styles), 1);

  for (std::size_t k = 0; k < styles.size(); ++k) {
    expect_close(slopes(static_cast<Eigen::Index>(k)), reference().figures["ridge"]["slopes"][k],
                 1e-11, styles[k]);
  }
}

TEST(ReferenceCovariance, LedoitWolfEqualsScikitLearn) {
  for (const auto& [name, theirs] : reference().figures["ledoit_wolf"].items()) {
    const auto symbols = theirs["symbols"].get<std::vector<std::string>>();

    const ShrunkCovariance ours = *ledoit_wolf(matrix_of(symbols));

    expect_close(ours.shrinkage, theirs["shrinkage"], 1e-11, name);
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      for (std::size_t j = 0; j < symbols.size(); ++j) {
        const double entry =
            ours.matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
        EXPECT_NEAR(entry, theirs["covariance"][i][j].get<double>(), 1e-12 * ours.matrix.norm());
      }
    }
  }
}

TEST(ReferenceCovariance, CorrelationsEqualNumpy) {
  const json& theirs = reference().figures["correlations"];
  const auto symbols = theirs["symbols"].get<std::vector<std::string>>();
  const Eigen::MatrixXd series = matrix_of(symbols).bottomRows(63).array().log1p();

  const PairwiseCorrelations ours = pairwise_correlations(series, 30);

  for (std::size_t i = 0; i < symbols.size(); ++i) {
    for (std::size_t j = 0; j < symbols.size(); ++j) {
      EXPECT_NEAR(ours.matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)),
                  theirs["matrix"][i][j].get<double>(), 1e-13);
    }
  }
}

TEST(ReferenceVolatility, ForecastsAndQuantilesEqualNumpyAndStatsmodels) {
  const json& theirs = reference().figures["volatility"];
  Series pnl = reference().returns.at("JPM");
  for (double& value : pnl) {
    value *= 10000;
  }
  const HarForecast har = *har_forecast(pnl, 100);
  const Eigen::VectorXd losses = sorted_losses(pnl);

  expect_close(har.volatility, theirs["har"], 1e-10, "HAR");
  expect_close(har.r_squared, theirs["har_r_squared"], 1e-10, "R2 of HAR");
  expect_close(*ewma_volatility(pnl, 0.94, 21), theirs["ewma"], 1e-13, "EWMA");
  expect_close(*realized_volatility(pnl, pnl.size()), theirs["sample"], 1e-13, "sd");
  for (const auto& [p, value] : theirs["quantiles"].items()) {
    expect_close(quantile_sorted({losses.data(), pnl.size()}, std::stod(p)), value, 1e-13, p);
  }
  expect_close(historical_tail(losses, 0.95).es, theirs["shortfall_95"], 1e-13, "ES 95");
  expect_close(historical_tail(losses, 0.99).es, theirs["shortfall_99"], 1e-13, "ES 99");
}

TEST(ReferenceDistributions, EqualFortyDigitArithmetic) {
  const json& theirs = reference().figures["distributions"];

  for (const json& row : theirs["student"]) {
    expect_close(student_p_value(row[0].get<double>(), row[1].get<double>()), row[2], 5e-12,
                 row.dump());
  }
  for (const json& row : theirs["normal_quantile"]) {
    EXPECT_NEAR(normal_quantile(row[0].get<double>()), row[1].get<double>(),
                4e-15 * std::max(1.0, std::abs(row[1].get<double>())))
        << row;
  }
  for (const json& row : theirs["normal_cdf"]) {
    expect_close(normal_cdf(row[0].get<double>()), row[1], 1e-13, row.dump());
  }
}

/// Upper critical values of Student's t, NIST/SEMATECH e-Handbook of Statistical
/// Methods, 1.3.6.7.2.
TEST(ReferenceDistributions, EqualThePrintedTable) {
  const std::map<int, std::array<double, 4>> printed = {
      {1, {6.314, 12.706, 31.821, 63.657}}, {2, {2.920, 4.303, 6.965, 9.925}},
      {5, {2.015, 2.571, 3.365, 4.032}},    {10, {1.812, 2.228, 2.764, 3.169}},
      {30, {1.697, 2.042, 2.457, 2.750}},   {60, {1.671, 2.000, 2.390, 2.660}},
      {100, {1.660, 1.984, 2.364, 2.626}}};
  constexpr std::array kTails = {0.05, 0.025, 0.01, 0.005};
  for (const auto& [degrees, critical] : printed) {
    for (std::size_t i = 0; i < kTails.size(); ++i) {
      const double half_digit = 0.0005;
      EXPECT_GT(student_p_value(critical[i] - half_digit, degrees), 2 * kTails[i] * (1 - 1e-3));
      EXPECT_LT(student_p_value(critical[i] + half_digit, degrees), 2 * kTails[i] * (1 + 1e-3));
    }
  }
}

TEST(ReferenceQuantile, TypeSevenAtItsEdges) {
  std::vector<double> losses(252);
  std::iota(losses.begin(), losses.end(), 1.0);
  const Eigen::VectorXd sorted = Eigen::Map<const Eigen::VectorXd>(losses.data(), 252);

  // h = 251 p: 238.45 and 248.49 above the least; a tail of 13 and of 3 losses.
  EXPECT_NEAR(historical_tail(sorted, 0.95).var, 239.45, 1e-9);
  EXPECT_NEAR(historical_tail(sorted, 0.99).var, 249.49, 1e-9);
  EXPECT_NEAR(historical_tail(sorted, 0.95).es, (240 + 252) / 2.0, 1e-9);
  EXPECT_NEAR(historical_tail(sorted, 0.99).es, 251, 1e-9);
  const std::array<double, 1> one = {7};
  EXPECT_EQ(quantile_sorted(one, 0.95), 7);
  const std::array<double, 4> ties = {1, 5, 5, 5};
  EXPECT_EQ(quantile_sorted(ties, 0.95), 5);
  EXPECT_EQ(historical_tail(Eigen::Vector4d(1, 5, 5, 5), 0.95).es, 5);
}

/// Figures of the tests of empyrical (Apache-2.0). Its series are shorter than the 20 days that we
/// ask for, so they are repeated: Sortino's ratio has divisor n and stays; Sharpe's has n - 1.
struct RatioCase {
  Series percent;
  double required;  ///< Risk-free return of each day.
  double sortino;
  double sharpe;  ///< NaN: not given.
};

TEST(ReferencePerformance, RatiosEqualThoseOfEmpyrical) {
  const double none = std::nan("");
  const Series mixed = {1, 10, -4, 2, 3, 2, 1, -10};
  const Series negative = {0, -6, -7, -1, -9, -2, -6, -8, -5};
  const std::vector<RatioCase> cases = {
      {mixed, 0, 2.605531251673693, 1.7238613961706866},
      {mixed, 0.01, -1.3934779588919977, none},
      {negative, 0, -13.532743075043401, -24.406808633910085},
      {{-0.171614, 1.322056, 3.063862, -1.422057, -0.489779, 1.268925, -3.357711, 1.797036},
       0,
       3.0639640966566306,
       none},
      {{1.846232, 0.793951, -1.448395, 0.422537, -0.339611, 3.756813, 1.51531, 3.549769},
       0,
       38.090963117002495,
       none}};
  for (const RatioCase& each : cases) {
    constexpr int kCopies = 3;
    Performance performance;
    for (int copy = 0; copy < kCopies; ++copy) {
      for (const double percent : each.percent) {
        performance.add(percent / 100, each.required);
      }
    }
    const auto n = static_cast<double>(each.percent.size());
    EXPECT_NEAR(*performance.sortino() / each.sortino, 1, 1e-12);
    if (!std::isnan(each.sharpe)) {
      const double divisors = std::sqrt((kCopies * n - 1) / (kCopies * (n - 1)));
      EXPECT_NEAR(*performance.sharpe() / divisors / each.sharpe, 1, 1e-12);
    }
  }
}

TEST(ReferencePerformance, DrawdownsEqualThoseOfEmpyrical) {
  const auto performance_of = [](const Series& percent) {
    Performance performance;
    for (const double value : percent) {
      performance.add(value / 100, std::nullopt);
    }
    return performance;
  };
  const Performance mixed = performance_of({1, 10, -4, 2, 3, 2, 1, -10});
  const Performance negative = performance_of({0, -6, -7, -1, -9, -2, -6, -8, -5});

  EXPECT_NEAR(mixed.max_drawdown(), -0.1, 1e-14);
  EXPECT_NEAR(mixed.index(), 1.038931091700480147, 1e-14);
  EXPECT_NEAR(negative.max_drawdown(), -0.36590730349873601, 1e-14);
  EXPECT_NEAR(performance_of({10, -10, 10}).max_drawdown(), -0.10, 1e-14);
}

}  // namespace
}  // namespace runledger::risk
