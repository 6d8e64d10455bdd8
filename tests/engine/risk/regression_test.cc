#include "engine/risk/regression.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/engine/risk/table.h"

namespace runledger::risk {
namespace {

using test::read_table;

/// A NIST data set: y and the columns of x, as powers of one column for a polynomial.
struct Problem {
  Eigen::VectorXd y;
  Eigen::MatrixXd x;
};

Problem load_problem(const std::string& name, Eigen::Index powers) {
  const auto rows = read_table("nist/" + name + ".csv");
  const auto n = static_cast<Eigen::Index>(rows.size());
  const auto columns = static_cast<Eigen::Index>(rows.front().size()) - 1;
  Problem problem{Eigen::VectorXd(n), Eigen::MatrixXd(n, columns * powers)};
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto& cells = rows[static_cast<std::size_t>(i)];
    problem.y(i) = std::stod(cells[0]);
    for (Eigen::Index j = 0; j < columns; ++j) {
      const double value = std::stod(cells[static_cast<std::size_t>(j) + 1]);
      for (Eigen::Index power = 0; power < powers; ++power) {
        problem.x(i, j * powers + power) = std::pow(value, static_cast<double>(power + 1));
      }
    }
  }
  return problem;
}

nlohmann::json exact_values(const std::string& name) {
  std::ifstream file(std::string(RUNLEDGER_SOURCE_DIR) + "/tests/data/nist/exact_values.json");
  return nlohmann::json::parse(file)["datasets"][name];
}

/// Digits to which two numbers agree.
double digits(double ours, double exact) {
  if (ours == exact) {
    return 16;
  }
  return -std::log10(std::abs(ours - exact) / std::max(std::abs(exact), 1e-300));
}

double number(const nlohmann::json& text) {
  return std::stod(text.get<std::string>());
}

/// Least number of digits of coefficients, standard errors and residual sd.
double least_digits(const std::string& name, Eigen::Index powers, Intercept intercept) {
  const Problem problem = load_problem(name, powers);
  const nlohmann::json exact = exact_values(name);
  const Computed<Design> design = Design::make(problem.x, intercept);
  EXPECT_TRUE(design.has_value()) << name;
  if (!design) {
    return 0;
  }
  const LinearFit fit = design->fit(problem.y);
  double least = 16;
  for (Eigen::Index j = 0; j < fit.coefficients.size(); ++j) {
    const auto k = static_cast<std::size_t>(j);
    least = std::min(least, digits(fit.coefficients(j), number(exact["coef"][k])));
    if (number(exact["stderr"][k]) > 0) {
      const double std_error = fit.residual_sd * std::sqrt(design->inverse_gram()(j, j));
      least = std::min(least, digits(std_error, number(exact["stderr"][k])));
    }
  }
  return least;
}

TEST(Regression, ReproducesTheWellConditionedNistProblemsToElevenDigits) {
  EXPECT_GE(least_digits("norris", 1, Intercept::kYes), 11);
  EXPECT_GE(least_digits("noint1", 1, Intercept::kNo), 11);
}

TEST(Regression, ReproducesTheIllConditionedNistProblemsAsFarAsDoublesGo) {
  EXPECT_GE(least_digits("longley", 1, Intercept::kYes), 10);
  EXPECT_GE(least_digits("wampler3", 5, Intercept::kYes), 8);
  EXPECT_GE(least_digits("wampler4", 5, Intercept::kYes), 8);
}

TEST(Regression, FitsAnExactPolynomial) {
  const Problem problem = load_problem("wampler1", 5);

  const LinearFit fit = Design::make(problem.x, Intercept::kYes)->fit(problem.y);

  for (const double coefficient : fit.coefficients) {
    EXPECT_NEAR(coefficient, 1, 1e-8);
  }
  EXPECT_NEAR(fit.r_squared, 1, 1e-14);
}

TEST(Regression, CallsDependentColumnsSingular) {
  Eigen::MatrixXd x(6, 2);
  x << 1, 2, 2, 4, 3, 6, 4, 8, 5, 10, 7, 14;

  const Computed<Design> design = Design::make(x, Intercept::kYes);

  ASSERT_FALSE(design.has_value());
  EXPECT_EQ(design.error(), NullReason::kSingular);
}

TEST(Regression, NeedsMoreRowsThanColumns) {
  const Computed<Design> design = Design::make(Eigen::MatrixXd::Random(3, 2), Intercept::kYes);

  ASSERT_FALSE(design.has_value());
  EXPECT_EQ(design.error(), NullReason::kShortHistory);
}

TEST(Regression, WithoutLagsTheRobustCovarianceIsThatOfWhite) {
  Eigen::MatrixXd x(8, 1);
  x << 1, 2, 3, 4, 5, 6, 7, 9;
  Eigen::VectorXd y(8);
  y << 2.1, 3.7, 6.4, 7.9, 10.6, 11.8, 14.9, 17.2;
  const Design design = *Design::make(x, Intercept::kYes);
  const LinearFit fit = design.fit(y);

  const Eigen::MatrixXd covariance = newey_west_covariance(design, fit.residuals, 0);

  Eigen::MatrixXd meat = Eigen::MatrixXd::Zero(2, 2);
  for (Eigen::Index i = 0; i < 8; ++i) {
    const Eigen::Vector2d row(1, x(i, 0));
    meat += fit.residuals(i) * fit.residuals(i) * row * row.transpose();
  }
  const Eigen::MatrixXd expected = 8.0 / 6 * design.inverse_gram() * meat * design.inverse_gram();
  EXPECT_LT((covariance - expected).norm(), 1e-14 * expected.norm());
}

TEST(Regression, TakesTheLagOfNeweyAndWest) {
  EXPECT_EQ(newey_west_lag(100), 4);
  EXPECT_EQ(newey_west_lag(252), 4);
  EXPECT_EQ(newey_west_lag(1000), 6);
}

TEST(Regression, InflatesTheVarianceOfCorrelatedColumns) {
  Eigen::MatrixXd x(5, 2);
  x << 1, 1, 2, 3, 3, 2, 4, 5, 5, 4;  // correlation 0.8

  const Computed<Collinearity> result = collinearity(x);

  ASSERT_TRUE(result.has_value());
  EXPECT_NEAR(result->vif(0), 1 / (1 - 0.64), 1e-12);
  EXPECT_NEAR(result->condition_number, 3, 1e-12);  // sqrt(1.8 / 0.2)
}

TEST(Regression, UsesTheDaysThatBothSeriesHave) {
  const double nan = std::nan("");
  const std::vector<double> x = {1, 2, nan, 4, 5, 6};
  const std::vector<double> y = {2.5, 4.5, 7, nan, 10.5, 12.5};

  const Computed<SimpleFit> fit = simple_regression(y, x, 3);

  ASSERT_TRUE(fit.has_value());
  EXPECT_EQ(fit->n_obs, 4U);
  EXPECT_NEAR(fit->beta, 2, 1e-12);
  EXPECT_NEAR(fit->alpha, 0.5, 1e-12);
  EXPECT_NEAR(fit->r_squared, 1, 1e-12);
  EXPECT_TRUE(std::isfinite(fit->t_stat));
  EXPECT_LT(fit->p_value, 1e-12);
}

TEST(Regression, SaysWhyThereIsNoFit) {
  const std::vector<double> varying = {1, 2, 3, 4};
  const std::vector<double> constant = {0.3, 0.3, 0.3, 0.3};

  EXPECT_EQ(simple_regression(varying, constant, 3).error(), NullReason::kConstantSeries);
  EXPECT_EQ(simple_regression(constant, varying, 3).error(), NullReason::kConstantSeries);
  EXPECT_EQ(simple_regression(varying, varying, 5).error(), NullReason::kShortHistory);
}

}  // namespace
}  // namespace runledger::risk
