#pragma once

#include <span>
#include <vector>

#include "engine/risk/black_scholes.h"
#include "engine/risk/computed.h"

namespace runledger::risk {

inline constexpr double kImpliedVolatilityMin = 0.01;
inline constexpr double kImpliedVolatilityMax = 5.0;

/// Value of an option of either style; intrinsic at expiration. Pure, thread-safe.
[[nodiscard]] double option_price(ExerciseStyle style, const OptionTerms& terms);

/// Values at several spots, each as option_price() gives it; an American option's exercise boundary
/// is found once. Pure, thread-safe.
[[nodiscard]] std::vector<double> option_prices(ExerciseStyle style,
                                                const OptionTerms& terms,
                                                std::span<const double> spots);

/// Value and Greeks of an option of either style. Pure, thread-safe.
[[nodiscard]] OptionGreeks option_greeks(ExerciseStyle style, const OptionTerms& terms);

/// The volatility at which option_price() is `price`; `terms.volatility` is ignored.
/// Errors: kNoVolatility if the price is below what exercise (European: the forward) pays, or there
/// is no root in [0.01, 5], or no time is left. Cost: about 8 prices. Pure, thread-safe.
[[nodiscard]] Computed<double> implied_volatility(ExerciseStyle style,
                                                  OptionTerms terms,
                                                  double price);

}  // namespace runledger::risk
