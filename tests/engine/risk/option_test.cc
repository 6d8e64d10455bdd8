#include "engine/risk/option.h"

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/risk/american.h"
#include "tests/engine/risk/table.h"

namespace runledger::risk {
namespace {

using test::read_table;
using test::terms_of;

TEST(Option, EqualsTheEuropeanValuesOfHaug) {
  const auto rows = read_table("options/quantlib_haug_european_values.csv");
  for (const auto& cells : rows) {
    EXPECT_NEAR(european_price(terms_of(cells)), std::stod(cells[7]), 1e-4) << cells[1];
  }
  EXPECT_EQ(rows.size(), 43U);
}

/// Haug gives vega and rho per unit and theta per year, or says "per day": ours are per volatility
/// point, per 0.01 and per calendar day.
TEST(Option, EqualsTheEuropeanGreeksOfHaug) {
  std::size_t compared = 0;
  for (const auto& cells : read_table("options/quantlib_haug_european_greeks.csv")) {
    const OptionTerms terms = terms_of(cells);
    const OptionGreeks greeks = european_greeks(terms);
    const std::map<std::string, double> ours = {
        {"delta", greeks.delta},
        {"elasticity", greeks.delta * terms.spot / greeks.price},
        {"gamma", greeks.gamma},
        {"vega", 100 * greeks.vega},
        {"theta", 365 * greeks.theta},
        {"theta per day", greeks.theta},
        {"rho", 100 * greeks.rho},
        // Sensitivity to the yield: that of the forward, less what the rate alone does.
        {"dividendRho", -terms.t_years * terms.spot * greeks.delta}};
    const auto found = ours.find(cells[8]);
    ASSERT_NE(found, ours.end()) << cells[8];
    EXPECT_NEAR(found->second, std::stod(cells[7]), 6e-5) << cells[8];
    ++compared;
  }
  EXPECT_EQ(compared, 11U);
}

TEST(Option, EqualsTheBlackScholesValuesAndGreeksOfVollib) {
  const auto rows = read_table("options/mit_py_vollib_bs_greeks.csv");
  EXPECT_EQ(rows.size(), 101U);
  for (const auto& cells : rows) {
    OptionTerms terms{OptionKind::kCall,   std::stod(cells[0]), std::stod(cells[1]),
                      std::stod(cells[3]), std::stod(cells[2]), 0,
                      std::stod(cells[4])};
    const OptionGreeks call = european_greeks(terms);
    terms.kind = OptionKind::kPut;
    const OptionGreeks put = european_greeks(terms);

    EXPECT_NEAR(call.price, std::stod(cells[5]), 1e-6);
    EXPECT_NEAR(put.price, std::stod(cells[6]), 1e-6);
    EXPECT_NEAR(call.delta, std::stod(cells[7]), 1e-6);
    EXPECT_NEAR(call.gamma, std::stod(cells[8]), 1e-6);
    EXPECT_NEAR(365 * call.theta, std::stod(cells[9]), 1e-6);
    EXPECT_NEAR(100 * call.vega, std::stod(cells[10]), 1e-6);
    EXPECT_NEAR(100 * call.rho, std::stod(cells[11]), 1e-6);
    EXPECT_NEAR(put.delta, std::stod(cells[12]), 1e-6);
    EXPECT_NEAR(put.gamma, std::stod(cells[13]), 1e-6);
    EXPECT_NEAR(100 * put.vega, std::stod(cells[15]), 1e-6);
    EXPECT_NEAR(365 * put.theta, std::stod(cells[14]), 1e-6);
    EXPECT_NEAR(100 * put.rho, std::stod(cells[16]), 1e-6);
  }
}

TEST(Option, IsWorthAtLeastItsIntrinsicAndItsEuropeanValue) {
  for (const double spot : {20.0, 60.0, 90.0, 100.0, 115.0, 300.0}) {
    for (const double rate : {0.0, 1e-6, 0.01, 0.12}) {
      for (const double yield : {0.0, 0.04}) {
        for (const double volatility : {0.02, 0.3, 1.5}) {
          for (const OptionKind kind : {OptionKind::kCall, OptionKind::kPut}) {
            const OptionTerms terms{kind, spot, 100, 0.7, rate, yield, volatility};
            const double price = american_price(terms);
            EXPECT_GE(price, intrinsic_value(kind, spot, 100));
            EXPECT_GE(price, european_price(terms) - 1e-12);
          }
        }
      }
    }
  }
}

TEST(Option, ACallWithoutDividendsIsNeverExercisedEarly) {
  const OptionTerms terms{OptionKind::kCall, 130, 100, 0.8, 0.05, 0, 0.2};

  EXPECT_EQ(american_price(terms), european_price(terms));
  EXPECT_EQ(american_greeks(terms).gamma, european_greeks(terms).gamma);
}

TEST(Option, ADeepPutIsExercisedAtOnce) {
  const OptionGreeks greeks = american_greeks({OptionKind::kPut, 40, 100, 1, 0.08, 0, 0.2});

  EXPECT_EQ(greeks.price, 60);
  EXPECT_EQ(greeks.delta, -1);
  EXPECT_EQ(greeks.gamma, 0);
  EXPECT_EQ(greeks.vega, 0);
  EXPECT_EQ(greeks.theta, 0);
}

TEST(Option, PutAndCallAreSymmetric) {
  const OptionTerms put{OptionKind::kPut, 90, 100, 0.75, 0.06, 0.02, 0.3};
  const OptionTerms call{OptionKind::kCall, 100, 90, 0.75, 0.02, 0.06, 0.3};

  EXPECT_NEAR(american_price(put), american_price(call), 1e-12);
}

TEST(Option, AmericanGreeksAreTheSlopesOfThePrice) {
  for (const OptionKind kind : {OptionKind::kCall, OptionKind::kPut}) {
    const OptionTerms terms{kind, 97, 100, 0.6, 0.05, 0.03, 0.25};
    const OptionGreeks greeks = american_greeks(terms);
    const auto price_at = [&](double spot, double t_years) {
      OptionTerms moved = terms;
      moved.spot = spot;
      moved.t_years = t_years;
      return american_price(moved);
    };
    const double up = price_at(97.5, 0.6);
    const double down = price_at(96.5, 0.6);
    const double center = price_at(97, 0.6);

    EXPECT_NEAR(greeks.price, center, 1e-12);
    EXPECT_NEAR(greeks.delta, up - down, 1e-4);
    EXPECT_NEAR(greeks.gamma, (up - 2 * center + down) / 0.25, 2e-4);
    EXPECT_NEAR(greeks.theta, (price_at(97, 0.6 - 1.0 / 365) - center), 1e-4);
  }
}

TEST(Option, SeveralSpotsGiveTheBitsOfSinglePrices) {
  OptionTerms terms{OptionKind::kPut, 100, 100, 0.4, 0.03, 0, 0.3};
  const std::vector<double> spots = {70, 99, 100, 140};

  const std::vector<double> prices = american_prices(terms, spots);

  for (std::size_t i = 0; i < spots.size(); ++i) {
    terms.spot = spots[i];
    EXPECT_EQ(prices[i], american_price(terms));
  }
}

TEST(Option, ImpliedVolatilityInvertsThePrice) {
  for (const ExerciseStyle style : {ExerciseStyle::kAmerican, ExerciseStyle::kEuropean}) {
    for (const OptionKind kind : {OptionKind::kCall, OptionKind::kPut}) {
      for (const double volatility : {0.05, 0.22, 0.9, 3.0}) {
        OptionTerms terms{kind, 98, 100, 0.35, 0.01, 0, volatility};
        const double price = option_price(style, terms);
        terms.volatility = 0;
        const Computed<double> implied = implied_volatility(style, terms, price);
        ASSERT_TRUE(implied.has_value());
        EXPECT_NEAR(*implied, volatility, 1e-9);
      }
    }
  }
}

TEST(Option, HasNoImpliedVolatilityOutsideWhatItCanBeWorth) {
  const OptionTerms terms{OptionKind::kPut, 80, 100, 0.5, 0.02, 0, 0};

  EXPECT_FALSE(implied_volatility(ExerciseStyle::kAmerican, terms, 19.99).has_value());
  EXPECT_FALSE(implied_volatility(ExerciseStyle::kAmerican, terms, 101).has_value());
  EXPECT_EQ(implied_volatility(ExerciseStyle::kAmerican, terms, 19.99).error(),
            NullReason::kNoVolatility);
}

TEST(Option, AtExpirationIsItsIntrinsicValue) {
  const auto at = [](OptionKind kind, double spot) {
    return option_greeks(ExerciseStyle::kAmerican, {kind, spot, 100, 0, 0.05, 0, 0.3});
  };

  EXPECT_EQ(at(OptionKind::kCall, 110).price, 10);
  EXPECT_EQ(at(OptionKind::kCall, 110).delta, 1);
  EXPECT_EQ(at(OptionKind::kCall, 100).delta, 0.5);
  EXPECT_EQ(at(OptionKind::kCall, 90).delta, 0);
  EXPECT_EQ(at(OptionKind::kPut, 90).delta, -1);
  EXPECT_EQ(at(OptionKind::kPut, 100).delta, -0.5);
  EXPECT_EQ(at(OptionKind::kPut, 110).price, 0);
  EXPECT_EQ(at(OptionKind::kPut, 90).gamma, 0);
}

TEST(Option, WithoutVolatilityIsTheForward) {
  const OptionTerms terms{OptionKind::kCall, 100, 95, 1, 0.05, 0, 0};

  EXPECT_NEAR(european_price(terms), 100 - 95 * std::exp(-0.05), 1e-12);
  EXPECT_NEAR(european_greeks(terms).delta, 1, 1e-12);
  EXPECT_EQ(american_price({OptionKind::kPut, 90, 100, 1, 0.05, 0, 0}), 10);
}

}  // namespace
}  // namespace runledger::risk
