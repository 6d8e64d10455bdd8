#pragma once

#include <optional>
#include <string_view>

#include "engine/jobs/book.h"
#include "engine/jobs/market_data.h"
#include "engine/risk/black_scholes.h"
#include "engine/risk/computed.h"

namespace runledger::engine {

/// An option contract in the terms of a session (splits change strikes).
struct Contract {
  SymbolId underlying = 0;
  Session expiry = 0;
  double strike = 0;
  risk::OptionKind kind{};
  risk::ExerciseStyle style{};

  friend auto operator<=>(const Contract&, const Contract&) = default;
};
[[nodiscard]] Contract contract_of(const Holding& holding, const MarketData& market, Session as_of);

/// Value of a contract: quote mid, else model; intrinsic on its last session.
struct ContractPrice {
  risk::Computed<double> price = risk::unknown(NullReason::kNoPrice);
  std::optional<PricePoint> spot;
  bool quoted = false;  ///< `price` is the mid of a quote of the day.
};
/// Values `contract` as of a session that is not after its expiry. Pure, thread-safe.
/// Cost: a lookup; without a quote one option price.
[[nodiscard]] ContractPrice price_contract(const MarketData& market,
                                           const Contract& contract,
                                           Session as_of);

/// Everything that greeks_calculation shows of a contract.
struct ContractGreeks {
  double t_years = 0;
  risk::Computed<double> rate = risk::unknown(NullReason::kNoRate);
  risk::Computed<double> volatility = risk::unknown(NullReason::kNoVolatility);
  std::string_view vol_source;       ///< "given", "implied", "realized"; empty if unknown.
  double dividend_yield = 0;         ///< Continuous, a year.
  std::string_view dividend_source;  ///< "imported", "configured", "assumed_zero".
  std::optional<PricePoint> spot;
  /// Model value and sensitivities, or why they are unknown.
  risk::Computed<risk::OptionGreeks> greeks = risk::unknown(NullReason::kNoPrice);
  bool expired = false;  ///< It is the last session.
};
/// Cost: an implied volatility and the Greeks of one option.
[[nodiscard]] ContractGreeks contract_greeks(const MarketData& market,
                                             const Contract& contract,
                                             Session as_of);

/// Terms of the contract as of a session, at a volatility.
[[nodiscard]] risk::OptionTerms option_terms(const Contract& contract,
                                             const ContractGreeks& inputs);

}  // namespace runledger::engine
