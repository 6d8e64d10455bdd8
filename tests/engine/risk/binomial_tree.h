#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "engine/risk/black_scholes.h"

namespace runledger::risk::test {

/// American option by the binomial tree of Cox, Ross & Rubinstein (1979): slow and simple, a check
/// of faster methods. The mean of `steps` and `steps + 1` steps, which err to opposite sides.
inline double binomial_tree_price(const OptionTerms& terms, std::size_t steps) {
  const auto price_of = [&terms](std::size_t n) {
    const double dt = terms.t_years / static_cast<double>(n);
    const double up = std::exp(terms.volatility * std::sqrt(dt));
    const double growth = std::exp((terms.rate - terms.dividend_yield) * dt);
    const double p = (growth - 1 / up) / (up - 1 / up);
    const double discount = std::exp(-terms.rate * dt);
    std::vector<double> values(n + 1);
    const auto exercise = [&](std::size_t level, std::size_t ups) {
      const double moves = 2 * static_cast<double>(ups) - static_cast<double>(level);
      return intrinsic_value(terms.kind, terms.spot * std::pow(up, moves), terms.strike);
    };
    for (std::size_t i = 0; i <= n; ++i) {
      values[i] = exercise(n, i);
    }
    for (std::size_t level = n; level-- > 0;) {
      double spot = terms.spot * std::pow(up, -static_cast<double>(level));
      for (std::size_t i = 0; i <= level; ++i, spot *= up * up) {
        const double kept = discount * (p * values[i + 1] + (1 - p) * values[i]);
        values[i] = std::max(kept, intrinsic_value(terms.kind, spot, terms.strike));
      }
    }
    return values[0];
  };
  return (price_of(steps) + price_of(steps + 1)) / 2;
}

}  // namespace runledger::risk::test
