#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "engine/risk/option.h"
#include "engine/risk/yield_curve.h"
#include "schema/time.h"
#include "tests/engine/risk/table.h"

/// The whole chain of AAPL at the close of 2014-06-06 and 2014-06-09, the days before and of its
/// 7:1 split: real bids and asks, 4,532 contracts.
namespace runledger::risk {
namespace {

/// Treasury par yields of both days (H.15), percent.
constexpr std::array<YieldPoint, 6> kFriday = {
    {{1.0 / 12, 0.02}, {0.25, 0.04}, {0.5, 0.06}, {1, 0.11}, {2, 0.41}, {5, 1.66}}};
constexpr std::array<YieldPoint, 6> kMonday = {
    {{1.0 / 12, 0.03}, {0.25, 0.04}, {0.5, 0.06}, {1, 0.11}, {2, 0.43}, {5, 1.69}}};

struct Quote {
  OptionTerms terms;  ///< Without a volatility.
  Date expiry{};
  double bid = 0;  ///< 0: none.
  double ask = 0;
  bool after_split = false;

  [[nodiscard]] double mid() const { return (bid + ask) / 2; }
  [[nodiscard]] double moneyness() const { return terms.strike / terms.spot; }
  [[nodiscard]] bool is_near_the_money() const { return std::abs(moneyness() - 1) < 0.1; }
};

std::vector<Quote> load_chain() {
  std::vector<Quote> chain;
  for (const auto& cells : test::read_table("options/apache2_lean_aapl_chain.csv")) {
    Quote quote;
    const Date day = *parse_date(cells[0]);
    quote.after_split = cells[0] == "2014-06-09";
    quote.expiry = *parse_date(cells[3]);
    // Monthly options of the time expired on Saturdays; they last traded the day before.
    const bool saturday = std::chrono::weekday(quote.expiry) == std::chrono::Saturday;
    const Date last = quote.expiry - std::chrono::days{saturday ? 1 : 0};
    quote.terms.kind = cells[1] == "C" ? OptionKind::kCall : OptionKind::kPut;
    quote.terms.strike = std::stod(cells[2]);
    quote.terms.spot = std::stod(cells[6]);
    quote.terms.t_years = static_cast<double>((last - day).count()) / 365;
    quote.terms.rate =
        continuous_rate(*par_yield(quote.after_split ? kMonday : kFriday, quote.terms.t_years));
    quote.bid = cells[4].empty() ? 0 : std::stod(cells[4]);
    quote.ask = cells[5].empty() ? 0 : std::stod(cells[5]);
    chain.push_back(quote);
  }
  return chain;
}

const std::vector<Quote>& chain() {
  static const std::vector<Quote> kChain = load_chain();
  return kChain;
}

Computed<double> volatility_of(const Quote& quote) {
  return implied_volatility(ExerciseStyle::kAmerican, quote.terms, quote.mid());
}

TEST(Chain, EveryQuoteGivesAVolatilityThatGivesItBackOrASoundReason) {
  std::map<std::string, int> counts;
  double worst = 0;
  for (const Quote& quote : chain()) {
    if (!(quote.bid > 0)) {
      ++counts["no bid"];
      continue;
    }
    OptionTerms terms = quote.terms;
    const Computed<double> volatility = volatility_of(quote);
    if (volatility) {
      ++counts["volatility"];
      terms.volatility = *volatility;
      worst =
          std::max(worst, std::abs(option_price(ExerciseStyle::kAmerican, terms) - quote.mid()));
      continue;
    }
    terms.volatility = kImpliedVolatilityMin;
    if (!(terms.t_years > 0)) {
      ++counts["expires today"];
    } else if (quote.mid() < intrinsic_value(terms.kind, terms.spot, terms.strike)) {
      ++counts["mid below intrinsic value"];
    } else if (quote.mid() < option_price(ExerciseStyle::kAmerican, terms)) {
      ++counts["mid below the value at 1 %"];
    } else {
      ADD_FAILURE() << "no reason: strike " << terms.strike << " mid " << quote.mid();
    }
  }
  for (const auto& [what, count] : counts) {
    std::printf("%-28s %5d\n", what.c_str(), count);
  }
  std::printf("worst price of an implied volatility: %.2e off\n", worst);
  EXPECT_LT(worst, 1e-6);
  EXPECT_EQ(chain().size(), 4532U);
  EXPECT_EQ(counts["no bid"], 355);
  EXPECT_GE(counts["volatility"], 3500);
}

TEST(Chain, CallsLessPutsStayWithinTheAmericanBounds) {
  using Key = std::tuple<bool, Date, double>;
  std::map<Key, std::pair<const Quote*, const Quote*>> pairs;
  for (const Quote& quote : chain()) {
    auto& pair = pairs[{quote.after_split, quote.expiry, quote.terms.strike}];
    (quote.terms.kind == OptionKind::kCall ? pair.first : pair.second) = &quote;
  }
  std::size_t checked = 0;
  std::size_t above = 0;
  std::size_t below = 0;
  for (const auto& [key, pair] : pairs) {
    const auto& [call, put] = pair;
    if (call == nullptr || put == nullptr || !(call->bid > 0) || !(put->bid > 0) ||
        !(call->terms.t_years > 0)) {
      continue;
    }
    const OptionTerms& terms = call->terms;
    const double slack =
        0.005 * terms.spot / 100;  // the close and the quotes are not of one instant
    // Dividends of about 0.5 % a quarter lower the call: at most their sum until expiration.
    const double dividends = terms.spot * 0.0055 * std::ceil(terms.t_years * 4);
    ++checked;
    above += call->bid - put->ask >
             terms.spot - terms.strike * std::exp(-terms.rate * terms.t_years) + slack;
    below += call->ask - put->bid < terms.spot - terms.strike - dividends - slack;
  }
  std::printf("%zu pairs, %zu above, %zu below the bounds\n", checked, above, below);
  EXPECT_GE(checked, 1500U);
  EXPECT_EQ(above, 0U);
  EXPECT_EQ(below, 0U);
}

TEST(Chain, TheSplitLeavesTheVolatilityOfAContract) {
  std::map<std::tuple<Date, OptionKind, long>, double> before;
  const Date first = *parse_date("2014-07-25");
  const auto key = [](const Quote& quote) {
    const double strike = quote.terms.strike / (quote.after_split ? 1 : 7);
    return std::tuple(quote.expiry, quote.terms.kind, std::lround(strike * 100));
  };
  std::vector<double> differences;
  for (const bool after : {false, true}) {
    for (const Quote& quote : chain()) {
      if (quote.after_split != after || quote.expiry < first || !quote.is_near_the_money() ||
          !(quote.bid > 0)) {
        continue;
      }
      const Computed<double> volatility = volatility_of(quote);
      if (!volatility) {
        continue;
      }
      if (!after) {
        before[key(quote)] = *volatility;
      } else if (const auto found = before.find(key(quote)); found != before.end()) {
        differences.push_back(*volatility - found->second);
      }
    }
  }
  ASSERT_GE(differences.size(), 100U);
  std::sort(differences.begin(), differences.end());
  const double median = differences[differences.size() / 2];
  std::printf("%zu contracts, median change of volatility %.4f, least %.4f, most %.4f\n",
              differences.size(), median, differences.front(), differences.back());
  EXPECT_LT(std::abs(median), 0.005);
  EXPECT_GT(differences.front(), -0.03);
  EXPECT_LT(differences.back(), 0.03);
}

TEST(Chain, TheSmileIsThatOfAShare) {
  std::map<std::pair<bool, Date>, std::map<double, double>> smiles;  // out of the money only
  for (const Quote& quote : chain()) {
    const bool out = (quote.moneyness() > 1) == (quote.terms.kind == OptionKind::kCall);
    if (!out || !(quote.bid >= 0.05) || quote.terms.t_years < 30.0 / 365) {
      continue;
    }
    if (const Computed<double> volatility = volatility_of(quote)) {
      smiles[{quote.after_split, quote.expiry}][quote.moneyness()] = *volatility;
    }
  }
  ASSERT_GE(smiles.size(), 10U);
  for (const auto& [key, smile] : smiles) {
    const double center = smile.lower_bound(1.0)->second;
    EXPECT_GT(center, 0.18);
    EXPECT_LT(center, 0.32);
    EXPECT_GT(smile.begin()->second, center);  // puts far below the spot cost more
    for (const auto& [moneyness, volatility] : smile) {
      EXPECT_GT(volatility, 0.12) << moneyness;
      EXPECT_LT(volatility, 1.0) << moneyness;
    }
  }
}

}  // namespace
}  // namespace runledger::risk
