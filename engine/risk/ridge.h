#pragma once

#include <Eigen/Core>

#include "engine/risk/computed.h"

namespace runledger::risk {

/// Slopes of a ridge regression (Hoerl & Kennard 1970): the columns of `x` are standardised with
/// divisor n, `y` is centred, ||y - X b||^2 + penalty ||b||^2 is minimised by Cholesky
/// decomposition, and b_j / sd_j returned.
///
/// @param y        n finite values.
/// @param x        n x m finite values.
/// @param penalty  > 0.
/// Errors: kConstantSeries if y or a column does not vary. Cost: O(n m^2). Pure, thread-safe.
[[nodiscard]] Computed<Eigen::VectorXd> ridge_slopes(const Eigen::VectorXd& y,
                                                     const Eigen::MatrixXd& x,
                                                     double penalty);

}  // namespace runledger::risk
