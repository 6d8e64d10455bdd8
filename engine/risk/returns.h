#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace runledger::risk {

/// Simple returns of one series of adjusted prices, one a session; NaN: missing.
struct Returns {
  /// Return of each session, without those around a spike whose reversal is in the series.
  std::vector<double> clean;
  /// A return that `clean` drops, but that was there as of its own day: the reversal came the day
  /// after, and nothing may be known before it happens.
  struct Spike {
    std::size_t index = 0;
    double value = 0;
  };
  std::vector<Spike> spikes;  ///< Ascending.
};

/// r(t) = A(t) / A(t-1) - 1; missing if either price is (gaps are never bridged). A spike is
/// |r(t)| > 0.20 with |A(t+1) / A(t-1) - 1| < 0.05; it drops r(t) and r(t+1).
/// @param adjusted  > 0, or NaN where there is no price.
/// Cost: O(n). Pure, thread-safe.
[[nodiscard]] Returns make_returns(std::span<const double> adjusted);

/// Whether the move into the middle price is a spike that the move out of it reverses.
[[nodiscard]] bool is_reversed_spike(double before, double spike, double after) noexcept;

}  // namespace runledger::risk
