#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "engine/risk/computed.h"

/// Correlation matrices of series with gaps. Pure, thread-safe.
namespace runledger::risk {

struct PairwiseCorrelations {
  Eigen::MatrixXd matrix;  ///< p x p, unit diagonal; NaN where a cell is unknown, that of a
                           ///< series with itself too.
  Eigen::MatrixXi n_obs;   ///< Days that both series of a cell have.
};

/// Pearson correlation of each pair of columns on the days where both exist (NaN: missing). A cell
/// is unknown below `least` common days, or if a series is constant on them; the diagonal counts as
/// the series with itself, so that of two series the one without history is known by it.
/// Cost: O(n p^2).
[[nodiscard]] PairwiseCorrelations pairwise_correlations(const Eigen::MatrixXd& series,
                                                         std::size_t least);

/// Indices that stay, ascending, when the series with most unknown cells is dropped (of equals the
/// last) until no cell is unknown.
[[nodiscard]] std::vector<Eigen::Index> complete_subset(const Eigen::MatrixXd& correlations);

/// Makes `correlations` positive semi-definite if its least eigenvalue is below -1e-10: negative
/// eigenvalues become 0, and the diagonal is scaled to 1 again (the spectral method of Rebonato &
/// Jaeckel 1999). Returns whether it did. Asserts that all cells are known.
[[nodiscard]] bool repair_correlations(Eigen::MatrixXd& correlations);

/// Connected components, of at least 2 members, of the graph of pairs with |rho| >= `threshold`;
/// largest first, then by the first member; members ascending.
[[nodiscard]] std::vector<std::vector<Eigen::Index>> correlation_clusters(
    const Eigen::MatrixXd& correlations, double threshold);

/// Number of uncorrelated, equally weighted positions with the same diversification:
/// 1 / sum w_i w_j rho_ij, for weights that add up to 1.
/// Errors: kSingular if the sum is not positive.
[[nodiscard]] Computed<double> effective_positions(const Eigen::VectorXd& weights,
                                                   const Eigen::MatrixXd& correlations);

}  // namespace runledger::risk
