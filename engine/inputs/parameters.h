#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// The parameters of the calculations: an input like prices, so that a run can be recomputed with
/// the ones it had.
namespace runledger::engine {

/// Values of all parameters; the defaults are those of docs/risk.md. "TDs": trading days.
struct Parameters {
  double quality_full = 0.90;      ///< Least quality score of market data called full.
  double quality_limited = 0.50;   ///< Least quality score called limited.
  std::size_t stale_days = 5;      ///< TDs that a price may be old.
  std::size_t window = 252;        ///< TDs of P&L series, joint regression, VaR, HAR, stress.
  std::size_t window_least = 126;  ///< Least complete rows of the window.
  std::size_t beta_window = 63;    ///< TDs of market and rate betas.
  std::size_t beta_least = 30;
  std::size_t spread_window = 126;  ///< TDs of spread betas.
  std::size_t spread_least = 60;
  std::size_t style_window = 63;  ///< TDs of style betas.
  std::size_t style_least = 40;
  double ridge_penalty = 1;  ///< Of the style betas.
  double ewma_decay = 0.94;
  double rate_duration = 17;         ///< Of the rates fund, years.
  double rate_convexity = 380;       ///< Of the rates fund, years^2.
  double dividend_yield = 0;         ///< A year, of underlyings without imported dividends.
  double correlation_value = 10000;  ///< Least absolute market value, money.
  double correlation_weight = 0.01;  ///< Least share of gross market value.
  std::size_t correlation_window = 63;
  std::size_t correlation_least = 30;  ///< Least common TDs of a cell.
  double cluster_threshold = 0.7;      ///< |rho| from which two underlyings hang together.

  friend bool operator==(const Parameters&, const Parameters&) = default;
};

/// A parameter by name, with the range that it may have.
struct ParameterSpec {
  const char* name;
  std::variant<double Parameters::*, std::size_t Parameters::*> member;
  double least;
  double most;

  [[nodiscard]] double value_in(const Parameters& parameters) const;
  [[nodiscard]] bool is_count() const noexcept { return member.index() == 1; }
};
/// All parameters, in the order of Parameters.
[[nodiscard]] std::span<const ParameterSpec> parameter_specs() noexcept;
/// The parameter of that name; null if there is none.
[[nodiscard]] const ParameterSpec* find_parameter(std::string_view name) noexcept;

/// One line of a parameters file.
struct ParameterRow {
  std::string parameter;
  double value = 0;
};
/// The defaults, changed by `rows` in their order. Asserts that names and values were checked.
[[nodiscard]] Parameters make_parameters(const std::vector<ParameterRow>& rows);

}  // namespace runledger::engine
