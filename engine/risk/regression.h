#pragma once

#include <cstddef>
#include <span>

#include <Eigen/Core>

#include "engine/risk/computed.h"

/// Ordinary least squares. All pure and thread-safe.
namespace runledger::risk {

/// Fit of y = alpha + beta x.
struct SimpleFit {
  double beta = 0;
  double alpha = 0;
  double r_squared = 0;
  double std_error = 0;  ///< Of beta, classical.
  double t_stat = 0;     ///< beta / std_error.
  double p_value = 0;    ///< Two-sided, Student with n - 2 degrees of freedom.
  std::size_t n_obs = 0;
};

/// Regresses `y` on `x` with an intercept, on the rows where both exist (NaN: missing). An exact
/// fit has the residual of rounding, so that t stays finite.
/// Asserts equal sizes. Errors: kShortHistory with fewer than `least` (at least 3) complete rows,
/// kConstantSeries if x or y does not vary on them. Cost: O(n), two passes over centred values.
[[nodiscard]] Computed<SimpleFit> simple_regression(std::span<const double> y,
                                                    std::span<const double> x,
                                                    std::size_t least);

enum class Intercept : bool { kNo, kYes };

/// Fit of a linear model.
struct LinearFit {
  Eigen::VectorXd coefficients;  ///< In column order; the intercept first if there is one.
  Eigen::VectorXd residuals;
  double r_squared = 0;  ///< Uncentred without an intercept.
  double adj_r_squared = 0;
  double residual_sd = 0;  ///< Divisor n - k.
};

/// A design matrix with its QR decomposition: made once, fitted to many dependent series.
/// Immutable after make(); thread-safe. Columns are scaled to unit length before the pivoted
/// Householder QR (Golub & Van Loan 2013, 5.4), and a solution is refined once.
class Design {
 public:
  /// @param regressors  n x m, all finite; a column of ones is put in front for an intercept.
  /// Errors: kShortHistory unless n > k, kSingular if the columns are linearly dependent.
  [[nodiscard]] static Computed<Design> make(const Eigen::MatrixXd& regressors,
                                             Intercept intercept);

  /// Least-squares fit to `y` (n finite values). Cost: O(n k).
  [[nodiscard]] LinearFit fit(const Eigen::Ref<const Eigen::VectorXd>& y) const;

  /// (X'X)^-1, k x k.
  [[nodiscard]] const Eigen::MatrixXd& inverse_gram() const noexcept { return inverse_gram_; }
  [[nodiscard]] const Eigen::MatrixXd& matrix() const noexcept { return x_; }
  [[nodiscard]] Eigen::Index rows() const noexcept { return x_.rows(); }
  [[nodiscard]] Eigen::Index columns() const noexcept { return x_.cols(); }

 private:
  Eigen::MatrixXd x_;
  Eigen::MatrixXd q_transposed_;  ///< k x n.
  Eigen::MatrixXd solve_;         ///< k x k: coefficients = solve_ * q_transposed_ * y.
  Eigen::MatrixXd inverse_gram_;
  Intercept intercept_ = Intercept::kYes;
};

/// Lag of the Bartlett kernel: floor(4 (n / 100)^(2/9)) (Newey & West 1994).
[[nodiscard]] Eigen::Index newey_west_lag(Eigen::Index rows);

/// Covariance of the coefficients, robust to heteroskedasticity and autocorrelation: Newey & West
/// (1987), Bartlett weights up to `lag`, times n / (n - k). Asserts matching sizes.
[[nodiscard]] Eigen::MatrixXd newey_west_covariance(const Design& design,
                                                    const Eigen::VectorXd& residuals,
                                                    Eigen::Index lag);

/// How collinear the columns of `regressors` (no intercept) are.
struct Collinearity {
  Eigen::VectorXd vif;          ///< Variance inflation factors, 1 / (1 - R_j^2).
  double condition_number = 0;  ///< sqrt(greatest / least eigenvalue of the correlation matrix).
};
/// Errors: kConstantSeries, kSingular, kShortHistory below 2 rows.
[[nodiscard]] Computed<Collinearity> collinearity(const Eigen::MatrixXd& regressors);

}  // namespace runledger::risk
