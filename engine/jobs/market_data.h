#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/inputs/calendar.h"
#include "engine/inputs/rows.h"
#include "engine/risk/returns.h"
#include "engine/risk/yield_curve.h"

namespace runledger::engine {

/// Index of a symbol in the order of names: sorting by id sorts by name.
using SymbolId = std::uint32_t;
/// Index of a session of Calendar::nyse().
using Session = std::int32_t;

inline constexpr Session kNever = std::numeric_limits<Session>::max();
/// Sessions of a year: what fixed rules look back.
inline constexpr std::size_t kYearSessions = 252;
/// A price below this is as good as none: it would make returns of any size.
inline constexpr double kPriceLeast = 1e-9;
/// A split beyond this many to one, either way, is a mistake of the file.
inline constexpr double kSplitRatioMost = 1e6;

/// Prices and returns of one symbol, aligned on sessions from `first` on. NaN: missing.
struct SymbolSeries {
  struct Split {
    Session ex = 0;
    double ratio = 1;
  };
  struct Dividend {
    Session ex = 0;
    double amount = 0;  ///< Money a share, in the shares of the ex-date.
  };
  enum Mark : std::uint8_t {
    kNonPositive = 1,  ///< Below kPriceLeast.
    kOhlcInconsistent = 2,
    kRawClose = 4,  ///< The row has no adjusted close.
  };

  Session first = 0;
  std::vector<double> close;
  std::vector<double> adjusted;
  std::vector<std::uint8_t> marks;  ///< Of Mark; 0 where there is no row.
  risk::Returns returns;
  std::vector<Split> splits;        ///< Ascending.
  std::vector<Dividend> dividends;  ///< Ascending.
  std::string sector;               ///< Empty: unknown.

  [[nodiscard]] double close_at(Session session) const noexcept { return at(close, session); }
  [[nodiscard]] double adjusted_at(Session session) const noexcept { return at(adjusted, session); }
  [[nodiscard]] double at(const std::vector<double>& values, Session session) const noexcept {
    const auto index = static_cast<std::size_t>(session - first);  // wraps below `first`
    return session >= first && index < values.size() ? values[index]
                                                     : std::numeric_limits<double>::quiet_NaN();
  }
  [[nodiscard]] Session end() const noexcept { return first + static_cast<Session>(close.size()); }
};

/// A price with the session it is of.
struct PricePoint {
  double price = 0;
  Session session = 0;
};

/// An option quote; `mid` only for a bid > 0 and an ask >= bid.
struct OptionQuote {
  SymbolId underlying = 0;
  Session session = 0;
  Session expiry = 0;
  double strike = 0;
  OptionRight right{};
  std::optional<double> mid;
  std::optional<double> iv;
  std::size_t row = 0;  ///< In the order of import.
};

/// The market inputs of a run, indexed for calculations as of a session: no member function looks
/// at anything dated after the session that it is asked for. Immutable; thread-safe.
class MarketData {
 public:
  /// Cost: O(rows log rows). Rows on days that are no session are left out.
  explicit MarketData(const InputRows& rows);

  [[nodiscard]] const Parameters& parameters() const noexcept { return parameters_; }
  /// P&L windows of calculations: parameters().window sessions.
  [[nodiscard]] std::size_t window() const noexcept { return parameters_.window; }
  /// A price may be this many sessions old.
  [[nodiscard]] std::int32_t stale_sessions() const noexcept {
    return static_cast<std::int32_t>(parameters_.stale_days);
  }
  [[nodiscard]] std::size_t symbols() const noexcept { return names_.size(); }
  [[nodiscard]] const std::string& name(SymbolId id) const { return names_[id]; }
  [[nodiscard]] const SymbolSeries& series(SymbolId id) const { return series_[id]; }
  /// Asserts that the symbol is in the prices, held, or a factor.
  [[nodiscard]] SymbolId id(std::string_view name) const;

  /// Product of the split ratios with an ex-date in (after, upto].
  [[nodiscard]] double split_ratio(SymbolId id, Session after, Session upto) const;
  /// Dividends with an ex-date in (after, upto] on one share as of `after`, in money.
  [[nodiscard]] double dividends(SymbolId id, Session after, Session upto) const;
  /// Dividends of the calendar year up to `as_of` on one share as of `as_of`; nullopt if none of
  /// the symbol was ever imported with an ex-date up to then.
  [[nodiscard]] std::optional<double> trailing_dividends(SymbolId id, Session as_of) const;
  /// Last close in [as_of - sessions_max, as_of], in the terms of `as_of` if a split is between.
  [[nodiscard]] std::optional<PricePoint> price(SymbolId id,
                                                Session as_of,
                                                std::int32_t sessions_max) const;
  /// Returns of the sessions ending at `as_of`, as they were known then, into `out`.
  void copy_returns(SymbolId id, Session as_of, std::span<double> out) const;
  /// Points of the last yield curve at most 7 calendar days old; empty if there is none.
  [[nodiscard]] std::span<const risk::YieldPoint> curve(Session as_of) const;
  /// 10-year par yield of the session itself, percent; NaN if missing.
  [[nodiscard]] double ten_year(Session session) const;
  /// Quote of the contract on the session; strikes match within 0.005.
  [[nodiscard]] const OptionQuote* quote(const OptionQuote& contract) const;

  /// Curves dated up to `as_of`, for hashing.
  [[nodiscard]] Digest rates_digest(Session as_of) const;
  /// Quotes of `underlying` up to `as_of`, for hashing.
  [[nodiscard]] Digest quotes_digest(SymbolId underlying, Session as_of) const;
  /// Closes, adjusted closes, marks, splits and dividends of `id` up to `as_of`, for hashing.
  [[nodiscard]] Digest prices_digest(SymbolId id, Session as_of) const;

 private:
  struct Curve {
    Date date{};
    std::vector<risk::YieldPoint> points;
  };

  void intern(const InputRows& rows);
  void load_prices(const std::vector<PriceRow>& rows);
  void load_rates(const std::vector<RateRow>& rows);
  void load_quotes(const std::vector<QuoteRow>& rows);
  void load_splits(const std::vector<SplitRow>& rows);
  void load_dividends(const std::vector<DividendRow>& rows);
  void adjust_raw_closes();

  Parameters parameters_;
  std::vector<std::string> names_;
  std::unordered_map<std::string_view, SymbolId> ids_;
  std::vector<SymbolSeries> series_;
  std::vector<Curve> curves_;        ///< Ascending by date.
  std::vector<OptionQuote> quotes_;  ///< By underlying, session, expiry, right, strike.
};

/// The exchange-traded funds that stand for the factors, in the order of every factor list.
struct FactorFund {
  const char* factor;
  const char* symbol;
};
inline constexpr std::array<FactorFund, 7> kFactorFunds = {{{"MARKET", "SPY"},
                                                            {"VALUE", "VTV"},
                                                            {"GROWTH", "VUG"},
                                                            {"MOMENTUM", "MTUM"},
                                                            {"QUALITY", "QUAL"},
                                                            {"SIZE", "IWM"},
                                                            {"LOW_VOLATILITY", "USMV"}}};
inline constexpr const char* kRatesFund = "TLT";

/// Session of a date: that day's, or the next one's. Dates outside the calendar are clamped.
[[nodiscard]] Session session_on_or_after(Date date);
/// Session of a date: that day's, or the one before.
[[nodiscard]] Session session_on_or_before(Date date);

}  // namespace runledger::engine
