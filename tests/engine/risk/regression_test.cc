#include "engine/risk/regression.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace runledger::risk {
namespace {

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
