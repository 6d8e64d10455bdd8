#pragma once

#include <cstdint>
#include <optional>

#include "engine/risk/computed.h"

namespace runledger::risk {

/// Running statistics of a portfolio's daily returns: constant memory, exact continuation (Welford
/// 1962). A value; feeding the same days in the same order gives the same bits.
class Performance {
 public:
  /// Adds a day. `risk_free` is the rate of that day (a fraction), nullopt if unknown.
  void add(double daily_return, std::optional<double> risk_free);

  [[nodiscard]] double index() const noexcept { return index_; }  ///< Time-weighted, from 1.
  [[nodiscard]] double drawdown() const noexcept { return index_ / peak_ - 1; }  ///< <= 0.
  [[nodiscard]] double max_drawdown() const noexcept { return max_drawdown_; }   ///< <= 0.

  /// sd of the returns x sqrt(252). Errors: kShortHistory below 20 days.
  [[nodiscard]] Computed<double> volatility() const;
  /// mean(r - rf) / sd(r) x sqrt(252) (Sharpe 1994). Errors: kShortHistory, kNoRate below 20 days
  /// with a rate, kConstantSeries.
  [[nodiscard]] Computed<double> sharpe() const;
  /// mean(r - rf) / sqrt(mean(min(r - rf, 0)^2)) x sqrt(252) (Sortino & Price 1994). Errors as
  /// sharpe(); kConstantSeries without a day below the rate.
  [[nodiscard]] Computed<double> sortino() const;

 private:
  [[nodiscard]] Computed<double> mean_excess() const;

  double index_ = 1;
  double peak_ = 1;
  double max_drawdown_ = 0;
  std::uint32_t days_ = 0;
  double mean_ = 0;
  double squares_ = 0;  ///< Sum of squared deviations of the returns.
  std::uint32_t excess_days_ = 0;
  double excess_mean_ = 0;
  double downside_squares_ = 0;
};

}  // namespace runledger::risk
