#pragma once

#include <span>

#include <Eigen/Core>

#include "engine/risk/computed.h"

/// One-day value at risk and expected shortfall in money; positive = loss. Pure, thread-safe.
namespace runledger::risk {

struct TailLoss {
  double var = 0;
  double es = 0;
};

/// Losses of `pnl` in ascending order; the input of historical_tail().
[[nodiscard]] Eigen::VectorXd sorted_losses(std::span<const double> pnl);

/// Historical simulation: VaR is the type-7 quantile of the losses at `confidence` in (0.5, 1),
/// ES the mean of the losses that reach it. Asserts that there is a loss. Cost: O(tail).
[[nodiscard]] TailLoss historical_tail(const Eigen::VectorXd& losses, double confidence);

/// Normal distribution with mean 0 and daily standard deviation `sigma`: VaR = z sigma,
/// ES = sigma phi(z) / (1 - confidence).
[[nodiscard]] TailLoss normal_tail(double sigma, double confidence);

/// Contributions of the exposures to a parametric VaR: z x_u (S x)_u / sigma, where
/// sigma = sqrt(x'Sx); they add up to z sigma (Euler). Errors: kConstantSeries if sigma is 0.
[[nodiscard]] Computed<Eigen::VectorXd> component_var(const Eigen::VectorXd& exposures,
                                                      const Eigen::MatrixXd& covariance,
                                                      double confidence);

}  // namespace runledger::risk
