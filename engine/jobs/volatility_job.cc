#include "engine/jobs/job_run.h"
#include "engine/risk/volatility.h"

namespace runledger::engine {
namespace {

constexpr std::size_t kMonth = 21;
constexpr std::size_t kQuarter = 63;
constexpr std::size_t kHarRowsLeast = 100;
constexpr std::size_t kPercentileLeast = 126;

/// A volatility in money, and as a share of equity.
void write_both(JsonWriter& json,
                const std::string& name,
                const risk::Computed<double>& money,
                const risk::Computed<double>& equity) {
  json.field(name, money);
  json.field(name + "_ratio", ratio(money, equity));
}

}  // namespace

JobResult run_volatility(const JobRun& run) {
  const Context& context = run.context;
  if (context.valuation().active == 0) {
    return nothing_to_do(SkipReason::kNoPositions);
  }
  const PnlSeries& series = context.series();
  const std::span<const double> pnl(series.complete);
  const risk::Computed<double> equity = context.positive_equity();
  JsonWriter json;
  json.begin_object();
  write_both(json, "realized_vol_21", risk::realized_volatility(pnl, kMonth), equity);
  write_both(json, "realized_vol_63", risk::realized_volatility(pnl, kQuarter), equity);
  const risk::Computed<risk::HarForecast> forecast = risk::har_forecast(pnl, kHarRowsLeast);
  const auto of_forecast = [&](double risk::HarForecast::*field) -> risk::Computed<double> {
    if (!forecast) {
      return risk::unknown(forecast.error());
    }
    return (*forecast).*field;
  };
  write_both(json, "expected_vol_21", of_forecast(&risk::HarForecast::volatility), equity);
  json.field("har_r_squared", of_forecast(&risk::HarForecast::r_squared));

  const std::vector<double> rolling = risk::rolling_volatility(pnl, kMonth);
  const risk::Computed<risk::VolatilityTrend> trend = risk::volatility_trend(rolling, kMonth);
  if (trend) {
    json.field("vol_trend", trend->direction).field("vol_trend_slope", trend->slope);
    json.field("vol_trend_r_squared", trend->r_squared);
  } else {
    json.null_field("vol_trend", trend.error()).null_field("vol_trend_slope", trend.error());
    json.null_field("vol_trend_r_squared", trend.error());
  }
  json.field("vol_percentile", risk::percentile_of_last(rolling, kPercentileLeast));
  json.field("coverage", series.coverage);
  json.field("n_obs", static_cast<std::uint64_t>(pnl.size()));
  write_names(json, "left_out", context.market(), series.left_out);
  json.field("filled_returns", static_cast<std::uint64_t>(series.filled_returns));
  if (!run.step(pnl.size(), pnl.size(), "days")) {
    return stopped();
  }
  JobOutput output = finish(run, json, series_quality(context));
  output.records = pnl.size();
  output.unit = "days";
  return output;
}

}  // namespace runledger::engine
