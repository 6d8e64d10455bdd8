#pragma once

#include <Eigen/Core>

#include "engine/risk/computed.h"

/// Covariance matrices of return series (rows: days, columns: series). Pure, thread-safe.
namespace runledger::risk {

/// Sample covariance, divisor n - 1. Asserts n >= 2. Cost: O(n p^2).
[[nodiscard]] Eigen::MatrixXd sample_covariance(const Eigen::MatrixXd& series);

struct ShrunkCovariance {
  Eigen::MatrixXd matrix;  ///< p x p.
  double shrinkage = 0;    ///< 0..1, the weight of the target.
};

/// Ledoit & Wolf (2004, J. Multivariate Analysis 88): the n-divisor covariance shrunk to a multiple
/// of the identity by their estimate of the best weight. For one series there is nothing to shrink.
/// Errors: kShortHistory below 2 rows. Cost: O(n p^2).
[[nodiscard]] Computed<ShrunkCovariance> ledoit_wolf(const Eigen::MatrixXd& series);

/// Split of the variance of a portfolio with factor sensitivities `b` (money per unit of return).
struct RiskDecomposition {
  double systematic_variance = 0;     ///< b'Fb, money^2 a year.
  double idiosyncratic_variance = 0;  ///< Money^2 a year.
  double total_variance = 0;
  Eigen::VectorXd factor_contribution;  ///< b_j (F b)_j; adds up to systematic_variance.
};
/// @param factor_covariance  annual, k x k.
/// @param residual_sd        daily, money.
[[nodiscard]] RiskDecomposition decompose_risk(const Eigen::VectorXd& b,
                                               const Eigen::MatrixXd& factor_covariance,
                                               double residual_sd);

}  // namespace runledger::risk
