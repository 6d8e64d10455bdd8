#include "engine/jobs/equity.h"

#include <iterator>
#include <optional>

namespace runledger::engine {
namespace {

constexpr Session kCheckpointEvery = 64;
constexpr std::size_t kRecentStates = 8;
constexpr double kRiskFreeYears = 0.25;

bool is_checkpoint(const EquityState& state) {
  return state.session % kCheckpointEvery == 0;
}

}  // namespace

EquityTracks::EquityTracks(const MarketData& market,
                           const Days& days,
                           const std::vector<Book>& books)
    : market_(market), days_(days), books_(books) {
  for (std::size_t i = 0; i < books.size(); ++i) {
    tracks_.push_back(std::make_unique<Track>());
  }
}

EquityState EquityTracks::advance(const Book& book, const EquityState& state) const {
  const Session session = state.session + 1;
  std::shared_ptr<const Day> today;
  std::shared_ptr<const Day> before;
  if (book.has_options) {  // only option values are worth sharing
    today = days_.peek(session);
    before = days_.peek(session - 1);
  }
  const Valuation valuation = value_positions({book, market_, today.get(), before.get()}, session);
  EquityState next = state;
  next.session = session;
  next.daily_pnl = valuation.daily_pnl;
  // A book without positions has earned nothing; one whose positions have no price is unknown.
  if (!next.daily_pnl && next.daily_pnl.error() == NullReason::kNoPositions) {
    next.daily_pnl = 0.0;
  }
  const double daily_pnl = next.daily_pnl.value_or(0.0);
  next.flow = book.flow_on(session);
  next.equity = state.equity + daily_pnl + next.flow;
  next.cumulative_pnl += daily_pnl;
  next.cumulative_flow += next.flow;
  next.cumulative_realized += valuation.realized_pnl;
  if (!(state.equity >= kEquityLeast)) {
    next.daily_return = risk::unknown(NullReason::kNoEquity);
    next.index_known = false;
  } else if (!next.daily_pnl) {
    next.daily_return = risk::unknown(next.daily_pnl.error());
  } else {
    next.daily_return = daily_pnl / state.equity;
    const risk::Computed<double> yield = risk::par_yield(market_.curve(session), kRiskFreeYears);
    next.performance.add(
        *next.daily_return,
        yield ? std::optional(*yield / 100 / risk::kTradingDaysPerYear) : std::nullopt);
  }
  return next;
}

risk::Computed<EquityState> EquityTracks::at(std::size_t book_index, Session session) const {
  const Book& book = books_[book_index];
  if (!book.equity || session < book.equity_session) {
    return risk::unknown(NullReason::kNoEquity);
  }
  Track& track = *tracks_[book_index];
  const std::lock_guard lock(track.mutex);
  auto after = track.states.upper_bound(session);
  EquityState state;
  if (after != track.states.begin()) {
    state = std::prev(after)->second;
  } else {
    state.session = book.equity_session;
    state.equity = *book.equity;
    track.states.emplace(state.session, state);
  }
  while (state.session < session) {
    state = advance(book, state);
    if (is_checkpoint(state) || state.session + static_cast<Session>(kRecentStates) > session) {
      track.states.insert_or_assign(state.session, state);
    }
  }
  // Of the states between checkpoints only the newest stay.
  std::size_t recent = 0;
  for (auto it = std::prev(track.states.end()); it != track.states.begin();) {
    const auto current = it--;
    if (!is_checkpoint(current->second) && ++recent > 2 * kRecentStates) {
      track.states.erase(current);
    }
  }
  return state;
}

}  // namespace runledger::engine
