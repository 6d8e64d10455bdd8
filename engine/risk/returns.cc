#include "engine/risk/returns.h"

#include <cmath>
#include <limits>

namespace runledger::risk {
namespace {

constexpr double kSpikeMove = 0.20;
constexpr double kReversalDistance = 0.05;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

bool is_reversed_spike(double before, double spike, double after) noexcept {
  // Comparisons with NaN are false: without all three prices nothing is a spike.
  return std::abs(spike / before - 1) > kSpikeMove &&
         std::abs(after / before - 1) < kReversalDistance;
}

Returns make_returns(std::span<const double> adjusted) {
  Returns returns;
  returns.clean.assign(adjusted.size(), kNan);
  for (std::size_t t = 1; t < adjusted.size(); ++t) {
    returns.clean[t] = adjusted[t] / adjusted[t - 1] - 1;
  }
  for (std::size_t t = 1; t + 1 < adjusted.size(); ++t) {
    if (is_reversed_spike(adjusted[t - 1], adjusted[t], adjusted[t + 1])) {
      // A spike right after another one was missing already on its own day.
      const bool follows_spike =
          t >= 2 && is_reversed_spike(adjusted[t - 2], adjusted[t - 1], adjusted[t]);
      returns.spikes.push_back({t, follows_spike ? kNan : adjusted[t] / adjusted[t - 1] - 1});
      returns.clean[t] = kNan;
      returns.clean[t + 1] = kNan;
    }
  }
  return returns;
}

}  // namespace runledger::risk
