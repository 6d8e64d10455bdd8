#pragma once

#include <expected>
#include <string_view>

#include "engine/job.h"
#include "engine/jobs/book.h"
#include "engine/jobs/context.h"
#include "engine/jobs/day.h"
#include "schema/json_writer.h"

/// The jobs: each turns a Context into a JSON document (formulas.md) and holds no formula itself.
namespace runledger::engine {

using JobResult = std::expected<JobOutput, JobError>;

/// One attempt of a portfolio job.
struct JobRun {
  const Context& context;
  const JobSpec& spec;
  const std::stop_token& stop;
  const JobProgress& progress;

  /// Reports that `done` of `total` items are done. False: stop now, with stopped().
  [[nodiscard]] bool step(std::uint64_t done, std::uint64_t total, std::string_view unit) const;
  [[nodiscard]] bool failed(JobType type) const noexcept {
    return spec.failed_dependencies.contains(type);
  }
};

[[nodiscard]] std::unexpected<JobError> stopped();
[[nodiscard]] JobOutput nothing_to_do(SkipReason reason);

/// Writes `data_quality`, the formula version and the parameters into the open object, closes it,
/// and makes the output of it.
/// @param coverage  share of the portfolio that took part, for the quality.
[[nodiscard]] JobOutput finish(const JobRun& run, JsonWriter& json, double coverage);

/// A sum over `count` known items, or why there is none.
[[nodiscard]] risk::Computed<double> known_sum(std::size_t count, double sum, NullReason reason);
/// value / divisor, with the reason of whichever is unknown.
[[nodiscard]] risk::Computed<double> ratio(const risk::Computed<double>& value,
                                           const risk::Computed<double>& divisor);
/// Writes an array of names.
void write_names(JsonWriter& json,
                 std::string_view name,
                 const MarketData& market,
                 std::span<const SymbolId> ids);
/// The share of the portfolio behind its P&L series: of exposure, times that of positions that
/// have an exposure.
[[nodiscard]] double series_quality(const Context& context);

/// Sensitivity of a portfolio from those of its symbols.
struct PortfolioBeta {
  risk::Computed<double> exposure_dollar = risk::unknown(NullReason::kNoPositions);
  risk::Computed<double> coverage = risk::unknown(NullReason::kNoPositions);
};
/// @param select  a symbol's beta from its SymbolBetas, as Computed<double>.
template <class Select>
[[nodiscard]] PortfolioBeta portfolio_beta(const Context& context, Select select) {
  const Exposures& exposures = context.exposures();
  PortfolioBeta result;
  double sum = 0;
  double gross = 0;
  bool known = false;
  NullReason reason = exposures.active == 0 ? NullReason::kNoPositions : NullReason::kNoPrice;
  for (const UnderlyingExposure& underlying : exposures.underlyings) {
    if (underlying.exposed == 0) {
      continue;
    }
    const risk::Computed<double> beta = select(context.day().betas(underlying.id));
    if (!beta) {
      reason = beta.error();
      continue;
    }
    known = true;
    sum += underlying.exposure * *beta;
    gross += std::abs(underlying.exposure);
  }
  result.exposure_dollar =
      known ? risk::Computed<double>(sum) : risk::Computed<double>(risk::unknown(reason));
  if (exposures.gross > 0) {
    result.coverage = gross / exposures.gross;
  } else {
    result.coverage = risk::unknown(reason);
  }
  return result;
}
[[nodiscard]] PortfolioBeta market_beta(const Context& context);
[[nodiscard]] PortfolioBeta rate_beta(const Context& context);

/// Portfolio Greeks: sums over the options that can be valued.
struct GreekTotals {
  std::size_t options = 0;
  std::size_t valued = 0;
  double delta_shares = 0;
  double delta_dollar = 0;
  double gamma_dollar_1pct = 0;
  double vega_dollar = 0;
  double theta_dollar = 0;
  double rho_dollar = 0;
};
[[nodiscard]] GreekTotals greek_totals(const Context& context);
/// Writes `greeks`: the totals, or null with its reason.
void write_greeks(JsonWriter& json, const JobRun& run);

[[nodiscard]] JobResult run_position_values(const JobRun& run);
[[nodiscard]] JobResult run_greeks(const JobRun& run);
[[nodiscard]] JobResult run_aggregation(const JobRun& run);
[[nodiscard]] JobResult run_factor_analysis(const JobRun& run);
[[nodiscard]] JobResult run_market_risk(const JobRun& run);
[[nodiscard]] JobResult run_volatility(const JobRun& run);
[[nodiscard]] JobResult run_sector_concentration(const JobRun& run);
[[nodiscard]] JobResult run_stress(const JobRun& run);
[[nodiscard]] JobResult run_snapshot(const JobRun& run);
[[nodiscard]] JobResult run_correlations(const JobRun& run);

/// One attempt of market_data_update, which sees all portfolios.
struct MarketRun {
  const std::vector<Book>& books;
  const Day& day;
  const std::stop_token& stop;
  const JobProgress& progress;
};
[[nodiscard]] JobResult run_market_data(const MarketRun& run);

}  // namespace runledger::engine
