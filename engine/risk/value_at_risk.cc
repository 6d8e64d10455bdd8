#include "engine/risk/value_at_risk.h"

#include <algorithm>
#include <cmath>

#include "engine/risk/distributions.h"
#include "engine/risk/statistics.h"
#include "schema/invariant.h"

namespace runledger::risk {

Eigen::VectorXd sorted_losses(std::span<const double> pnl) {
  Eigen::VectorXd losses(static_cast<Eigen::Index>(pnl.size()));
  std::transform(pnl.begin(), pnl.end(), losses.begin(), [](double value) { return -value; });
  std::sort(losses.begin(), losses.end());
  return losses;
}

TailLoss historical_tail(const Eigen::VectorXd& losses, double confidence) {
  RL_ASSERT(losses.size() > 0);
  RL_ASSERT(confidence > 0.5 && confidence < 1);
  const std::span<const double> sorted(losses.data(), static_cast<std::size_t>(losses.size()));
  TailLoss tail;
  tail.var = quantile_sorted(sorted, confidence);
  const auto first = std::lower_bound(sorted.begin(), sorted.end(), tail.var);
  tail.es = mean({first, sorted.end()});
  return tail;
}

TailLoss normal_tail(double sigma, double confidence) {
  RL_ASSERT(sigma >= 0);
  const double z = normal_quantile(confidence);
  return {z * sigma, sigma * normal_pdf(z) / (1 - confidence)};
}

Computed<Eigen::VectorXd> component_var(const Eigen::VectorXd& exposures,
                                        const Eigen::MatrixXd& covariance,
                                        double confidence) {
  RL_ASSERT(covariance.rows() == exposures.size() && covariance.cols() == exposures.size());
  const Eigen::VectorXd marginal = covariance * exposures;
  const double variance = exposures.dot(marginal);
  if (!(variance > 0)) {
    return unknown(NullReason::kConstantSeries);
  }
  const double scale = normal_quantile(confidence) / std::sqrt(variance);
  return Eigen::VectorXd(scale * exposures.cwiseProduct(marginal));
}

}  // namespace runledger::risk
