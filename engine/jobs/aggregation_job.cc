#include <map>

#include "engine/jobs/job_run.h"

namespace runledger::engine {
namespace {

struct Group {
  double market_value = 0;
  double exposure = 0;
  std::size_t positions = 0;
  std::size_t valued = 0;
  std::size_t exposed = 0;

  void add(const PositionValue& position, const risk::Computed<double>& position_exposure) {
    ++positions;
    if (position.market_value) {
      ++valued;
      market_value += *position.market_value;
    }
    if (position_exposure) {
      ++exposed;
      exposure += *position_exposure;
    }
  }
};
using Groups = std::map<std::string_view, Group>;

void write_groups(JsonWriter& json, std::string_view name, const Groups& groups) {
  json.key(name).begin_object();
  for (const auto& [key, group] : groups) {
    json.key(key).begin_object();
    json.field("market_value", known_sum(group.valued, group.market_value, NullReason::kNoPrice));
    json.field("exposure", known_sum(group.exposed, group.exposure, NullReason::kNoPrice));
    json.field("positions", static_cast<std::uint64_t>(group.positions));
    json.end_object();
  }
  json.end_object();
}

struct Sides {
  double long_value = 0;
  double short_value = 0;
  std::uint64_t long_positions = 0;
  std::uint64_t short_positions = 0;
  std::uint64_t options = 0;
};

Sides add_sides(const Context& context) {
  Sides sides;
  for (const PositionValue& position : context.valuation().positions) {
    if (position.exited) {
      continue;
    }
    const double value = position.market_value.value_or(0.0);
    (value >= 0 ? sides.long_value : sides.short_value) += value;
    ++(position.quantity >= 0 ? sides.long_positions : sides.short_positions);
    sides.options += context.book().holdings[position.holding].is_option ? 1U : 0U;
  }
  return sides;
}

void write_all_groups(JsonWriter& json, const Context& context, const Exposures& exposures) {
  Groups by_underlying;
  Groups by_sector;
  Groups by_tag;
  Groups by_type;
  std::size_t index = 0;
  for (const PositionValue& position : context.valuation().positions) {
    if (position.exited) {
      continue;
    }
    const Holding& holding = context.book().holdings[position.holding];
    const risk::Computed<double>& exposure = exposures.positions[index++];
    const std::string& sector = context.market().series(holding.underlying).sector;
    by_underlying[context.market().name(holding.underlying)].add(position, exposure);
    by_type[holding.type()].add(position, exposure);
    by_sector[sector.empty() ? std::string_view("Unclassified") : sector].add(position, exposure);
    for (const std::string& tag : holding.tags) {
      by_tag[tag].add(position, exposure);
    }
  }
  write_groups(json, "by_underlying", by_underlying);
  write_groups(json, "by_type", by_type);
  write_groups(json, "by_sector", by_sector);
  write_groups(json, "by_tag", by_tag);
}

}  // namespace

JobResult run_aggregation(const JobRun& run) {
  const Context& context = run.context;
  const Valuation& valuation = context.valuation();
  if (valuation.active == 0) {
    return nothing_to_do(SkipReason::kNoPositions);
  }
  const bool greeks_failed = run.failed(JobType::kGreeksCalculation) && context.holds_options();
  const Exposures without_options =
      greeks_failed ? make_exposures(context, OptionGreeksKnown::kNo) : Exposures{};
  const Exposures& exposures = greeks_failed ? without_options : context.exposures();
  const Sides sides = add_sides(context);
  const std::size_t priced = valuation.priced;
  const auto value = [priced](double sum) { return known_sum(priced, sum, NullReason::kNoPrice); };
  const NullReason no_exposure =
      greeks_failed ? NullReason::kDependencyFailed : NullReason::kNoPrice;
  const risk::Computed<double> equity = context.positive_equity();
  const risk::Computed<EquityState>& state = context.equity();

  JsonWriter json;
  json.begin_object();
  json.field("gross_exposure", value(valuation.gross_market_value));
  json.field("net_exposure", value(valuation.market_value));
  json.field("long_exposure", value(sides.long_value));
  json.field("short_exposure", value(sides.short_value));
  json.field("delta_gross", known_sum(exposures.exposed, exposures.gross, no_exposure));
  json.field("delta_net", known_sum(exposures.exposed, exposures.net, no_exposure));
  json.field("positions", static_cast<std::uint64_t>(valuation.active));
  json.field("long_positions", sides.long_positions);
  json.field("short_positions", sides.short_positions);
  json.field("options", sides.options);
  json.field("beta_dollar", greeks_failed ? risk::unknown(NullReason::kDependencyFailed)
                                          : market_beta(context).exposure_dollar);
  if (state) {
    json.field("equity", state->equity);
    json.field("cash", ratio(value(state->equity - valuation.market_value), 1.0));
  } else {
    json.null_field("equity", state.error());
    json.null_field("cash", state.error());
  }
  json.field("gross_leverage", ratio(value(valuation.gross_market_value), equity));
  json.field("net_leverage", ratio(value(valuation.market_value), equity));
  write_all_groups(json, context, exposures);
  write_greeks(json, run);
  const double coverage = std::min(valuation.coverage(), exposures.position_coverage());
  json.field("coverage", coverage);
  if (!run.step(valuation.active, valuation.active, "positions")) {
    return stopped();
  }
  JobOutput output = finish(run, json, coverage);
  output.records = valuation.active;
  output.unit = "positions";
  return output;
}

}  // namespace runledger::engine
