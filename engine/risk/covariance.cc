#include "engine/risk/covariance.h"

#include <algorithm>

#include "schema/invariant.h"

namespace runledger::risk {

Eigen::MatrixXd sample_covariance(const Eigen::MatrixXd& series) {
  RL_ASSERT(series.rows() >= 2);
  const Eigen::MatrixXd centred = series.rowwise() - series.colwise().mean();
  return (centred.transpose() * centred) / static_cast<double>(series.rows() - 1);
}

Computed<ShrunkCovariance> ledoit_wolf(const Eigen::MatrixXd& series) {
  if (series.rows() < 2 || series.cols() < 1) {
    return unknown(NullReason::kShortHistory);
  }
  const auto n = static_cast<double>(series.rows());
  const auto p = static_cast<double>(series.cols());
  const Eigen::MatrixXd centred = series.rowwise() - series.colwise().mean();
  ShrunkCovariance result;
  result.matrix = (centred.transpose() * centred) / n;
  const double target = result.matrix.trace() / p;
  // Distance of the sample from the target, and the sampling error of the sample; the sum over
  // days of ||x x' - S||^2 is sum ||x||^4 - n ||S||^2.
  const double distance = (result.matrix.squaredNorm() - p * target * target) / p;
  const double fourth_powers = centred.rowwise().squaredNorm().squaredNorm();
  const double sampling_error = (fourth_powers / n - result.matrix.squaredNorm()) / n / p;
  if (series.cols() > 1 && distance > 0) {
    result.shrinkage = std::clamp(sampling_error / distance, 0.0, 1.0);
  }
  result.matrix *= 1 - result.shrinkage;
  result.matrix.diagonal().array() += result.shrinkage * target;
  return result;
}

RiskDecomposition decompose_risk(const Eigen::VectorXd& b,
                                 const Eigen::MatrixXd& factor_covariance,
                                 double residual_sd) {
  RL_ASSERT(factor_covariance.rows() == b.size() && factor_covariance.cols() == b.size());
  RiskDecomposition result;
  const Eigen::VectorXd marginal = factor_covariance * b;
  result.factor_contribution = b.cwiseProduct(marginal);
  result.systematic_variance = result.factor_contribution.sum();
  result.idiosyncratic_variance = residual_sd * residual_sd * kTradingDaysPerYear;
  result.total_variance = result.systematic_variance + result.idiosyncratic_variance;
  return result;
}

}  // namespace runledger::risk
