#include "engine/jobs/valuation.h"

#include <cmath>

#include "engine/jobs/day.h"

namespace runledger::engine {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Market value of an active holding, or NaN.
double market_value(const ValuationInputs& inputs,
                    const Holding& holding,
                    Session session,
                    const Day* day) {
  const HoldingValue value = value_holding(holding, inputs.market, session, day);
  return value.price ? value.quantity * *value.price * holding.multiplier : kNan;
}

/// What today's value is compared with: the value of the session before, the last one before that
/// if there was none then, or the cost of a position that never had one.
struct Base {
  double value = 0;
  bool is_cost = false;
  Session session = 0;  ///< Of the value; the entry for a cost.
};

Base base_of(const ValuationInputs& inputs, const Holding& holding, Session session) {
  const Day* day = inputs.before;
  for (Session back = session - 1; back >= holding.entry; --back) {
    const double value = market_value(inputs, holding, back, day);
    if (!std::isnan(value)) {
      return {value, false, back};
    }
    day = nullptr;
  }
  return {holding.quantity * holding.entry_price * holding.multiplier, true, holding.entry};
}

/// Sets the P&L of a position that has a value: against its base, and with the dividends that went
/// ex since then. Whoever buys on an ex-date has no right to the dividend; a short position pays.
void set_daily_pnl(const ValuationInputs& inputs, Session session, PositionValue& position) {
  const Holding& holding = inputs.book.holdings[position.holding];
  const Base base = base_of(inputs, holding, session);
  if (!holding.is_option && !holding.is_private) {
    const double shares = holding.quantity * inputs.market.split_ratio(holding.underlying,
                                                                       holding.entry, base.session);
    position.dividends = shares * holding.multiplier *
                         inputs.market.dividends(holding.underlying, base.session, session);
  }
  const double base_value = base.is_cost ? position.cost_basis : base.value;
  position.daily_pnl = *position.market_value - base_value + position.dividends;
  if (position.exited) {
    position.part = PnlPart::kExited;
  } else if (base.is_cost) {
    position.part = PnlPart::kEntered;
  } else {
    position.part = holding.is_option ? PnlPart::kOption : PnlPart::kPrice;
  }
}

PositionValue value_active(const ValuationInputs& inputs, std::size_t index, Session session) {
  const Holding& holding = inputs.book.holdings[index];
  PositionValue position;
  position.holding = index;
  const HoldingValue now = value_holding(holding, inputs.market, session, inputs.today);
  position.quantity = now.quantity;
  position.entry_price = holding.entry_price / now.split_ratio;
  position.cost_basis = position.quantity * position.entry_price * holding.multiplier;
  position.price = now.price;
  position.price_session = now.price_session;
  position.spot = now.spot;
  if (!now.price) {
    position.market_value = risk::unknown(now.price.error());
    position.daily_pnl = risk::unknown(now.price.error());
    return position;
  }
  position.market_value = position.quantity * *now.price * holding.multiplier;
  set_daily_pnl(inputs, session, position);
  return position;
}

PositionValue value_exit(const ValuationInputs& inputs, std::size_t index, Session session) {
  const Holding& holding = inputs.book.holdings[index];
  PositionValue position;
  position.holding = index;
  position.exited = true;
  position.part = PnlPart::kExited;
  const HoldingValue now = value_holding(holding, inputs.market, session, inputs.today);
  position.quantity = now.quantity;
  position.entry_price = holding.entry_price / now.split_ratio;
  position.cost_basis = position.quantity * position.entry_price * holding.multiplier;
  position.price = holding.exit_price ? risk::Computed<double>(*holding.exit_price) : now.price;
  if (!position.price) {
    position.daily_pnl = risk::unknown(position.price.error());
    return position;
  }
  position.market_value = position.quantity * *position.price * holding.multiplier;
  set_daily_pnl(inputs, session, position);
  return position;
}

}  // namespace

HoldingValue value_holding(const Holding& holding,
                           const MarketData& market,
                           Session session,
                           const Day* day) {
  HoldingValue result;
  result.split_ratio = market.split_ratio(holding.underlying, holding.entry, session);
  result.quantity = holding.quantity * result.split_ratio;
  if (holding.is_option) {
    const Contract contract = contract_of(holding, market, session);
    const ContractPrice price =
        day != nullptr ? day->price(contract) : price_contract(market, contract, session);
    result.price = price.price;
    result.spot = price.spot;
    result.price_session = price.quoted || !price.spot ? session : price.spot->session;
    return result;
  }
  const std::int32_t age_max = holding.is_private ? session : market.stale_sessions();
  result.spot = market.price(holding.underlying, session, age_max);
  if (!result.spot && holding.is_private) {
    result.spot = PricePoint{holding.entry_price / result.split_ratio, holding.entry};
  }
  if (result.spot) {
    result.price = result.spot->price;
    result.price_session = result.spot->session;
  }
  return result;
}

Valuation value_positions(const ValuationInputs& inputs, Session session) {
  Valuation valuation;
  valuation.positions.reserve(inputs.book.holdings.size());
  std::optional<NullReason> unknown_reason;
  double daily_pnl = 0;
  bool known = false;
  for (std::size_t i = 0; i < inputs.book.holdings.size(); ++i) {
    const Holding& holding = inputs.book.holdings[i];
    if (holding.is_active(session)) {
      valuation.positions.push_back(value_active(inputs, i, session));
      const PositionValue& position = valuation.positions.back();
      ++valuation.active;
      if (position.market_value) {
        ++valuation.priced;
        valuation.market_value += *position.market_value;
        valuation.gross_market_value += std::abs(*position.market_value);
        valuation.cost_basis += position.cost_basis;
      }
    } else if (holding.exits_on(session)) {
      valuation.positions.push_back(value_exit(inputs, i, session));
      const PositionValue& position = valuation.positions.back();
      if (position.market_value) {
        valuation.realized_pnl += *position.market_value - position.cost_basis;
      }
    } else {
      continue;
    }
    const risk::Computed<double>& pnl = valuation.positions.back().daily_pnl;
    if (pnl) {
      valuation.dividends += valuation.positions.back().dividends;
      daily_pnl += *pnl;
      known = true;
    } else {
      unknown_reason = pnl.error();
    }
  }
  if (known) {
    valuation.daily_pnl = daily_pnl;
  } else {
    valuation.daily_pnl = risk::unknown(unknown_reason.value_or(NullReason::kNoPositions));
  }
  return valuation;
}

}  // namespace runledger::engine
