#include <array>
#include <cmath>
#include <vector>

#include <Eigen/Eigenvalues>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/risk/concentration.h"
#include "engine/risk/correlation.h"
#include "engine/risk/cpu.h"
#include "engine/risk/ridge.h"
#include "engine/risk/stress.h"
#include "engine/risk/yield_curve.h"

namespace runledger::risk {
namespace {

const double kNan = std::nan("");

TEST(Matrix, CorrelatesTheDaysThatAPairShares) {
  Eigen::MatrixXd series(5, 2);
  series << 1, 2, 2, 4, 3, kNan, 4, 8, 5, 10;

  const PairwiseCorrelations result = pairwise_correlations(series, 4);

  EXPECT_NEAR(result.matrix(0, 1), 1, 1e-12);
  EXPECT_EQ(result.n_obs(0, 1), 4);
  EXPECT_TRUE(std::isnan(pairwise_correlations(series, 5).matrix(1, 0)));
}

TEST(Matrix, DropsTheSeriesWithMostUnknownCellsAndOfEqualsTheLast) {
  Eigen::MatrixXd correlations = Eigen::MatrixXd::Identity(4, 4);
  correlations(0, 3) = correlations(3, 0) = kNan;

  EXPECT_THAT(complete_subset(correlations), testing::ElementsAre(0, 1, 2));

  correlations(0, 1) = correlations(1, 0) = kNan;
  EXPECT_THAT(complete_subset(correlations), testing::ElementsAre(1, 2, 3));
}

TEST(Matrix, RepairsOnlyWhatIsNotPositiveSemiDefinite) {
  Eigen::MatrixXd good = Eigen::MatrixXd::Identity(2, 2);
  good(0, 1) = good(1, 0) = 0.5;
  Eigen::MatrixXd bad(3, 3);
  bad << 1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1;

  EXPECT_FALSE(repair_correlations(good));
  EXPECT_TRUE(repair_correlations(bad));

  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(bad);
  EXPECT_GE(eigen.eigenvalues().minCoeff(), -1e-12);
  EXPECT_EQ(bad.diagonal(), Eigen::VectorXd::Ones(3));
}

TEST(Matrix, FindsClustersThroughNeighbours) {
  Eigen::MatrixXd c = Eigen::MatrixXd::Identity(5, 5);
  const auto set = [&c](Eigen::Index i, Eigen::Index j, double rho) { c(i, j) = c(j, i) = rho; };
  set(0, 4, -0.8);
  set(1, 2, 0.7);
  set(2, 3, 0.9);

  const auto clusters = correlation_clusters(c, 0.7);

  ASSERT_EQ(clusters.size(), 2U);
  EXPECT_THAT(clusters[0], testing::ElementsAre(1, 2, 3));
  EXPECT_THAT(clusters[1], testing::ElementsAre(0, 4));
}

TEST(Matrix, EqualUncorrelatedPositionsAreAllEffective) {
  const Eigen::VectorXd weights = Eigen::VectorXd::Constant(4, 0.25);

  EXPECT_NEAR(*effective_positions(weights, Eigen::MatrixXd::Identity(4, 4)), 4, 1e-12);
  EXPECT_NEAR(*effective_positions(weights, Eigen::MatrixXd::Ones(4, 4)), 1, 1e-12);
}

TEST(Matrix, RidgeOfOneColumnIsTheShrunkSlope) {
  Eigen::VectorXd y(4);
  y << 1, 3, 2, 5;
  Eigen::MatrixXd x(4, 1);
  x << 1, 2, 3, 4;

  const Computed<Eigen::VectorXd> slopes = ridge_slopes(y, x, 1);

  // Standardised: z'y / (z'z + 1) / sd, with z'z = n = 4 and sd^2 = 1.25.
  const double zy = 5.5 / std::sqrt(1.25);
  EXPECT_NEAR((*slopes)(0), zy / 5 / std::sqrt(1.25), 1e-12);
  EXPECT_EQ(ridge_slopes(Eigen::VectorXd::Ones(4), x, 1).error(), NullReason::kConstantSeries);
}

TEST(Matrix, ConcentrationOfOnePositionIsComplete) {
  const std::array<double, 1> one = {-50};
  const std::array<double, 4> equal = {10, -10, 10, 10};

  EXPECT_NEAR(concentration(one)->hhi, 10000, 1e-9);
  EXPECT_NEAR(concentration(equal)->effective_positions, 4, 1e-12);
  EXPECT_NEAR(concentration(equal)->top_3, 0.75, 1e-12);
  EXPECT_EQ(concentration({}).error(), NullReason::kNoPositions);
}

TEST(Matrix, YieldsAreLinearBetweenTenorsAndFlatOutside) {
  const std::array<YieldPoint, 3> curve = {{{0.25, 1.0}, {1, 2.0}, {10, 3.0}}};

  EXPECT_EQ(*par_yield(curve, 0.1), 1.0);
  EXPECT_NEAR(*par_yield(curve, 0.625), 1.5, 1e-12);
  EXPECT_EQ(*par_yield(curve, 30), 3.0);
  EXPECT_EQ(par_yield({}, 1).error(), NullReason::kNoRate);
  EXPECT_NEAR(continuous_rate(5), 2 * std::log(1.025), 1e-15);
}

/// Factors with some correlation, 200 days.
Eigen::MatrixXd factor_days() {
  Eigen::MatrixXd factors(200, static_cast<Eigen::Index>(kStressFactors));
  for (Eigen::Index t = 0; t < factors.rows(); ++t) {
    const double common = std::sin(static_cast<double>(t) * 1.7);
    for (Eigen::Index k = 0; k < factors.cols(); ++k) {
      factors(t, k) =
          0.01 * (common + std::cos(static_cast<double>(t * (k + 2)) + static_cast<double>(k)));
    }
  }
  return factors;
}

TEST(Matrix, AShockAloneIsUnchanged) {
  const FactorModel model = *make_factor_model(factor_days());

  for (const Scenario& scenario : built_in_scenarios()) {
    const ScenarioShape shape = *shape_scenario(model, scenario);
    if (scenario.shocks().size() == 1) {
      EXPECT_NEAR(shape.joint(0), scenario.shocks()[0].size, 1e-15) << scenario.id;
    }
    if (scenario.shocks()[0].factor == StressFactor::kMarket) {
      EXPECT_EQ(shape.market_move, scenario.shocks()[0].size) << scenario.id;
    }
  }
}

TEST(Matrix, HasTheTwentyTwoScenarios) {
  EXPECT_EQ(built_in_scenarios().size(), 22U);
}

TEST(Matrix, SensitivitiesRecoverAPortfolioOfOneFactor) {
  const Eigen::MatrixXd factors = factor_days();
  const Eigen::VectorXd pnl = 5000 * factors.col(3).array() + 7;

  const Eigen::VectorXd sensitivities = *univariate_sensitivities(pnl, factors);

  EXPECT_NEAR(sensitivities(3), 5000, 1e-8);
}

TEST(Matrix, NamesTheNumericsProfile) {
  EXPECT_FALSE(unsupported_cpu().has_value());
  EXPECT_THAT(numerics_profile(), testing::HasSubstr("Eigen 3"));
  EXPECT_THAT(numerics_profile(), testing::HasSubstr("formulas 1"));
}

}  // namespace
}  // namespace runledger::risk
