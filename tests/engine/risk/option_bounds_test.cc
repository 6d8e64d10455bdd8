#include <algorithm>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "engine/risk/american.h"
#include "engine/risk/option.h"
#include "tests/engine/risk/binomial_tree.h"

/// Options far outside the ordinary: what a wrong price in a file makes of them.
namespace runledger::risk {
namespace {

std::string describe(const OptionTerms& terms) {
  return std::string(terms.kind == OptionKind::kCall ? "call" : "put") + " spot " +
         std::to_string(terms.spot) + " t " + std::to_string(terms.t_years) + " rate " +
         std::to_string(terms.rate) + " yield " + std::to_string(terms.dividend_yield) +
         " volatility " + std::to_string(terms.volatility);
}

bool is_finite(const OptionGreeks& greeks) {
  return std::isfinite(greeks.price) && std::isfinite(greeks.delta) &&
         std::isfinite(greeks.gamma) && std::isfinite(greeks.vega) && std::isfinite(greeks.theta) &&
         std::isfinite(greeks.rho);
}

/// Expects a value between what is certain and what is possible, and Greeks of the right signs.
void expect_sound(ExerciseStyle style, const OptionTerms& terms) {
  const OptionGreeks greeks = option_greeks(style, terms);
  const double price = option_price(style, terms);
  const bool american = style == ExerciseStyle::kAmerican;
  const double growth = std::exp(-std::min(terms.rate, 0.0) * terms.t_years);
  const double most = terms.kind == OptionKind::kCall ? terms.spot : terms.strike * growth;
  const double least = american ? std::max(intrinsic_value(terms.kind, terms.spot, terms.strike),
                                           european_price(terms))
                                : 0;
  const double unit = std::max(terms.spot, terms.strike);
  ASSERT_TRUE(is_finite(greeks)) << describe(terms);
  EXPECT_NEAR(greeks.price, price, 1e-12 * unit) << describe(terms);
  EXPECT_GE(price, least - 1e-9 * unit) << describe(terms);
  EXPECT_LE(price, most + 1e-4 * unit) << describe(terms);
  EXPECT_LE(std::abs(greeks.delta), 1 + 1e-3) << describe(terms);
  EXPECT_GE(greeks.gamma, 0) << describe(terms);
  EXPECT_GE(greeks.vega, -1e-5 * unit) << describe(terms);
}

TEST(OptionBounds, HoldForAnySpotVolatilityRateAndYield) {
  for (const double spot : {1e-19, 1e-4, 30.0, 100.0, 110.0, 1e4, 1e23}) {
    for (const double volatility : {0.0, 1e-12, 1e-3, 0.3, 5.0, 1e3, 1e12, 1e22}) {
      for (const double rate : {-0.2, -0.01, 0.0, 1e-9, 0.02, 0.5}) {
        for (const double yield : {0.0, 1e-9, 0.03}) {
          for (const double t_years : {1.0 / 365, 0.5, 10.0}) {
            for (const OptionKind kind : {OptionKind::kCall, OptionKind::kPut}) {
              const OptionTerms terms{kind, spot, 100, t_years, rate, yield, volatility};
              expect_sound(ExerciseStyle::kAmerican, terms);
              expect_sound(ExerciseStyle::kEuropean, terms);
            }
          }
        }
      }
    }
  }
}

TEST(OptionBounds, ANegativeRateMakesCallsWorthExercising) {
  for (const double spot : {80.0, 110.0, 140.0}) {
    for (const double rate : {-0.05, -0.005}) {
      const OptionTerms terms{OptionKind::kCall, spot, 100, 1, rate, 0, 0.3};
      EXPECT_NEAR(american_price(terms), test::binomial_tree_price(terms, 1000), 5e-3);
      EXPECT_GT(american_price(terms), european_price(terms));
    }
  }
}

}  // namespace
}  // namespace runledger::risk
