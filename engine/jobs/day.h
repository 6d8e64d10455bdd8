#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <Eigen/Core>

#include "engine/jobs/market_data.h"
#include "engine/jobs/option_value.h"
#include "engine/risk/correlation.h"
#include "engine/risk/covariance.h"
#include "engine/risk/regression.h"
#include "engine/risk/stress.h"
#include "schema/ids.h"

namespace runledger::engine {

inline constexpr std::size_t kFactors = kFactorFunds.size();

/// Returns of a symbol in the window of P&L series as of a day, and how much there is.
struct SymbolWindow {
  std::span<const double> returns;  ///< One a session, oldest first; NaN: missing.
  std::size_t n_returns = 0;
  std::size_t n_closes = 0;  ///< Of the last kYearSessions sessions.
  /// Whether it can take part in a portfolio's series: it has 90 % of the returns.
  [[nodiscard]] bool takes_part() const noexcept { return 10 * n_returns >= 9 * returns.size(); }
};

inline constexpr std::array<const char*, 4> kSpreadNames = {"growth_value", "momentum", "size",
                                                            "quality"};
inline constexpr std::size_t kStyles = 6;  ///< kFactorFunds without the market.

/// Sensitivities of a symbol.
struct SymbolBetas {
  using Fit = risk::Computed<risk::SimpleFit>;
  Fit market = risk::unknown(NullReason::kShortHistory);
  Fit rate = risk::unknown(NullReason::kShortHistory);
  std::array<Fit, kSpreadNames.size()> spreads = {market, market, market, market};
  std::size_t style_n_obs = 0;
  risk::Computed<std::array<double, kStyles>> styles = risk::unknown(NullReason::kShortHistory);
};
/// A beta within +-5.
[[nodiscard]] double clamp_beta(double beta_raw) noexcept;

/// Returns of a symbol with its few gaps filled by its market beta.
struct FilledWindow {
  std::span<const double> returns;  ///< As the window; NaN where it cannot be filled.
  std::size_t filled = 0;
  bool complete = false;
};

/// A doubtful price.
struct Suspicion {
  Session session = 0;  ///< Of the price.
  Session found = 0;    ///< When it could be seen first.
  std::string_view kind;
  std::optional<double> ratio;
};

/// "suspicious price of 2014-03-04, decimal_shift (0.01 times the one before)", for people.
[[nodiscard]] std::string describe(const Suspicion& suspicion);

/// The seven factors on the rows where all exist.
struct JointFactors {
  std::vector<std::size_t> rows;  ///< Of the window.
  risk::Computed<risk::Design> design = risk::unknown(NullReason::kShortHistory);
  risk::Computed<risk::Collinearity> collinearity = risk::unknown(NullReason::kShortHistory);
  Eigen::MatrixXd covariance;  ///< Annual; if there is a design.
};

/// The eight stress factors on the rows where all exist.
struct StressFactors {
  std::vector<std::size_t> rows;  ///< Of the window.
  Eigen::MatrixXd factors;        ///< rows x kStressFactors.
  /// One a scenario of risk::built_in_scenarios().
  risk::Computed<std::vector<risk::Computed<risk::ScenarioShape>>> shapes =
      risk::unknown(NullReason::kShortHistory);
};

/// What is computed once for an as-of date and shared by all portfolios: each part lazily, by
/// whoever asks first. Thread-safe; nothing looks past the date. References live as long as the
/// Day. The bits do not depend on who asks when.
class Day {
 public:
  Day(const MarketData& market, Session session);
  ~Day();
  Day(const Day&) = delete;
  Day& operator=(const Day&) = delete;

  [[nodiscard]] Session session() const noexcept { return session_; }
  [[nodiscard]] const MarketData& market() const noexcept { return market_; }

  [[nodiscard]] const SymbolWindow& window(SymbolId id) const;
  [[nodiscard]] const SymbolBetas& betas(SymbolId id) const;
  [[nodiscard]] const FilledWindow& filled(SymbolId id) const;
  [[nodiscard]] std::span<const Suspicion> suspicions(SymbolId id) const;
  /// Correlations of the log returns of `ids` (ascending); a pair is computed once for all
  /// portfolios.
  [[nodiscard]] risk::PairwiseCorrelations correlations(std::span<const SymbolId> ids) const;
  /// `"SYMBOL":{...}` of factor_analysis.symbols.
  [[nodiscard]] const std::string& betas_json(SymbolId id) const;
  [[nodiscard]] const Digest& digest(SymbolId id) const;
  /// Digest of the factor funds and of the rates fund.
  [[nodiscard]] const Digest& factors_digest() const;
  [[nodiscard]] const Digest& rates_digest() const;

  [[nodiscard]] const ContractPrice& price(const Contract& contract) const;
  [[nodiscard]] const ContractGreeks& greeks(const Contract& contract) const;

  /// `pnl_rows`: which rows of the window the portfolio's series has; all of them: the shared one.
  [[nodiscard]] std::shared_ptr<const JointFactors> joint_factors(
      const std::vector<bool>& pnl_rows) const;
  [[nodiscard]] std::shared_ptr<const StressFactors> stress_factors(
      const std::vector<bool>& pnl_rows) const;

 private:
  struct Slot;
  struct ContractSlot;
  struct Shared;

  Slot& slot(SymbolId id) const;
  ContractSlot& slot(const Contract& contract) const;
  void fill_window(SymbolId id, Slot& slot) const;
  void fill_betas(SymbolId id, Slot& slot) const;
  void fill_styles(std::span<const double> y,
                   const std::array<std::span<const double>, kFactors>& x,
                   SymbolBetas& betas) const;
  [[nodiscard]] std::span<const double> log_returns(SymbolId id) const;
  [[nodiscard]] risk::PairCorrelation correlation(SymbolId a, SymbolId b) const;
  void fill_gaps(SymbolId id, Slot& slot) const;
  [[nodiscard]] JointFactors make_joint(const std::vector<bool>& pnl_rows) const;
  [[nodiscard]] StressFactors make_stress(const std::vector<bool>& pnl_rows) const;

  const MarketData& market_;
  Session session_;
  std::array<SymbolId, kFactors> factor_ids_{};
  SymbolId rates_id_ = 0;
  std::unique_ptr<Slot[]> slots_;
  std::unique_ptr<Shared> shared_;
  mutable std::mutex pairs_mutex_;
  mutable std::map<std::pair<SymbolId, SymbolId>, risk::PairCorrelation> pairs_;
  mutable std::mutex contracts_mutex_;
  mutable std::map<Contract, std::unique_ptr<ContractSlot>> contracts_;
};

/// The days in use: made on demand, the least recently used dropped beyond a bound. Thread-safe.
class Days {
 public:
  /// @param days_max  at least 2.
  Days(const MarketData& market, std::size_t days_max) : market_(market), days_max_(days_max) {}

  [[nodiscard]] std::shared_ptr<const Day> get(Session session) const;
  /// The day if it is here.
  [[nodiscard]] std::shared_ptr<const Day> peek(Session session) const;

 private:
  struct Entry {
    std::shared_ptr<const Day> day;
    std::list<Session>::iterator use;
  };

  const MarketData& market_;
  std::size_t days_max_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<Session, Entry> days_;
  mutable std::list<Session> uses_;  ///< Most recent first.
};

/// Suspicious prices of the 5 sessions up to `as_of` (formulas.md section 1).
[[nodiscard]] std::vector<Suspicion> find_suspicions(const SymbolSeries& series, Session as_of);

}  // namespace runledger::engine
