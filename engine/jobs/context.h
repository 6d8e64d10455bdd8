#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "engine/jobs/book.h"
#include "engine/jobs/day.h"
#include "engine/jobs/equity.h"
#include "engine/jobs/valuation.h"
#include "schema/vocabulary.h"

namespace runledger::engine {

/// Exposures of one underlying: what its positions are worth together, and move together.
struct UnderlyingExposure {
  SymbolId id = 0;
  double exposure = 0;      ///< x_u: sum of delta q m S over what is known.
  double market_value = 0;  ///< Sum over what is known.
  std::size_t positions = 0;
  std::size_t valued = 0;
  std::size_t exposed = 0;
};

/// Exposures of a portfolio, by underlying in the order of names.
struct Exposures {
  std::vector<UnderlyingExposure> underlyings;
  /// Exposure of each active position of the valuation, in its order.
  std::vector<risk::Computed<double>> positions;
  double gross = 0;  ///< G = sum |x_u|.
  double net = 0;
  std::size_t exposed = 0;  ///< Positions with a known exposure.
  std::size_t active = 0;

  /// Why there are no shares of `gross` if it is 0: nothing is priced, or all of it cancels.
  [[nodiscard]] NullReason no_gross_reason() const noexcept {
    return exposed == 0 ? NullReason::kNoPrice : NullReason::kNotApplicable;
  }
  [[nodiscard]] double position_coverage() const noexcept {
    return active == 0 ? 1.0 : static_cast<double>(exposed) / static_cast<double>(active);
  }
};

/// The P&L that today's exposures would have made on each day of the window.
struct PnlSeries {
  std::vector<const UnderlyingExposure*> members;
  std::vector<SymbolId> left_out;
  std::vector<bool> rows;  ///< Which days of the window are complete; one a session of it.
  std::vector<double>
      aligned;  ///< One a session of the window; those of incomplete days mean nothing.
  std::vector<double> complete;  ///< The values of the complete days, oldest first.
  std::size_t filled_returns = 0;
  risk::Computed<double> coverage = risk::unknown(NullReason::kNoPositions);
};

/// Everything about one portfolio as of one date that its jobs share: each part lazily, once.
/// Thread-safe. References live as long as the Context.
class Context {
 public:
  struct Inputs {
    const Book& book;
    std::size_t book_index;
    const Days& days;
    const EquityTracks& tracks;
    const MarketData& market;
  };
  Context(const Inputs& inputs, Session session);

  [[nodiscard]] const Book& book() const noexcept { return inputs_.book; }
  [[nodiscard]] const MarketData& market() const noexcept { return inputs_.market; }
  [[nodiscard]] const Day& day() const noexcept { return *day_; }
  [[nodiscard]] Session session() const noexcept { return session_; }

  [[nodiscard]] const Valuation& valuation() const;
  [[nodiscard]] const Exposures& exposures() const;
  [[nodiscard]] const PnlSeries& series() const;
  [[nodiscard]] const risk::Computed<EquityState>& equity() const;
  /// Equity if it is known and at least kEquityLeast: the divisor of ratios.
  [[nodiscard]] risk::Computed<double> positive_equity() const;
  /// The session before, for the Greeks of the explain.
  [[nodiscard]] const Day& before() const;
  /// What people should know about the data of this portfolio on this date.
  [[nodiscard]] const std::vector<std::string>& warnings() const;
  /// The same of the factor funds that it does not hold, for what is computed from them.
  [[nodiscard]] const std::vector<std::string>& factor_warnings() const;
  /// Quality of a result that `coverage` of the portfolio took part in.
  [[nodiscard]] DataQuality quality(double coverage) const;
  [[nodiscard]] bool holds_options() const noexcept;

  /// Digests of what calculations read.
  [[nodiscard]] const Digest& prices_digest() const;
  [[nodiscard]] const Digest& options_digest() const;
  [[nodiscard]] const Digest& equity_digest() const;
  [[nodiscard]] const Digest& sectors_digest() const;

 private:
  void fill_history() const;
  [[nodiscard]] std::vector<std::string> make_warnings() const;

  Inputs inputs_;
  Session session_;
  std::shared_ptr<const Day> day_;
  mutable std::shared_ptr<const Day> before_;
  mutable std::once_flag valuation_once_, exposures_once_, series_once_, equity_once_, before_once_,
      warnings_once_, factor_warnings_once_, history_once_, prices_once_, options_once_,
      money_once_, sectors_once_;
  mutable Valuation valuation_;
  mutable Exposures exposures_;
  mutable PnlSeries series_;
  mutable risk::Computed<EquityState> equity_ = risk::unknown(NullReason::kNoEquity);
  mutable std::vector<std::string> warnings_;
  mutable std::vector<std::string> factor_warnings_;
  mutable double average_history_days_ = 0;
  mutable bool short_history_ = false;
  mutable Digest prices_digest_, options_digest_, money_digest_, sectors_digest_;
};

/// Adds up exposures. `with_options` false: options are unknown (their Greeks failed).
enum class OptionGreeksKnown : bool { kNo, kYes };
[[nodiscard]] Exposures make_exposures(const Context& context, OptionGreeksKnown greeks);

/// Convexity of the options for market moves: sum of [V(S(1+h)) - V(S) - delta S h] q m, with
/// h = market_beta x move, floored at -0.99; one value a move. An option that cannot be valued is
/// left out, as it is of the exposures. Errors: of an underlying without a market beta.
/// Cost: about 60 us and 3 us a move for each option.
[[nodiscard]] risk::Computed<std::vector<double>> option_convexity(const Context& context,
                                                                   std::span<const double> moves);

}  // namespace runledger::engine
