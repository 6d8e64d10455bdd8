#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/jobs/market_data.h"
#include "engine/risk/black_scholes.h"

namespace runledger::engine {

/// A position with its dates as sessions and its symbol as an id.
struct Holding {
  std::string label;   ///< Number of the position in its file, from 1.
  std::string symbol;  ///< As shown: of the option if it has one, else of the underlying.
  SymbolId underlying = 0;
  bool is_option = false;
  bool is_private = false;
  double quantity = 0;     ///< As entered; signed.
  double entry_price = 0;  ///< As entered, money a share.
  double multiplier = 1;
  Session entry = 0;
  Session exit = kNever;    ///< Not active from here on.
  Session expiry = kNever;  ///< Options: the last session on which it is active.
  std::optional<double> exit_price;
  double strike = 0;  ///< Options, as entered.
  risk::OptionKind kind{};
  risk::ExerciseStyle style{};
  std::vector<std::string> tags;

  [[nodiscard]] bool is_active(Session at_close_of) const noexcept {
    return entry <= at_close_of && at_close_of < exit && at_close_of <= expiry;
  }
  /// Whether it was sold on this very session.
  [[nodiscard]] bool exits_on(Session session) const noexcept {
    return exit == session && entry <= session && session <= expiry;
  }
  /// "LONG", "SHORT", "LC", "LP", "SC" or "SP".
  [[nodiscard]] std::string_view type() const noexcept;
};

/// A portfolio, ready for calculations.
struct Book {
  struct Flow {
    Session session = 0;
    double amount = 0;
  };

  PortfolioId id;
  std::string name;
  Digest content;
  std::vector<Holding> holdings;
  std::vector<SymbolId> symbols;  ///< Of all holdings, distinct, ascending.
  std::optional<double> equity;
  Session equity_session = kNever;
  std::vector<Flow> flows;  ///< Ascending; one a session.
  bool has_options = false;

  [[nodiscard]] double flow_on(Session session) const noexcept;
};

/// Makes the books of all portfolios, in the order of `rows`.
[[nodiscard]] std::vector<Book> make_books(const InputRows& rows, const MarketData& market);

}  // namespace runledger::engine
