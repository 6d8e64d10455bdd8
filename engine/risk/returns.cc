#include "engine/risk/returns.h"

#include <cmath>
#include <limits>

#include "schema/invariant.h"

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

void adjust_forward(std::span<double> closes,
                    const std::vector<bool>& raw,
                    std::span<const ShareAction> actions) {
  RL_ASSERT(raw.size() == closes.size());
  auto action = actions.begin();
  double shares = 1;  // of one share of the first day
  bool before_is_raw = false;
  for (std::size_t t = 0; t < closes.size(); ++t) {
    if (std::isnan(closes[t])) {
      continue;  // its actions come with the next close
    }
    double split = 1;
    double paid = 0;  // on one share of the close before
    for (; action != actions.end() && action->index <= t; ++action) {
      split *= action->ratio;
      paid += split * action->dividend;
    }
    if (!raw[t]) {
      before_is_raw = false;
      continue;
    }
    if (before_is_raw) {
      shares *= split + paid / closes[t];
    }
    before_is_raw = true;
    closes[t] *= shares;
  }
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
