#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <Eigen/Eigenvalues>
#include <gtest/gtest.h>

#include "engine/risk/correlation.h"
#include "engine/risk/covariance.h"
#include "engine/risk/stress.h"
#include "engine/risk/value_at_risk.h"

/// What must hold for any numbers; a failure names its seed.
namespace runledger::risk {
namespace {

constexpr std::uint64_t kSeeds = 200;

/// P&L of `n` days with a fat tail.
std::vector<double> random_pnl(std::mt19937_64& generator, std::size_t n) {
  std::student_t_distribution<double> student(4);
  std::vector<double> pnl(n);
  for (double& value : pnl) {
    value = 1000 * student(generator);
  }
  return pnl;
}

Eigen::MatrixXd random_matrix(std::mt19937_64& generator, Eigen::Index rows, Eigen::Index columns) {
  std::normal_distribution<double> normal;
  return Eigen::MatrixXd::NullaryExpr(rows, columns, [&] { return normal(generator); });
}

TEST(RiskLaws, TailLossesAreHomogeneousTranslationInvariantAndMonotonic) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    std::mt19937_64 generator(seed);
    const std::vector<double> pnl = random_pnl(generator, 126 + seed);
    std::vector<double> scaled = pnl;
    std::vector<double> richer = pnl;
    std::vector<double> worse = pnl;
    for (std::size_t i = 0; i < pnl.size(); ++i) {
      scaled[i] = 3 * pnl[i];
      richer[i] = pnl[i] + 250;
      worse[i] = std::min(pnl[i], 0.9 * pnl[i] - 10);
    }
    for (const double confidence : {0.9, 0.95, 0.99}) {
      const TailLoss tail = historical_tail(sorted_losses(pnl), confidence);
      const TailLoss thrice = historical_tail(sorted_losses(scaled), confidence);
      const TailLoss less = historical_tail(sorted_losses(richer), confidence);
      const TailLoss more = historical_tail(sorted_losses(worse), confidence);
      EXPECT_NEAR(thrice.var, 3 * tail.var, 1e-9 * std::abs(tail.var)) << seed;
      EXPECT_NEAR(thrice.es, 3 * tail.es, 1e-9 * std::abs(tail.es)) << seed;
      EXPECT_NEAR(less.var, tail.var - 250, 1e-8) << seed;
      EXPECT_NEAR(less.es, tail.es - 250, 1e-8) << seed;
      EXPECT_GE(tail.es, tail.var) << seed;
      EXPECT_GE(more.var, tail.var) << seed;
      EXPECT_GE(more.es, tail.es) << seed;
    }
  }
}

TEST(RiskLaws, ExpectedShortfallOfTwoBooksIsAtMostTheirSumByTheNormalFormula) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    std::mt19937_64 generator(seed);
    const Eigen::MatrixXd returns = random_matrix(generator, 252, 6) / 100;
    const Eigen::MatrixXd covariance = ledoit_wolf(returns)->matrix;
    const Eigen::VectorXd a = 1000 * random_matrix(generator, 6, 1);
    const Eigen::VectorXd b = 1000 * random_matrix(generator, 6, 1);
    const auto es = [&](const Eigen::VectorXd& x) {
      const Eigen::VectorXd marginal = covariance * x;
      return normal_tail(std::sqrt(x.dot(marginal)), 0.99).es;
    };
    EXPECT_LE(es(a + b), es(a) + es(b) + 1e-9) << seed;
    const Eigen::VectorXd components = *component_var(a, covariance, 0.95);
    const Eigen::VectorXd marginal = covariance * a;
    EXPECT_NEAR(components.sum(), normal_tail(std::sqrt(a.dot(marginal)), 0.95).var, 1e-8) << seed;
  }
}

TEST(RiskLaws, ShrunkCovariancesArePositiveDefiniteAndKeepTheTrace) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    std::mt19937_64 generator(seed);
    const auto p = static_cast<Eigen::Index>(2 + seed % 40);
    const auto n = static_cast<Eigen::Index>(10 + seed % 60);  // often fewer days than series
    const Eigen::MatrixXd series = random_matrix(generator, n, p);
    const ShrunkCovariance shrunk = *ledoit_wolf(series);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(shrunk.matrix);
    const Eigen::MatrixXd centred = series.rowwise() - series.colwise().mean();
    EXPECT_GT(eigen.eigenvalues().minCoeff(), 0) << seed;
    EXPECT_NEAR(shrunk.matrix.trace() * static_cast<double>(n) / centred.squaredNorm(), 1, 1e-12)
        << seed;
  }
}

TEST(RiskLaws, RepairGivesACorrelationMatrixAndLeavesAGoodOneAlone) {
  std::size_t repaired = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    std::mt19937_64 generator(seed);
    const auto p = static_cast<Eigen::Index>(3 + seed % 12);
    Eigen::MatrixXd series = random_matrix(generator, 63, p);
    series.col(1) = series.col(0) + 0.05 * series.col(1);
    std::bernoulli_distribution missing(0.4 * static_cast<double>(seed % 2));
    series =
        series.unaryExpr([&](double value) { return missing(generator) ? std::nan("") : value; });
    Eigen::MatrixXd matrix = pairwise_correlations(series, 10).matrix;
    if (!matrix.array().isFinite().all()) {
      continue;
    }
    const Eigen::MatrixXd before = matrix;
    const bool changed = repair_correlations(matrix);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(matrix);
    repaired += changed ? 1 : 0;
    EXPECT_GE(eigen.eigenvalues().minCoeff(), -1e-10) << seed;
    EXPECT_EQ(matrix.diagonal(), Eigen::VectorXd::Ones(p)) << seed;
    EXPECT_EQ(matrix, matrix.transpose()) << seed;
    EXPECT_LE(matrix.cwiseAbs().maxCoeff(), 1 + 1e-12) << seed;
    if (!changed) {
      EXPECT_EQ(matrix, before) << seed;
    }
    EXPECT_FALSE(repair_correlations(matrix)) << seed;  // once is enough
  }
  EXPECT_GE(repaired, 20U);
}

/// Two factors that move together: shocked the same way they are counted about once; shocked
/// against each other they cancel for a book that feels both alike, while each taken alone grows,
/// by 1 / (1 - 0.8 rho), at most five times, because each must overcome what the other implies.
TEST(RiskLaws, StressCountsWhatFactorsHaveInCommonOnce) {
  std::mt19937_64 generator(5);
  Eigen::MatrixXd factors =
      0.002 * random_matrix(generator, 252, static_cast<Eigen::Index>(kStressFactors));
  factors.colwise() += Eigen::VectorXd(0.01 * random_matrix(generator, 252, 1));
  const FactorModel model = *make_factor_model(factors);
  const auto shape_of = [&](double market, double value) {
    Scenario scenario;
    scenario.shock_table[0] = {StressFactor::kMarket, market};
    scenario.shock_table[1] = {StressFactor::kValue, value};
    scenario.shock_count = 2;
    return shape_scenario(model, scenario)->joint;
  };
  const Eigen::VectorXd agreeing = shape_of(-0.2, -0.2);
  const Eigen::VectorXd opposed = shape_of(-0.2, 0.2);

  EXPECT_NEAR(agreeing.sum(), -0.4 / (1 + 0.8), 0.02);
  EXPECT_NEAR(opposed.sum(), 0, 0.02);
  EXPECT_GT(std::abs(opposed(0)), 0.2);
  EXPECT_LT(std::abs(opposed(0)), 5 * 0.2);
}

}  // namespace
}  // namespace runledger::risk
