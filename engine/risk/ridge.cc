#include "engine/risk/ridge.h"

#include <cmath>

#include <Eigen/Cholesky>

#include "engine/risk/statistics.h"
#include "schema/invariant.h"

namespace runledger::risk {

Computed<Eigen::VectorXd> ridge_slopes(const Eigen::VectorXd& y,
                                       const Eigen::MatrixXd& x,
                                       double penalty) {
  RL_ASSERT(y.size() == x.rows());
  RL_ASSERT(penalty > 0);
  const auto size = static_cast<std::size_t>(y.size());
  if (size < 2) {
    return unknown(NullReason::kShortHistory);
  }
  if (is_constant({y.data(), size})) {
    return unknown(NullReason::kConstantSeries);
  }
  Eigen::MatrixXd standardised = x.rowwise() - x.colwise().mean();
  Eigen::VectorXd sd(x.cols());
  for (Eigen::Index j = 0; j < x.cols(); ++j) {
    if (is_constant({x.col(j).data(), size})) {
      return unknown(NullReason::kConstantSeries);
    }
    sd(j) = std::sqrt(standardised.col(j).squaredNorm() / static_cast<double>(size));
    standardised.col(j) /= sd(j);
  }
  const Eigen::VectorXd centred = y.array() - y.mean();
  Eigen::MatrixXd gram = standardised.transpose() * standardised;
  gram.diagonal().array() += penalty;
  const Eigen::VectorXd slopes = gram.llt().solve(standardised.transpose() * centred);
  return Eigen::VectorXd(slopes.cwiseQuotient(sd));
}

}  // namespace runledger::risk
