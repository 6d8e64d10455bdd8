#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include <Eigen/Core>

#include "engine/risk/computed.h"

/// Stress scenarios on factor shocks. Pure, thread-safe.
namespace runledger::risk {

/// The factors that can be shocked, in the order of every vector and matrix of this file.
enum class StressFactor : std::uint8_t {
  kMarket,
  kValue,
  kGrowth,
  kMomentum,
  kQuality,
  kSize,
  kLowVolatility,
  kRate,  ///< Daily change of the 10-year yield, a decimal.
};
inline constexpr std::size_t kStressFactors = 8;
[[nodiscard]] std::string_view to_string(StressFactor factor) noexcept;

struct Shock {
  StressFactor factor{};
  double size = 0;  ///< Return of the factor, or change of the yield; decimals.
};

struct Scenario {
  static constexpr std::size_t kShocksMax = 5;

  std::string_view id;
  std::string_view name;
  std::string_view category;
  std::string_view severity;
  std::array<Shock, kShocksMax> shock_table{};
  std::size_t shock_count = 0;

  [[nodiscard]] std::span<const Shock> shocks() const noexcept {
    return {shock_table.data(), shock_count};
  }
};

/// The built-in scenarios, version kScenarioVersion (version.h).
[[nodiscard]] std::span<const Scenario> built_in_scenarios() noexcept;

/// Standard deviations and the shrunk correlation matrix of the factors.
struct FactorModel {
  Eigen::VectorXd sd;           ///< Daily.
  Eigen::MatrixXd correlation;  ///< 0.8 C + 0.2 I.
};
/// @param factors  rows x kStressFactors, complete. Errors: kShortHistory below 2 rows,
/// kConstantSeries.
[[nodiscard]] Computed<FactorModel> make_factor_model(const Eigen::MatrixXd& factors);

/// The shocks of a scenario with what they have in common taken out.
struct ScenarioShape {
  Eigen::VectorXd joint;   ///< g, one a shock: sd * C'_ss^-1 (z / sd).
  double market_move = 0;  ///< The shock of the market, or what the others imply for it.
};
/// Errors: kSingular if the shocked factors' matrix cannot be solved.
[[nodiscard]] Computed<ScenarioShape> shape_scenario(const FactorModel& model,
                                                     const Scenario& scenario);

/// Univariate money sensitivities of `pnl` to each column: cov(f_k, pnl) / var(f_k).
/// Asserts equal rows. Errors: kConstantSeries.
[[nodiscard]] Computed<Eigen::VectorXd> univariate_sensitivities(
    const Eigen::Ref<const Eigen::VectorXd>& pnl, const Eigen::MatrixXd& factors);

/// A fund of long Treasury bonds; the defaults are about those of TLT.
struct RateFund {
  double duration = 17;    ///< Modified, years.
  double convexity = 380;  ///< Years^2.
};
/// P&L of a parallel shift `dy` (decimal) for an exposure `exposure` (money) to `fund`:
/// B (-D dy + C dy^2 / 2).
[[nodiscard]] double rate_shift_pnl(double exposure, double dy, RateFund fund = {}) noexcept;

}  // namespace runledger::risk
