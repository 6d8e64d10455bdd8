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

/// What one share became on a day: `ratio` shares, and then `dividend` for each of them.
struct ShareAction {
  std::size_t index = 0;  ///< Of the day in the series.
  double ratio = 1;
  double dividend = 0;  ///< Money a share.
};

/// Makes raw closes comparable over splits and dividends: each becomes the value of what one share
/// of the first day has grown to, dividends reinvested at the close of their ex-date. Forward, so
/// that nothing changes what is before it. Closes that are adjusted already are left as they are,
/// and an action between one of those and its neighbour is not applied.
/// @param closes   > 0, or NaN where there is none.
/// @param raw      which of them are raw; as long as `closes`.
/// @param actions  by index, of one day the split first; those outside the series are ignored.
/// Cost: O(n). Pure, thread-safe.
void adjust_forward(std::span<double> closes,
                    const std::vector<bool>& raw,
                    std::span<const ShareAction> actions);

/// Whether the move into the middle price is a spike that the move out of it reverses.
[[nodiscard]] bool is_reversed_spike(double before, double spike, double after) noexcept;

}  // namespace runledger::risk
