#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/jobs/book.h"
#include "engine/jobs/day.h"
#include "engine/jobs/valuation.h"
#include "engine/risk/performance.h"

namespace runledger::engine {

/// An equity below this is rounding of larger sums (formulas.md section 0): no divisor.
inline constexpr double kEquityLeast = 1e-6;

/// The roll-forward of a portfolio's equity at the close of a session.
struct EquityState {
  Session session = 0;
  double equity = 0;
  risk::Computed<double> daily_pnl = risk::unknown(NullReason::kNotApplicable);
  risk::Computed<double> daily_return = risk::unknown(NullReason::kNotApplicable);
  double flow = 0;
  double cumulative_pnl = 0;
  double cumulative_flow = 0;
  double cumulative_realized = 0;
  risk::Performance performance;
  bool index_known = true;  ///< False once a day's return could not be taken (no equity).
};

/// Rolls the equity of each portfolio forward from the date of its import, day by day, from the
/// inputs alone: a state is a function of what is dated up to its session, so it does not matter
/// which dates were asked for before, in what order, or by which run. States are kept at
/// checkpoints and for the newest sessions, so that consecutive dates cost one valuation each.
/// Thread-safe.
class EquityTracks {
 public:
  EquityTracks(const MarketData& market, const Days& days, const std::vector<Book>& books);

  /// State at the close of `session`. Errors: kNoEquity without an imported equity, or before its
  /// date. Cost: a valuation for each session since the nearest state that is kept.
  [[nodiscard]] risk::Computed<EquityState> at(std::size_t book, Session session) const;

 private:
  struct Track {
    std::mutex mutex;
    std::map<Session, EquityState> states;
  };

  [[nodiscard]] EquityState advance(const Book& book, const EquityState& state) const;

  const MarketData& market_;
  const Days& days_;
  const std::vector<Book>& books_;
  std::vector<std::unique_ptr<Track>> tracks_;
};

}  // namespace runledger::engine
