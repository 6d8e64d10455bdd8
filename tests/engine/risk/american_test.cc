#include "engine/risk/american.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/risk/option.h"
#include "tests/engine/risk/binomial_tree.h"
#include "tests/engine/risk/table.h"

/// American options against trees, and their Greeks against differences of their prices.
namespace runledger::risk {
namespace {

std::string describe(const OptionTerms& terms) {
  return std::string(terms.kind == OptionKind::kCall ? "call" : "put") + " spot " +
         std::to_string(terms.spot) + " strike " + std::to_string(terms.strike) + " t " +
         std::to_string(terms.t_years) + " rate " + std::to_string(terms.rate) + " yield " +
         std::to_string(terms.dividend_yield) + " volatility " + std::to_string(terms.volatility);
}

/// The 92 published cases. Six of them, with a volatility of next to nothing or of 1000 %, have no
/// tree in the file and are compared with one made here.
TEST(American, EqualsTheTreeOnAllPublishedCases) {
  double worst = 0;
  double worst_own = 0;
  std::size_t rows = 0;
  std::string worst_case;
  for (const auto& cells : test::read_table("options/quantlib_american_tables.csv")) {
    const OptionTerms terms = test::terms_of(cells);
    const bool has_tree = !cells[9].empty();
    const double tree = has_tree ? std::stod(cells[9]) : test::binomial_tree_price(terms, 4000);
    const double error = std::abs(american_price(terms) - tree) / terms.strike;
    ++rows;
    if (!has_tree) {
      worst_own = std::max(worst_own, error);
    } else if (error > worst) {
      worst = error;
      worst_case = describe(terms);
    }
  }
  std::printf("%zu cases, worst %.2e of the strike (%s); without a tree in the file %.2e\n", rows,
              worst, worst_case.c_str(), worst_own);
  EXPECT_EQ(rows, 92U);
  EXPECT_LT(worst, 1e-4);
  EXPECT_LT(worst_own, 1e-4);
}

TEST(American, EqualsATreeFromNearExpirationToTenYears) {
  double worst = 0;
  for (const OptionKind kind : {OptionKind::kCall, OptionKind::kPut}) {
    for (const double spot : {70.0, 95.0, 100.0, 108.0, 150.0}) {
      for (const double t_years : {3.0 / 365, 0.25, 1.0, 10.0}) {
        for (const double rate : {0.002, 0.05}) {
          for (const double yield : {0.0, 0.04}) {
            const OptionTerms terms{kind, spot, 100, t_years, rate, yield, 0.3};
            const double error =
                std::abs(american_price(terms) - test::binomial_tree_price(terms, 1000)) / 100;
            worst = std::max(worst, error);
            EXPECT_LT(error, 1e-4) << describe(terms);
          }
        }
      }
    }
  }
  std::printf("worst %.2e of the strike\n", worst);
}

TEST(American, PutsAndCallsAreSymmetricInSpotStrikeRateAndYield) {
  for (const double spot : {60.0, 90.0, 101.0, 160.0}) {
    for (const double rate : {0.0, 0.01, 0.08}) {
      for (const double yield : {0.0, 0.03}) {
        const OptionTerms put{OptionKind::kPut, spot, 100, 0.75, rate, yield, 0.3};
        const OptionTerms call{OptionKind::kCall, 100, spot, 0.75, yield, rate, 0.3};
        EXPECT_NEAR(american_price(put), american_price(call), 1e-11) << describe(put);
        EXPECT_NEAR(european_price(put), european_price(call), 1e-11) << describe(put);
      }
    }
  }
}

/// Relative or absolute distance, whichever is less.
double distance(double a, double b) {
  return std::abs(a - b) / std::max(1.0, std::max(std::abs(a), std::abs(b)));
}

OptionTerms moved(OptionTerms terms, double OptionTerms::*field, double by) {
  terms.*field += by;
  return terms;
}

/// Central difference of the price, per unit of `field`.
double slope(ExerciseStyle style, const OptionTerms& terms, double OptionTerms::*field, double h) {
  return (option_price(style, moved(terms, field, h)) -
          option_price(style, moved(terms, field, -h))) /
         (2 * h);
}

void expect_slopes(ExerciseStyle style, const OptionTerms& terms, double tolerance) {
  const OptionGreeks greeks = option_greeks(style, terms);
  const double h = 1e-3 * terms.spot;
  const double up = option_price(style, moved(terms, &OptionTerms::spot, h));
  const double down = option_price(style, moved(terms, &OptionTerms::spot, -h));
  const double gamma = (up - 2 * greeks.price + down) / (h * h);
  const double day = terms.t_years * 1e-3;
  const double theta = -slope(style, terms, &OptionTerms::t_years, day) / 365;
  EXPECT_LT(distance(greeks.delta, (up - down) / (2 * h)), tolerance) << describe(terms);
  EXPECT_LT(distance(greeks.gamma * terms.spot, gamma * terms.spot), 40 * tolerance)
      << describe(terms);
  EXPECT_LT(distance(100 * greeks.vega, slope(style, terms, &OptionTerms::volatility, 1e-3)),
            10 * tolerance)
      << describe(terms);
  EXPECT_LT(distance(100 * greeks.rho, slope(style, terms, &OptionTerms::rate, 1e-4)),
            10 * tolerance)
      << describe(terms);
  // Theta follows from the Black-Scholes equation, where gamma has the weight of half the variance
  // times the square of the spot: next to the exercise boundary it is off by about 1e-6 of the
  // strike a day, which is little money, and much of what little theta is left there.
  EXPECT_LT(distance(365 * greeks.theta, 365 * theta), 400 * tolerance) << describe(terms);
}

TEST(American, GreeksAreTheSlopesOfThePrice) {
  for (const OptionKind kind : {OptionKind::kCall, OptionKind::kPut}) {
    for (const double spot : {60.0, 92.0, 100.0, 109.0, 170.0}) {
      for (const double t_years : {10.0 / 365, 0.5, 2.0}) {
        for (const double volatility : {0.15, 0.4}) {
          const OptionTerms terms{kind, spot, 100, t_years, 0.03, 0.01, volatility};
          expect_slopes(ExerciseStyle::kEuropean, terms, 1e-4);
          expect_slopes(ExerciseStyle::kAmerican, terms, 1e-4);
        }
      }
    }
  }
}

TEST(American, TheValueMeetsTheIntrinsicValueSmoothlyAtTheBoundary) {
  // The put of 100 with 3 % and 30 % is exercised somewhere between 60 and 80.
  OptionTerms terms{OptionKind::kPut, 80, 100, 1, 0.03, 0, 0.3};
  double before = american_greeks(terms).delta;
  for (; terms.spot > 55; terms.spot -= 0.01) {
    const OptionGreeks greeks = american_greeks(terms);
    EXPECT_LE(greeks.delta, before + 1e-6) << terms.spot;
    EXPECT_LT(std::abs(greeks.delta - before), 2e-3) << terms.spot;
    EXPECT_GE(greeks.price, 100 - terms.spot);
    before = greeks.delta;
  }
  EXPECT_EQ(before, -1);
}

/// Next to the boundary the premium's integrand is sharp. The figures are those of the same
/// equations with 20 nodes, 100 points and 30 sweeps, where more of any changes nothing.
TEST(American, GreeksNextToTheBoundaryAreThoseOfAFinerRule) {
  struct Case {
    OptionTerms terms;
    double delta;
    double theta;  ///< A calendar day.
  };
  const std::vector<Case> cases = {
      {{OptionKind::kPut, 75, 100, 2, 0.03, 0.02, 0.15}, -0.997552641779, -2.05706465288e-05},
      {{OptionKind::kCall, 160, 100, 0.5, 0.002, 0.02, 0.35}, std::nan(""), -0.00011945832595},
      {{OptionKind::kPut, 52.5, 100, 2, 0.03, 0, 0.35}, std::nan(""), -0.000176985613088},
      {{OptionKind::kPut, 82.5, 100, 2, 0.03, 0, 0.15}, -0.935455170712, std::nan("")}};
  for (const Case& each : cases) {
    const OptionGreeks greeks = american_greeks(each.terms);
    if (!std::isnan(each.delta)) {
      EXPECT_NEAR(greeks.delta, each.delta, 1e-4) << describe(each.terms);
    }
    if (!std::isnan(each.theta)) {
      EXPECT_NEAR(greeks.theta, each.theta, 2e-4) << describe(each.terms);
    }
  }
}

TEST(American, TheValueFallsAsTimePassesAndRisesWithVolatility) {
  for (const OptionKind kind : {OptionKind::kCall, OptionKind::kPut}) {
    for (const double spot : {75.0, 100.0, 130.0}) {
      double before = 0;
      for (const double t_years : {0.0, 1.0 / 365, 0.1, 0.5, 1.0, 3.0}) {
        const double price =
            option_price(ExerciseStyle::kAmerican, {kind, spot, 100, t_years, 0.04, 0.02, 0.25});
        EXPECT_GE(price, before - 1e-6);
        before = price;
      }
      before = 0;
      for (const double volatility : {0.0, 0.001, 0.05, 0.2, 0.8, 3.0}) {
        const double price = american_price({kind, spot, 100, 0.5, 0.04, 0.02, volatility});
        EXPECT_GE(price, before - 1e-6);
        before = price;
      }
    }
  }
}

}  // namespace
}  // namespace runledger::risk
