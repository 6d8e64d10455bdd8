#include "engine/jobs/job_run.h"
#include "engine/risk/concentration.h"
#include "engine/risk/volatility.h"

namespace runledger::engine {
namespace {

constexpr std::size_t kMonth = 21;
constexpr std::size_t kQuarter = 63;
constexpr std::size_t kHarRowsLeast = 100;

/// Equity, P&L and what they add up to since the first snapshot: a function of the inputs, so that
/// the sequence of runs cannot matter (formulas.md section 10).
void write_roll_forward(JsonWriter& json, const Context& context) {
  const risk::Computed<EquityState>& state = context.equity();
  if (!state) {
    const NullReason reason = state.error();
    json.null_field("equity", reason).null_field("net_asset_value", reason);
    json.field("daily_pnl", context.valuation().daily_pnl);
    json.null_field("daily_return", reason);
    json.field("flow", context.book().flow_on(context.session()));
    for (const char* field :
         {"cumulative_pnl", "cumulative_flow", "cumulative_realized", "twr_index", "drawdown",
          "max_drawdown", "volatility", "sharpe", "sortino", "cash"}) {
      json.null_field(field, reason);
    }
    return;
  }
  json.field("equity", state->equity).field("net_asset_value", state->equity);
  json.field("daily_pnl", state->daily_pnl).field("daily_return", state->daily_return);
  json.field("flow", state->flow).field("cumulative_pnl", state->cumulative_pnl);
  json.field("cumulative_flow", state->cumulative_flow);
  json.field("cumulative_realized", state->cumulative_realized);
  const risk::Performance& performance = state->performance;
  if (state->index_known) {
    json.field("twr_index", performance.index()).field("drawdown", performance.drawdown());
    json.field("max_drawdown", performance.max_drawdown());
  } else {
    for (const char* field : {"twr_index", "drawdown", "max_drawdown"}) {
      json.null_field(field, NullReason::kNoEquity);
    }
  }
  json.field("volatility", performance.volatility()).field("sharpe", performance.sharpe());
  json.field("sortino", performance.sortino());
  json.field("cash", state->equity - context.valuation().market_value);
}

void write_values(JsonWriter& json, const Valuation& valuation) {
  double long_value = 0;
  double short_value = 0;
  for (const PositionValue& position : valuation.positions) {
    if (!position.exited && position.market_value) {
      (*position.market_value >= 0 ? long_value : short_value) += *position.market_value;
    }
  }
  // Without positions there is no exposure: that is known to be 0.
  const std::size_t known = valuation.active == 0 ? 1 : valuation.priced;
  const auto field = [&](std::string_view name, double value) {
    json.field(name, known_sum(known, value, NullReason::kNoPrice));
  };
  field("gross_exposure", valuation.gross_market_value);
  field("net_exposure", valuation.market_value);
  field("long_exposure", long_value);
  field("short_exposure", short_value);
}

void write_analytics(JsonWriter& json, const JobRun& run) {
  const Context& context = run.context;
  json.field("market_beta", ratio(market_beta(context).exposure_dollar, context.positive_equity()));
  const std::span<const double> pnl(context.series().complete);
  json.field("realized_vol_21", risk::realized_volatility(pnl, kMonth));
  json.field("realized_vol_63", risk::realized_volatility(pnl, kQuarter));
  const risk::Computed<risk::HarForecast> forecast = risk::har_forecast(pnl, kHarRowsLeast);
  if (forecast) {
    json.field("expected_vol_21", forecast->volatility);
  } else {
    json.null_field("expected_vol_21", forecast.error());
  }
  std::vector<double> sizes;
  for (const UnderlyingExposure& underlying : context.exposures().underlyings) {
    if (underlying.exposed > 0) {
      sizes.push_back(underlying.exposure);
    }
  }
  const risk::Computed<risk::Concentration> result = risk::concentration(sizes);
  if (result) {
    json.field("hhi", result->hhi).field("top_3", result->top_3);
    json.field("top_10", result->top_10);
  } else {
    const NullReason reason = context.valuation().active == 0
                                  ? NullReason::kNoPositions
                                  : context.exposures().no_gross_reason();
    json.null_field("hhi", reason).null_field("top_3", reason).null_field("top_10", reason);
  }
}

}  // namespace

JobResult run_snapshot(const JobRun& run) {
  const Context& context = run.context;
  const Valuation& valuation = context.valuation();
  if (valuation.positions.empty() && !context.equity()) {
    return nothing_to_do(SkipReason::kNoPositions);
  }
  JsonWriter json;
  json.begin_object();
  write_roll_forward(json, context);
  write_values(json, valuation);
  write_greeks(json, run);
  json.field("positions", static_cast<std::uint64_t>(valuation.active));
  json.field("coverage", valuation.coverage());
  if (!run.step(1, 2, "parts")) {
    return stopped();
  }
  write_analytics(json, run);
  json.field("quality_flag", to_string(context.quality(valuation.coverage()).flag));
  if (!run.step(2, 2, "parts")) {
    return stopped();
  }
  JobOutput output = finish(run, json, valuation.coverage());
  output.records = valuation.active;
  output.unit = "positions";
  return output;
}

}  // namespace runledger::engine
