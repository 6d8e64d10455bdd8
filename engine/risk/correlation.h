#pragma once

#include <cmath>
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

/// Correlation of two series on the days where both exist.
struct PairCorrelation {
  double rho = 0;  ///< NaN: unknown.
  int n_obs = 0;
};

/// Pearson correlation of two series on the days where both exist (NaN: missing). Unknown below
/// `least` common days, or if a series is constant on them. Asserts equal sizes. Cost: O(n).
[[nodiscard]] PairCorrelation pair_correlation(std::span<const double> a,
                                               std::span<const double> b,
                                               std::size_t least);

/// The matrix of `size` series whose cells are `pair(i, j)`, i <= j. A series that has no
/// correlation with itself is unknown on the diagonal too.
template <class Pair>
[[nodiscard]] PairwiseCorrelations correlation_matrix(Eigen::Index size, Pair pair) {
  PairwiseCorrelations result{Eigen::MatrixXd(size, size), Eigen::MatrixXi(size, size)};
  for (Eigen::Index j = 0; j < size; ++j) {
    for (Eigen::Index i = 0; i <= j; ++i) {
      const PairCorrelation cell = pair(i, j);
      const double rho = i == j && !std::isnan(cell.rho) ? 1 : cell.rho;
      result.matrix(i, j) = result.matrix(j, i) = rho;
      result.n_obs(i, j) = result.n_obs(j, i) = cell.n_obs;
    }
  }
  return result;
}

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
