#pragma once

#include <span>

#include "engine/risk/computed.h"

namespace runledger::risk {

/// One point of a par yield curve.
struct YieldPoint {
  double t_years = 0;
  double percent = 0;  ///< Par yield, compounded twice a year.
};

/// Par yield in percent at `t_years`: linear between the points (ascending in time), flat outside.
/// Errors: kNoRate without a point. Pure, thread-safe.
[[nodiscard]] Computed<double> par_yield(std::span<const YieldPoint> curve, double t_years);

/// Continuously compounded rate of a par yield: 2 ln(1 + y / 200).
[[nodiscard]] double continuous_rate(double percent) noexcept;

}  // namespace runledger::risk
