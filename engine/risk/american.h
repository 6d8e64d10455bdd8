#pragma once

#include <span>
#include <vector>

#include "engine/risk/black_scholes.h"

/// American options. Pure, thread-safe.
namespace runledger::risk {

/// Value of an American option, within about 1e-5 x strike.
///
/// The exercise boundary of the put (a call is the put with spot and strike, and rate and yield,
/// exchanged: McDonald & Schroder 1998) is the fixed point of Andersen, Lake & Offengenden (2016,
/// "High-performance American option pricing", J. Computational Finance 20), found on Chebyshev
/// nodes in the root of time; the early-exercise premium is integrated by Gauss-Legendre. The
/// start is the boundary of Barone-Adesi & Whaley (1987). Where early exercise cannot pay, the
/// value is the European one; with a negative rate and a negative yield (two boundaries) a binomial
/// tree (Leisen & Reimer 1996) is used, at a hundred times the cost. A volatility at which the
/// option is worth its upper bound is cut to the least such one.
/// Cost: about 20 us.
[[nodiscard]] double american_price(const OptionTerms& terms);

/// Values at several spots (> 0), the same bits as american_price(): the exercise boundary does not
/// depend on the spot. Cost: one price, and about 3 us for each further spot.
[[nodiscard]] std::vector<double> american_prices(const OptionTerms& terms,
                                                  std::span<const double> spots);

/// Value and Greeks. Delta and gamma from the integral, theta from the Black-Scholes equation, vega
/// and rho by central differences. In the exercise region delta is +-1 and the others are 0.
/// Cost: about 5 prices.
[[nodiscard]] OptionGreeks american_greeks(const OptionTerms& terms);

}  // namespace runledger::risk
