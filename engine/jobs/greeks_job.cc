#include "engine/jobs/job_run.h"

namespace runledger::engine {
namespace {

template <class Write>
void write_greek_fields(JsonWriter& json,
                        const ContractGreeks& inputs,
                        std::initializer_list<const char*> names,
                        Write write) {
  if (inputs.greeks) {
    write(*inputs.greeks);
    return;
  }
  for (const char* name : names) {
    json.null_field(name, inputs.greeks.error());
  }
}

void write_vol_source(JsonWriter& json, const ContractGreeks& inputs) {
  if (inputs.vol_source.empty()) {
    json.null_field("vol_source",
                    inputs.expired ? NullReason::kExpired : NullReason::kNoVolatility);
  } else {
    json.field("vol_source", inputs.vol_source);
  }
}

void write_option(JsonWriter& json, const Context& context, const PositionValue& position) {
  const Holding& holding = context.book().holdings[position.holding];
  const Contract contract = contract_of(holding, context.market(), context.session());
  const ContractGreeks& inputs = context.day().greeks(contract);
  json.begin_object();
  json.field("position", holding.label);
  json.field("underlying", context.market().name(holding.underlying));
  json.field("strike", contract.strike);
  json.field("style", contract.style == risk::ExerciseStyle::kAmerican ? "american" : "european");
  json.field("t_years", inputs.t_years);
  json.field("dividend_yield", inputs.dividend_yield);
  json.field("dividend_source", inputs.dividend_source);
  if (inputs.spot) {
    json.field("spot", inputs.spot->price);
  } else {
    json.null_field("spot", NullReason::kNoPrice);
  }
  json.field("rate", inputs.rate).field("volatility", inputs.volatility);
  write_vol_source(json, inputs);
  const double size = position.quantity * holding.multiplier;
  write_greek_fields(
      json, inputs,
      {"price", "delta", "gamma", "theta", "vega", "rho", "delta_shares", "delta_dollar",
       "gamma_dollar_1pct", "vega_dollar", "theta_dollar", "rho_dollar"},
      [&](const risk::OptionGreeks& greeks) {
        const double spot = inputs.spot->price;
        json.field("price", greeks.price).field("delta", greeks.delta);
        json.field("gamma", greeks.gamma).field("theta", greeks.theta);
        json.field("vega", greeks.vega).field("rho", greeks.rho);
        json.field("delta_shares", greeks.delta * size);
        json.field("delta_dollar", greeks.delta * size * spot);
        json.field("gamma_dollar_1pct", greeks.gamma * size * spot * spot / 100);
        json.field("vega_dollar", greeks.vega * size);
        json.field("theta_dollar", greeks.theta * size);
        json.field("rho_dollar", greeks.rho * size);
      });
  json.end_object();
}

}  // namespace

JobResult run_greeks(const JobRun& run) {
  const Context& context = run.context;
  if (!context.holds_options()) {
    return nothing_to_do(SkipReason::kNoOptions);
  }
  const GreekTotals totals = greek_totals(context);
  const auto total = static_cast<std::uint64_t>(totals.options);
  std::uint64_t done = 0;
  JsonWriter json;
  json.begin_object().key("options_detail").begin_array();
  for (const PositionValue& position : context.valuation().positions) {
    if (position.exited || !context.book().holdings[position.holding].is_option) {
      continue;
    }
    write_option(json, context, position);
    if (!run.step(++done, total, "options")) {
      return stopped();
    }
  }
  json.end_array();
  json.field("options", total);
  json.field("options_valued", static_cast<std::uint64_t>(totals.valued));
  const auto sum = [&](double value) {
    return known_sum(totals.valued, value, NullReason::kNoVolatility);
  };
  json.field("delta_shares", sum(totals.delta_shares));
  json.field("delta_dollar", sum(totals.delta_dollar));
  json.field("gamma_dollar_1pct", sum(totals.gamma_dollar_1pct));
  json.field("vega_dollar", sum(totals.vega_dollar));
  json.field("theta_dollar", sum(totals.theta_dollar));
  json.field("rho_dollar", sum(totals.rho_dollar));
  const double coverage = static_cast<double>(totals.valued) / static_cast<double>(totals.options);
  JobOutput output = finish(run, json, coverage);
  output.records = total;
  output.unit = "options";
  return output;
}

}  // namespace runledger::engine
