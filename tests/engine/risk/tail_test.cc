#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "engine/risk/covariance.h"
#include "engine/risk/distributions.h"
#include "engine/risk/statistics.h"
#include "engine/risk/value_at_risk.h"

namespace runledger::risk {
namespace {

std::vector<double> sample(std::size_t count) {
  std::mt19937_64 generator(7);
  std::normal_distribution<double> normal;
  std::vector<double> values(count);
  for (double& value : values) {
    value = 1000 * normal(generator);
  }
  return values;
}

TEST(Tail, TakesTheTypeSevenQuantile) {
  const std::vector<double> sorted = {1, 2, 3, 4, 10};

  EXPECT_EQ(quantile_sorted(sorted, 0), 1);
  EXPECT_EQ(quantile_sorted(sorted, 0.5), 3);
  EXPECT_NEAR(quantile_sorted(sorted, 0.9), 7.6, 1e-12);  // R: quantile(x, 0.9)
  EXPECT_EQ(quantile_sorted(sorted, 1), 10);
}

TEST(Tail, ScalesWithThePosition) {
  std::vector<double> pnl = sample(252);
  const TailLoss one = historical_tail(sorted_losses(pnl), 0.95);
  for (double& value : pnl) {
    value *= 4;
  }
  const TailLoss four = historical_tail(sorted_losses(pnl), 0.95);

  EXPECT_EQ(four.var, 4 * one.var);
  EXPECT_EQ(four.es, 4 * one.es);
}

TEST(Tail, ExpectedShortfallIsNeverBelowValueAtRisk) {
  const Eigen::VectorXd losses = sorted_losses(sample(252));

  for (const double confidence : {0.9, 0.95, 0.99}) {
    const TailLoss historical = historical_tail(losses, confidence);
    const TailLoss normal = normal_tail(500, confidence);
    EXPECT_GE(historical.es, historical.var);
    EXPECT_GE(normal.es, normal.var);
  }
}

TEST(Tail, ComponentsAddUpToTheParametricValueAtRisk) {
  const Eigen::MatrixXd returns = Eigen::MatrixXd::Random(252, 5) / 50;
  const Eigen::MatrixXd covariance = ledoit_wolf(returns)->matrix;
  Eigen::VectorXd exposures(5);
  exposures << 1000, -400, 250, 3000, -20;

  const Computed<Eigen::VectorXd> components = component_var(exposures, covariance, 0.95);

  const Eigen::VectorXd marginal = covariance * exposures;
  const double var = normal_tail(std::sqrt(exposures.dot(marginal)), 0.95).var;
  ASSERT_TRUE(components.has_value());
  EXPECT_NEAR(components->sum(), var, 1e-9 * var);
}

TEST(Tail, ShrinksTowardsTheIdentityTheMoreTheFewerTheDays) {
  std::srand(11);
  const Eigen::MatrixXd many = Eigen::MatrixXd::Random(2000, 6);
  const ShrunkCovariance few_days = *ledoit_wolf(many.topRows(15));
  const ShrunkCovariance many_days = *ledoit_wolf(many);

  EXPECT_GE(few_days.shrinkage, 0);
  EXPECT_LE(few_days.shrinkage, 1);
  EXPECT_GE(many_days.shrinkage, 0);
  // The trace is kept: shrinkage moves variance, it does not add any.
  const Eigen::MatrixXd centred = many.rowwise() - many.colwise().mean();
  EXPECT_NEAR(many_days.matrix.trace(), centred.squaredNorm() / 2000, 1e-12);
}

TEST(Tail, ShrinkageEqualsTheSumsOfItsDefinition) {
  Eigen::MatrixXd x(4, 2);
  x << 0.01, 0.02, -0.03, 0.01, 0.02, -0.02, 0.00, -0.01;
  const Eigen::MatrixXd centred = x.rowwise() - x.colwise().mean();
  const Eigen::MatrixXd s = centred.transpose() * centred / 4;
  const double mu = s.trace() / 2;
  const double d2 = (s - mu * Eigen::MatrixXd::Identity(2, 2)).squaredNorm() / 2;
  double b2 = 0;
  for (Eigen::Index t = 0; t < 4; ++t) {
    b2 += (centred.row(t).transpose() * centred.row(t) - s).squaredNorm() / 2 / 16;
  }

  EXPECT_NEAR(ledoit_wolf(x)->shrinkage, std::min(b2, d2) / d2, 1e-12);
}

TEST(Tail, OneSeriesIsNotShrunk) {
  const ShrunkCovariance shrunk = *ledoit_wolf(Eigen::MatrixXd::Random(50, 1));

  EXPECT_EQ(shrunk.shrinkage, 0);
}

TEST(Tail, PValuesAreThoseOfStudent) {
  EXPECT_NEAR(student_p_value(2.228138852, 10), 0.05, 1e-9);  // tables: t(0.975, 10)
  EXPECT_NEAR(student_p_value(-3.169272673, 10), 0.01, 1e-9);
  EXPECT_NEAR(student_p_value(1, 1), 0.5, 1e-14);  // Cauchy
  EXPECT_EQ(student_p_value(0, 5), 1);
  EXPECT_EQ(student_p_value(std::numeric_limits<double>::infinity(), 5), 0);
  EXPECT_NEAR(normal_quantile(0.95), 1.6448536269514722, 1e-14);
}

TEST(Tail, StudentIntervalsAreThoseOfTheTables) {
  EXPECT_NEAR(student_two_sided(0.05, 10), 2.228138852, 1e-9);
  EXPECT_NEAR(student_two_sided(0.01, 10), 3.169272673, 1e-9);
  EXPECT_NEAR(student_two_sided(0.05, 1e7), 1.959964, 1e-6);  // normal
  EXPECT_NEAR(student_two_sided(0.5, 1), 1, 1e-12);           // Cauchy
  EXPECT_NEAR(student_p_value(student_two_sided(0.05, 244), 244), 0.05, 1e-12);
}

}  // namespace
}  // namespace runledger::risk
