#include "engine/risk/correlation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <Eigen/Eigenvalues>

#include "engine/risk/statistics.h"
#include "schema/invariant.h"

namespace runledger::risk {
namespace {

constexpr double kEigenvalueTolerance = -1e-10;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::span<const double> column(const Eigen::MatrixXd& matrix, Eigen::Index index) {
  return {matrix.col(index).data(), static_cast<std::size_t>(matrix.rows())};
}

}  // namespace

PairCorrelation pair_correlation(std::span<const double> a,
                                 std::span<const double> b,
                                 std::size_t least) {
  RL_ASSERT(a.size() == b.size());
  std::vector<double> as;
  std::vector<double> bs;
  as.reserve(a.size());
  bs.reserve(b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!std::isnan(a[i]) && !std::isnan(b[i])) {
      as.push_back(a[i]);
      bs.push_back(b[i]);
    }
  }
  const auto n_obs = static_cast<int>(as.size());
  if (as.size() < std::max<std::size_t>(least, 2) || is_constant(as) || is_constant(bs)) {
    return {kNan, n_obs};
  }
  const double a_mean = mean(as);
  const double b_mean = mean(bs);
  double saa = 0;
  double sab = 0;
  double sbb = 0;
  for (std::size_t i = 0; i < as.size(); ++i) {
    saa += (as[i] - a_mean) * (as[i] - a_mean);
    sab += (as[i] - a_mean) * (bs[i] - b_mean);
    sbb += (bs[i] - b_mean) * (bs[i] - b_mean);
  }
  return {std::clamp(sab / std::sqrt(saa * sbb), -1.0, 1.0), n_obs};
}

PairwiseCorrelations pairwise_correlations(const Eigen::MatrixXd& series, std::size_t least) {
  return correlation_matrix(series.cols(), [&](Eigen::Index i, Eigen::Index j) {
    return pair_correlation(column(series, i), column(series, j), least);
  });
}

std::vector<Eigen::Index> complete_subset(const Eigen::MatrixXd& correlations) {
  std::vector<Eigen::Index> kept(static_cast<std::size_t>(correlations.cols()));
  std::iota(kept.begin(), kept.end(), Eigen::Index{0});
  while (true) {
    std::size_t worst = 0;
    std::ptrdiff_t most = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const auto missing = std::count_if(kept.begin(), kept.end(), [&](Eigen::Index other) {
        return std::isnan(correlations(kept[i], other));
      });
      if (missing > 0 && missing >= most) {
        most = missing;
        worst = i;
      }
    }
    if (most == 0) {
      return kept;
    }
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(worst));
  }
}

bool repair_correlations(Eigen::MatrixXd& correlations) {
  RL_ASSERT(correlations.rows() == correlations.cols());
  RL_ASSERT(correlations.array().isFinite().all());
  if (correlations.rows() == 0) {
    return false;
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(correlations);
  if (eigen.eigenvalues().minCoeff() >= kEigenvalueTolerance) {
    return false;
  }
  const Eigen::VectorXd kept = eigen.eigenvalues().cwiseMax(0.0);
  const Eigen::MatrixXd rebuilt =
      eigen.eigenvectors() * kept.asDiagonal() * eigen.eigenvectors().transpose();
  const Eigen::VectorXd scale = rebuilt.diagonal().cwiseSqrt().cwiseInverse();
  const Eigen::MatrixXd scaled = scale.asDiagonal() * rebuilt * scale.asDiagonal();
  correlations = (scaled + scaled.transpose()) / 2;
  correlations.diagonal().setOnes();
  return true;
}

std::vector<std::vector<Eigen::Index>> correlation_clusters(const Eigen::MatrixXd& correlations,
                                                            double threshold) {
  const Eigen::Index p = correlations.cols();
  std::vector<bool> seen(static_cast<std::size_t>(p), false);
  std::vector<std::vector<Eigen::Index>> clusters;
  for (Eigen::Index start = 0; start < p; ++start) {
    if (seen[static_cast<std::size_t>(start)]) {
      continue;
    }
    std::vector<Eigen::Index> members{start};
    seen[static_cast<std::size_t>(start)] = true;
    for (std::size_t next = 0; next < members.size(); ++next) {
      for (Eigen::Index other = 0; other < p; ++other) {
        if (!seen[static_cast<std::size_t>(other)] &&
            std::abs(correlations(members[next], other)) >= threshold) {
          seen[static_cast<std::size_t>(other)] = true;
          members.push_back(other);
        }
      }
    }
    if (members.size() >= 2) {
      std::sort(members.begin(), members.end());
      clusters.push_back(std::move(members));
    }
  }
  std::sort(clusters.begin(), clusters.end(), [](const auto& a, const auto& b) {
    return a.size() != b.size() ? a.size() > b.size() : a.front() < b.front();
  });
  return clusters;
}

Computed<double> effective_positions(const Eigen::VectorXd& weights,
                                     const Eigen::MatrixXd& correlations) {
  RL_ASSERT(correlations.rows() == weights.size() && correlations.cols() == weights.size());
  const Eigen::VectorXd marginal = correlations * weights;
  const double sum = weights.dot(marginal);
  if (!(sum > 0)) {
    return unknown(NullReason::kSingular);
  }
  return 1 / sum;
}

}  // namespace runledger::risk
