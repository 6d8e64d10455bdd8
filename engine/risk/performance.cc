#include "engine/risk/performance.h"

#include <algorithm>
#include <cmath>

namespace runledger::risk {
namespace {

constexpr std::uint32_t kDaysMin = 20;

}  // namespace

void Performance::add(double daily_return, std::optional<double> risk_free) {
  index_ *= 1 + daily_return;
  peak_ = std::max(peak_, index_);
  max_drawdown_ = std::min(max_drawdown_, drawdown());

  ++days_;
  const double distance = daily_return - mean_;
  mean_ += distance / days_;
  squares_ += distance * (daily_return - mean_);
  if (risk_free) {
    ++excess_days_;
    const double excess = daily_return - *risk_free;
    excess_mean_ += (excess - excess_mean_) / excess_days_;
    const double shortfall = std::min(excess, 0.0);
    downside_squares_ += shortfall * shortfall;
  }
}

Computed<double> Performance::volatility() const {
  if (days_ < kDaysMin) {
    return unknown(NullReason::kShortHistory);
  }
  return std::sqrt(squares_ / (days_ - 1)) * std::sqrt(kTradingDaysPerYear);
}

Computed<double> Performance::mean_excess() const {
  if (days_ < kDaysMin) {
    return unknown(NullReason::kShortHistory);
  }
  if (excess_days_ < kDaysMin) {
    return unknown(NullReason::kNoRate);
  }
  return excess_mean_;
}

Computed<double> Performance::sharpe() const {
  const Computed<double> excess = mean_excess();
  if (!excess) {
    return excess;
  }
  const double sd = std::sqrt(squares_ / (days_ - 1));
  if (!(sd > 0)) {
    return unknown(NullReason::kConstantSeries);
  }
  return *excess / sd * std::sqrt(kTradingDaysPerYear);
}

Computed<double> Performance::sortino() const {
  const Computed<double> excess = mean_excess();
  if (!excess) {
    return excess;
  }
  const double downside = std::sqrt(downside_squares_ / excess_days_);
  if (!(downside > 0)) {
    return unknown(NullReason::kConstantSeries);
  }
  return *excess / downside * std::sqrt(kTradingDaysPerYear);
}

}  // namespace runledger::risk
