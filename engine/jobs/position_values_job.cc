#include <cmath>

#include "engine/jobs/job_run.h"

namespace runledger::engine {
namespace {

void write_position(JsonWriter& json, const Context& context, const PositionValue& position) {
  const Holding& holding = context.book().holdings[position.holding];
  json.begin_object();
  json.field("position", holding.label).field("symbol", holding.symbol);
  json.field("type", holding.type()).field("quantity", position.quantity);
  json.field("cost_basis", position.cost_basis).field("price", position.price);
  if (position.price) {
    const Calendar& calendar = Calendar::nyse();
    json.field("price_date", format_date(calendar.date_at(position.price_session)));
    json.field("stale_days", context.session() - position.price_session);
  } else {
    json.null_field("price_date", position.price.error());
    json.null_field("stale_days", position.price.error());
  }
  json.field("market_value", position.market_value);
  if (position.market_value) {
    const double gain = *position.market_value - position.cost_basis;
    json.field("unrealized_pnl", gain);
    if (position.cost_basis != 0) {
      json.field("unrealized_pct", gain / std::abs(position.cost_basis));
    } else {
      json.null_field("unrealized_pct", NullReason::kNotApplicable);
    }
  } else {
    json.null_field("unrealized_pnl", position.market_value.error());
    json.null_field("unrealized_pct", position.market_value.error());
  }
  json.field("daily_pnl", position.daily_pnl);
  if (position.dividends != 0) {
    json.field("dividends", position.dividends);
  }
  json.end_object();
}

/// Parts of a day's P&L; they add up to it, whatever is known.
struct Explain {
  double price = 0;
  double dividends = 0;
  double entered = 0;
  double exited = 0;
  double delta = 0;
  double gamma = 0;
  double theta = 0;
  double vega = 0;
  double rho = 0;

  [[nodiscard]] double sum() const noexcept {
    return price + dividends + entered + exited + delta + gamma + theta + vega + rho;
  }
};

/// First and second order effects of an option that was held over the day, by yesterday's Greeks.
void explain_option(const Context& context, const PositionValue& position, Explain& explain) {
  const Holding& holding = context.book().holdings[position.holding];
  const Session before = context.session() - 1;
  const ContractGreeks& old =
      context.before().greeks(contract_of(holding, context.market(), before));
  const ContractGreeks& now =
      context.day().greeks(contract_of(holding, context.market(), context.session()));
  if (!old.greeks || !now.spot) {
    return;
  }
  const Calendar& calendar = Calendar::nyse();
  const double old_quantity =
      holding.quantity * context.market().split_ratio(holding.underlying, holding.entry, before);
  const double size = old_quantity * holding.multiplier;
  const double split = context.market().split_ratio(holding.underlying, before, context.session());
  const double move = now.spot->price * split - old.spot->price;
  const auto days = calendar.date_at(context.session()) - calendar.date_at(before);
  explain.delta += size * old.greeks->delta * move;
  explain.gamma += size * old.greeks->gamma * move * move / 2;
  explain.theta += size * old.greeks->theta * static_cast<double>(days.count());
  if (old.volatility && now.volatility) {
    explain.vega += size * old.greeks->vega * (*now.volatility - *old.volatility) * 100;
  }
  if (old.rate && now.rate) {
    explain.rho += size * old.greeks->rho * (*now.rate - *old.rate) * 100;
  }
}

Explain explain_pnl(const Context& context) {
  Explain explain;
  for (const PositionValue& position : context.valuation().positions) {
    if (!position.daily_pnl) {
      continue;
    }
    explain.dividends += position.dividends;
    const double rest = *position.daily_pnl - position.dividends;
    switch (position.part) {
      case PnlPart::kPrice:
        explain.price += rest;
        break;
      case PnlPart::kEntered:
        explain.entered += rest;
        break;
      case PnlPart::kExited:
        explain.exited += rest;
        break;
      case PnlPart::kOption:
        explain_option(context, position, explain);
        break;
    }
  }
  return explain;
}

void write_explain(JsonWriter& json, const Context& context) {
  const risk::Computed<double>& daily_pnl = context.valuation().daily_pnl;
  if (!daily_pnl) {
    json.null_field("pnl_explain", daily_pnl.error());
    return;
  }
  const Explain explain = explain_pnl(context);
  json.key("pnl_explain").begin_object();
  json.field("price", explain.price).field("dividends", explain.dividends);
  json.field("entered", explain.entered);
  json.field("exited", explain.exited).field("delta", explain.delta);
  json.field("gamma", explain.gamma).field("theta", explain.theta);
  json.field("vega", explain.vega).field("rho", explain.rho);
  json.field("residual", context.book().has_options ? *daily_pnl - explain.sum() : 0.0);
  json.end_object();
}

}  // namespace

JobResult run_position_values(const JobRun& run) {
  const Valuation& valuation = run.context.valuation();
  if (valuation.positions.empty()) {
    return nothing_to_do(SkipReason::kNoPositions);
  }
  const auto total = static_cast<std::uint64_t>(valuation.active);
  std::uint64_t done = 0;
  std::uint64_t stale = 0;
  JsonWriter json;
  json.begin_object().key("positions_detail").begin_array();
  for (const PositionValue& position : valuation.positions) {
    if (position.exited) {
      continue;
    }
    write_position(json, run.context, position);
    const bool is_private = run.context.book().holdings[position.holding].is_private;
    stale +=
        position.price && !is_private && position.price_session < run.context.session() ? 1U : 0U;
    if (!run.step(++done, total, "positions")) {
      return stopped();
    }
  }
  json.end_array();
  const NullReason reason = valuation.active == 0 ? NullReason::kNoPositions : NullReason::kNoPrice;
  const std::size_t priced = valuation.priced;
  json.field("market_value", known_sum(priced, valuation.market_value, reason));
  json.field("cost_basis", known_sum(priced, valuation.cost_basis, reason));
  json.field("unrealized_pnl",
             known_sum(priced, valuation.market_value - valuation.cost_basis, reason));
  json.field("daily_pnl", valuation.daily_pnl);
  json.field("realized_pnl", valuation.realized_pnl);
  json.field("positions", total).field("positions_priced", static_cast<std::uint64_t>(priced));
  json.field("stale_positions", stale);
  write_explain(json, run.context);
  json.field("coverage", valuation.coverage());
  JobOutput output = finish(run, json, valuation.coverage());
  output.records = total;
  output.unit = "positions";
  return output;
}

}  // namespace runledger::engine
