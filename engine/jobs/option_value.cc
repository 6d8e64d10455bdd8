#include "engine/jobs/option_value.h"

#include <array>
#include <cmath>

#include "engine/risk/option.h"
#include "engine/risk/statistics.h"
#include "schema/invariant.h"

namespace runledger::engine {
namespace {

constexpr std::size_t kRealizedWindow = 63;
constexpr std::size_t kRealizedLeast = 21;
constexpr double kDaysPerYear = 365;

double years_to_expiry(const Contract& contract, Session as_of) {
  const Calendar& calendar = Calendar::nyse();
  const auto days = calendar.date_at(contract.expiry) - calendar.date_at(as_of);
  return static_cast<double>(days.count()) / kDaysPerYear;
}

risk::Computed<double> rate_at(const MarketData& market, Session as_of, double t_years) {
  const risk::Computed<double> yield = risk::par_yield(market.curve(as_of), t_years);
  if (!yield) {
    return yield;
  }
  return risk::continuous_rate(*yield);
}

risk::Computed<double> realized_volatility(const MarketData& market,
                                           SymbolId underlying,
                                           Session as_of) {
  std::array<double, kRealizedWindow> returns{};
  market.copy_returns(underlying, as_of, returns);
  const risk::Computed<double> sd = risk::sd_of_present(returns, kRealizedLeast);
  if (!sd) {
    return risk::unknown(NullReason::kNoVolatility);
  }
  return *sd * std::sqrt(risk::kTradingDaysPerYear);
}

/// The dividends of the last twelve months as a yield on the spot; no forecast, no look-ahead.
void set_dividend_yield(const MarketData& market,
                        SymbolId underlying,
                        Session as_of,
                        ContractGreeks& inputs) {
  const std::optional<double> dividends = market.trailing_dividends(underlying, as_of);
  if (dividends && inputs.spot) {
    inputs.dividend_yield = std::log1p(*dividends / inputs.spot->price);
    inputs.dividend_source = "imported";
    return;
  }
  inputs.dividend_yield = market.parameters().dividend_yield;
  inputs.dividend_source = inputs.dividend_yield > 0 ? "configured" : "assumed_zero";
}

const OptionQuote* quote_of(const MarketData& market, const Contract& contract, Session as_of) {
  OptionQuote wanted;
  wanted.underlying = contract.underlying;
  wanted.session = as_of;
  wanted.expiry = contract.expiry;
  wanted.strike = contract.strike;
  wanted.right = contract.kind == risk::OptionKind::kCall ? OptionRight::kCall : OptionRight::kPut;
  return market.quote(wanted);
}

}  // namespace

Contract contract_of(const Holding& holding, const MarketData& market, Session as_of) {
  const double ratio = market.split_ratio(holding.underlying, holding.entry, as_of);
  return {holding.underlying, holding.expiry, holding.strike / ratio, holding.kind, holding.style};
}

risk::OptionTerms option_terms(const Contract& contract, const ContractGreeks& inputs) {
  risk::OptionTerms terms;
  terms.kind = contract.kind;
  terms.spot = inputs.spot ? inputs.spot->price : 0;
  terms.strike = contract.strike;
  terms.t_years = inputs.t_years;
  terms.rate = inputs.rate.value_or(0.0);
  terms.dividend_yield = inputs.dividend_yield;
  terms.volatility = inputs.volatility.value_or(0.0);
  return terms;
}

ContractPrice price_contract(const MarketData& market, const Contract& contract, Session as_of) {
  RL_ASSERT(as_of <= contract.expiry);
  ContractPrice result;
  result.spot = market.price(contract.underlying, as_of, market.stale_sessions());
  if (as_of == contract.expiry) {
    if (result.spot) {
      result.price = risk::intrinsic_value(contract.kind, result.spot->price, contract.strike);
    }
    return result;
  }
  const OptionQuote* quote = quote_of(market, contract, as_of);
  if (quote != nullptr && quote->mid) {
    result.price = *quote->mid;
    result.quoted = true;
    return result;
  }
  if (!result.spot) {
    return result;
  }
  ContractGreeks inputs;
  inputs.spot = result.spot;
  inputs.t_years = years_to_expiry(contract, as_of);
  inputs.rate = rate_at(market, as_of, inputs.t_years);
  set_dividend_yield(market, contract.underlying, as_of, inputs);
  if (quote != nullptr && quote->iv) {
    inputs.volatility = *quote->iv;
  } else {
    inputs.volatility = realized_volatility(market, contract.underlying, as_of);
  }
  if (!inputs.volatility || !inputs.rate) {
    result.price =
        risk::unknown(inputs.volatility ? inputs.rate.error() : inputs.volatility.error());
    return result;
  }
  result.price = risk::option_price(contract.style, option_terms(contract, inputs));
  return result;
}

ContractGreeks contract_greeks(const MarketData& market, const Contract& contract, Session as_of) {
  RL_ASSERT(as_of <= contract.expiry);
  ContractGreeks result;
  result.spot = market.price(contract.underlying, as_of, market.stale_sessions());
  result.t_years = years_to_expiry(contract, as_of);
  set_dividend_yield(market, contract.underlying, as_of, result);
  if (as_of == contract.expiry) {
    result.expired = true;
    result.rate = risk::unknown(NullReason::kExpired);
    result.volatility = risk::unknown(NullReason::kExpired);
    if (result.spot) {
      result.greeks = risk::expiration_greeks(contract.kind, result.spot->price, contract.strike);
    }
    return result;
  }
  result.rate = rate_at(market, as_of, result.t_years);
  const OptionQuote* quote = quote_of(market, contract, as_of);
  if (quote != nullptr && quote->iv) {
    result.volatility = *quote->iv;
    result.vol_source = "given";
  }
  if (!result.volatility && quote != nullptr && quote->mid && result.spot && result.rate) {
    result.volatility =
        risk::implied_volatility(contract.style, option_terms(contract, result), *quote->mid);
    result.vol_source = result.volatility ? "implied" : "";
  }
  if (!result.volatility) {
    result.volatility = realized_volatility(market, contract.underlying, as_of);
    result.vol_source = result.volatility ? "realized" : "";
  }
  if (!result.spot) {
    result.greeks = risk::unknown(NullReason::kNoPrice);
  } else if (!result.volatility) {
    result.greeks = risk::unknown(result.volatility.error());
  } else if (!result.rate) {
    result.greeks = risk::unknown(result.rate.error());
  } else {
    result.greeks = risk::option_greeks(contract.style, option_terms(contract, result));
  }
  return result;
}

}  // namespace runledger::engine
