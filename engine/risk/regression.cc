#include "engine/risk/regression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include "engine/risk/covariance.h"
#include "engine/risk/distributions.h"
#include "engine/risk/statistics.h"
#include "schema/invariant.h"

namespace runledger::risk {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

}  // namespace

Computed<SimpleFit> simple_regression(std::span<const double> y,
                                      std::span<const double> x,
                                      std::size_t least) {
  RL_ASSERT(y.size() == x.size());
  std::vector<double> xs;
  std::vector<double> ys;
  xs.reserve(x.size());
  ys.reserve(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isnan(x[i]) && !std::isnan(y[i])) {
      xs.push_back(x[i]);
      ys.push_back(y[i]);
    }
  }
  const std::size_t n = xs.size();
  if (n < std::max<std::size_t>(least, 3)) {
    return unknown(NullReason::kShortHistory);
  }
  if (is_constant(xs) || is_constant(ys)) {
    return unknown(NullReason::kConstantSeries);
  }
  const double x_mean = mean(xs);
  const double y_mean = mean(ys);
  double sxx = 0;
  double sxy = 0;
  double syy = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double dx = xs[i] - x_mean;
    const double dy = ys[i] - y_mean;
    sxx += dx * dx;
    sxy += dx * dy;
    syy += dy * dy;
  }
  SimpleFit fit;
  fit.n_obs = n;
  fit.beta = sxy / sxx;
  fit.alpha = y_mean - fit.beta * x_mean;
  double rss = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double residual = (ys[i] - y_mean) - fit.beta * (xs[i] - x_mean);
    rss += residual * residual;
  }
  rss = std::max(rss, static_cast<double>(n) * kEpsilon * kEpsilon * syy);
  const double degrees = static_cast<double>(n - 2);
  fit.r_squared = 1 - rss / syy;
  fit.std_error = std::sqrt(rss / degrees / sxx);
  fit.t_stat = fit.beta / fit.std_error;
  fit.p_value = student_p_value(fit.t_stat, degrees);
  return fit;
}

Computed<Design> Design::make(const Eigen::MatrixXd& regressors, Intercept intercept) {
  const Eigen::Index front = intercept == Intercept::kYes ? 1 : 0;
  const Eigen::Index n = regressors.rows();
  const Eigen::Index k = regressors.cols() + front;
  RL_ASSERT(k > 0);
  if (n <= k) {
    return unknown(NullReason::kShortHistory);
  }
  Design design;
  design.intercept_ = intercept;
  design.x_.resize(n, k);
  if (front == 1) {
    design.x_.col(0).setOnes();
  }
  design.x_.rightCols(regressors.cols()) = regressors;

  const Eigen::VectorXd lengths = design.x_.colwise().norm();
  if (!(lengths.minCoeff() > 0)) {
    return unknown(NullReason::kSingular);
  }
  const Eigen::VectorXd inverse_lengths = lengths.cwiseInverse();
  const Eigen::MatrixXd scaled = design.x_ * inverse_lengths.asDiagonal();
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(scaled);
  if (qr.rank() < k) {
    return unknown(NullReason::kSingular);
  }
  const Eigen::MatrixXd thin_q = qr.householderQ() * Eigen::MatrixXd::Identity(n, k);
  design.q_transposed_ = thin_q.transpose();
  const Eigen::MatrixXd r_inverse =
      qr.matrixR().topLeftCorner(k, k).triangularView<Eigen::Upper>().solve(
          Eigen::MatrixXd::Identity(k, k));
  const Eigen::MatrixXd unpermuted = qr.colsPermutation() * r_inverse;
  design.solve_ = inverse_lengths.asDiagonal() * unpermuted;
  design.inverse_gram_ = design.solve_ * design.solve_.transpose();
  return design;
}

LinearFit Design::fit(const Eigen::Ref<const Eigen::VectorXd>& y) const {
  RL_ASSERT(y.size() == x_.rows());
  const auto n = static_cast<double>(x_.rows());
  const auto k = static_cast<double>(x_.cols());
  LinearFit result;
  Eigen::VectorXd projected = q_transposed_ * y;
  result.coefficients = solve_ * projected;
  result.residuals = y - x_ * result.coefficients;
  projected = q_transposed_ * result.residuals;
  result.coefficients += solve_ * projected;
  result.residuals = y - x_ * result.coefficients;

  const double rss = result.residuals.squaredNorm();
  const bool centred = intercept_ == Intercept::kYes;
  const double tss = centred ? (y.array() - y.mean()).matrix().squaredNorm() : y.squaredNorm();
  result.residual_sd = std::sqrt(rss / (n - k));
  result.r_squared = tss > 0 ? 1 - rss / tss : 0;
  result.adj_r_squared = 1 - (1 - result.r_squared) * (centred ? n - 1 : n) / (n - k);
  return result;
}

Eigen::Index newey_west_lag(Eigen::Index rows) {
  RL_ASSERT(rows > 0);
  return static_cast<Eigen::Index>(
      std::floor(4 * std::pow(static_cast<double>(rows) / 100, 2.0 / 9)));
}

Eigen::MatrixXd newey_west_covariance(const Design& design,
                                      const Eigen::VectorXd& residuals,
                                      Eigen::Index lag) {
  const Eigen::MatrixXd& x = design.matrix();
  RL_ASSERT(residuals.size() == x.rows());
  RL_ASSERT(lag >= 0 && lag < x.rows());
  const Eigen::Index n = x.rows();
  const Eigen::Index k = x.cols();
  const Eigen::MatrixXd scores = residuals.asDiagonal() * x;
  Eigen::MatrixXd meat = scores.transpose() * scores;
  for (Eigen::Index l = 1; l <= lag; ++l) {
    const double weight = 1 - static_cast<double>(l) / static_cast<double>(lag + 1);
    const Eigen::MatrixXd gamma = scores.bottomRows(n - l).transpose() * scores.topRows(n - l);
    meat += weight * (gamma + gamma.transpose());
  }
  const double correction = static_cast<double>(n) / static_cast<double>(n - k);
  const Eigen::MatrixXd half = design.inverse_gram() * meat;
  return correction * (half * design.inverse_gram());
}

Computed<Collinearity> collinearity(const Eigen::MatrixXd& regressors) {
  if (regressors.rows() < 2) {
    return unknown(NullReason::kShortHistory);
  }
  const Eigen::MatrixXd covariance = sample_covariance(regressors);
  const Eigen::VectorXd sd = covariance.diagonal().cwiseSqrt();
  if (!(sd.minCoeff() > 0)) {
    return unknown(NullReason::kConstantSeries);
  }
  const Eigen::VectorXd inverse_sd = sd.cwiseInverse();
  const Eigen::MatrixXd correlation =
      inverse_sd.asDiagonal() * covariance * inverse_sd.asDiagonal();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(correlation, Eigen::EigenvaluesOnly);
  const double least = eigen.eigenvalues().minCoeff();
  const double greatest = eigen.eigenvalues().maxCoeff();
  if (least <= greatest * kEpsilon * static_cast<double>(regressors.cols())) {
    return unknown(NullReason::kSingular);
  }
  const Eigen::LDLT<Eigen::MatrixXd> solver(correlation);
  const Eigen::MatrixXd inverse =
      solver.solve(Eigen::MatrixXd::Identity(correlation.rows(), correlation.cols()));
  return Collinearity{inverse.diagonal(), std::sqrt(greatest / least)};
}

}  // namespace runledger::risk
