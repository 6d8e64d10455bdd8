#include "engine/jobs/job_run.h"

#include <cmath>

#include "engine/jobs/job_inputs.h"
#include "engine/risk/version.h"
#include "schema/ids.h"

namespace runledger::engine {

bool JobRun::step(std::uint64_t done, std::uint64_t total, std::string_view unit) const {
  if (stop.stop_requested()) {
    return false;
  }
  if (progress) {
    progress(done, total, unit);
  }
  return true;
}

std::unexpected<JobError> stopped() {
  return std::unexpected(JobError{ErrorCategory::kTimeout, "deadline_exceeded",
                                  "the attempt was asked to stop before it was done"});
}

JobOutput nothing_to_do(SkipReason reason) {
  JobOutput output;
  output.nothing_to_do = reason;
  output.formula_version = risk::kFormulaVersion;
  return output;
}

JobOutput finish(const JobRun& run, JsonWriter& json, double coverage) {
  const Context& context = run.context;
  JobOutput output;
  output.formula_version = risk::kFormulaVersion;
  output.quality = context.quality(coverage);
  output.warnings = context.warnings();
  if (reads_factors(run.spec.type)) {
    const std::vector<std::string>& more = context.factor_warnings();
    output.warnings.insert(output.warnings.end(), more.begin(), more.end());
  }

  json.key("data_quality").begin_object();
  json.field("quality_flag", to_string(output.quality.flag));
  json.field("coverage", output.quality.coverage);
  json.field("average_history_days", output.quality.average_history_days);
  json.key("warnings").begin_array();
  for (const std::string& warning : output.warnings) {
    json.value(warning);
  }
  json.end_array().end_object();
  write_basis(json, run.spec.type, context.market().parameters());
  json.end_object();
  output.finite = json.is_finite();
  output.document = json.take();
  output.input_hash = input_hash(context, run.spec);
  return output;
}

risk::Computed<double> known_sum(std::size_t count, double sum, NullReason reason) {
  if (count == 0) {
    return risk::unknown(reason);
  }
  return sum;
}

risk::Computed<double> ratio(const risk::Computed<double>& value,
                             const risk::Computed<double>& divisor) {
  if (!value) {
    return value;
  }
  if (!divisor) {
    return divisor;
  }
  return *value / *divisor;
}

void write_names(JsonWriter& json,
                 std::string_view name,
                 const MarketData& market,
                 std::span<const SymbolId> ids) {
  json.key(name).begin_array();
  for (const SymbolId id : ids) {
    json.value(market.name(id));
  }
  json.end_array();
}

double series_quality(const Context& context) {
  return context.series().coverage.value_or(0.0) * context.exposures().position_coverage();
}

namespace {

risk::Computed<double> clamped(const SymbolBetas::Fit& fit) {
  if (!fit) {
    return risk::unknown(fit.error());
  }
  return clamp_beta(fit->beta);
}

}  // namespace

PortfolioBeta market_beta(const Context& context) {
  return portfolio_beta(context, [](const SymbolBetas& betas) { return clamped(betas.market); });
}

PortfolioBeta rate_beta(const Context& context) {
  return portfolio_beta(context, [](const SymbolBetas& betas) { return clamped(betas.rate); });
}

GreekTotals greek_totals(const Context& context) {
  GreekTotals totals;
  for (const PositionValue& position : context.valuation().positions) {
    const Holding& holding = context.book().holdings[position.holding];
    if (position.exited || !holding.is_option) {
      continue;
    }
    ++totals.options;
    const ContractGreeks& inputs =
        context.day().greeks(contract_of(holding, context.market(), context.session()));
    if (!inputs.greeks) {
      continue;
    }
    ++totals.valued;
    const risk::OptionGreeks& greeks = *inputs.greeks;
    const double size = position.quantity * holding.multiplier;
    const double spot = inputs.spot->price;
    totals.delta_shares += greeks.delta * size;
    totals.delta_dollar += greeks.delta * size * spot;
    totals.gamma_dollar_1pct += greeks.gamma * size * spot * spot / 100;
    totals.vega_dollar += greeks.vega * size;
    totals.theta_dollar += greeks.theta * size;
    totals.rho_dollar += greeks.rho * size;
  }
  return totals;
}

void write_greeks(JsonWriter& json, const JobRun& run) {
  const GreekTotals totals = greek_totals(run.context);
  if (totals.options == 0) {
    json.null_field("greeks", NullReason::kNoOptions);
  } else if (run.failed(JobType::kGreeksCalculation)) {
    json.null_field("greeks", NullReason::kDependencyFailed);
  } else if (totals.valued == 0) {
    json.null_field("greeks", NullReason::kNoVolatility);
  } else {
    json.key("greeks").begin_object();
    json.field("delta_dollar", totals.delta_dollar);
    json.field("gamma_dollar_1pct", totals.gamma_dollar_1pct);
    json.field("vega_dollar", totals.vega_dollar);
    json.field("theta_dollar", totals.theta_dollar);
    json.field("rho_dollar", totals.rho_dollar);
    json.end_object();
  }
}

}  // namespace runledger::engine
