#include "engine/risk/yield_curve.h"

#include <cmath>
#include <cstddef>

namespace runledger::risk {

Computed<double> par_yield(std::span<const YieldPoint> curve, double t_years) {
  if (curve.empty()) {
    return unknown(NullReason::kNoRate);
  }
  if (t_years <= curve.front().t_years) {
    return curve.front().percent;
  }
  for (std::size_t i = 1; i < curve.size(); ++i) {
    const YieldPoint& before = curve[i - 1];
    const YieldPoint& after = curve[i];
    if (t_years <= after.t_years) {
      const double share = (t_years - before.t_years) / (after.t_years - before.t_years);
      return before.percent + share * (after.percent - before.percent);
    }
  }
  return curve.back().percent;
}

double continuous_rate(double percent) noexcept {
  return 2 * std::log1p(percent / 200);
}

}  // namespace runledger::risk
