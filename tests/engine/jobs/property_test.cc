#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/inputs/calendar.h"
#include "engine/jobs/risk_calculation.h"
#include "tests/engine/jobs/document_check.h"
#include "tests/engine/jobs/random_market.h"
#include "tests/engine/jobs/support.h"

/// Laws over random markets and books; a failure names its seed (RUNLEDGER_SEED repeats it).
namespace runledger::engine::test {
namespace {

using nlohmann::json;

const Date kDay = Date{std::chrono::year{2017} / 6 / 30};

/// Everything that a job gives, as one text.
std::string run_to_text(const Calculation& calculation, JobType type, Date day) {
  const JobOutput output = run_job(calculation, type, portfolio_id(1), day);
  std::string text = output.document + to_string(output.input_hash);
  for (const std::string& warning : output.warnings) {
    text += warning;
  }
  return text;
}

InputRows cut(InputRows rows, Date as_of) {
  std::erase_if(rows.prices, [&](const PriceRow& row) { return row.date > as_of; });
  std::erase_if(rows.rates, [&](const RateRow& row) { return row.date > as_of; });
  std::erase_if(rows.quotes, [&](const QuoteRow& row) { return row.date > as_of; });
  std::erase_if(rows.splits, [&](const SplitRow& row) { return row.ex_date > as_of; });
  std::erase_if(rows.flows, [&](const FlowRow& row) { return row.date > as_of; });
  return rows;
}

TEST(Property, WhatIsDatedLaterChangesNoBit) {
  const Calendar& calendar = Calendar::nyse();
  for (const std::uint64_t seed : test_seeds(60)) {
    const InputRows rows = random_market(seed, kDay, Damage::kReal);
    const auto whole = make_risk_calculation(rows);
    Dice dice(seed);
    const Date as_of = calendar.on_or_before(
        kDay - std::chrono::days{dice.chance(0.5) ? dice.below(20) : dice.below(400)});
    const auto part = make_risk_calculation(cut(rows, as_of));
    for (const JobType type : kAllJobTypes) {
      EXPECT_EQ(run_to_text(*whole, type, as_of), run_to_text(*part, type, as_of))
          << "seed " << seed << " as of " << format_date(as_of) << " " << to_string(type);
    }
  }
}

/// All numbers of a document by path, but for counts, names and what rounding decides.
void collect(const json& value, const std::string& path, std::map<std::string, double>& numbers) {
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) {
      collect(inner, path + "/" + key, numbers);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      collect(value[i], path + "/" + std::to_string(i), numbers);
    }
  } else if (value.is_number()) {
    numbers[path] = value.get<double>();
  }
}

std::map<std::string, double> numbers_of(const InputRows& rows) {
  std::map<std::string, double> numbers;
  const auto calculation = make_risk_calculation(rows);
  for (const auto& [name, document] : run_all_jobs(*calculation, portfolio_id(1), kDay)) {
    collect(document, name, numbers);
  }
  return numbers;
}

bool contains_any(const std::string& path, std::initializer_list<const char*> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char* part) { return path.find(part) != std::string::npos; });
}

/// Rows of positions and options are in the order of the file and a row each.
bool is_of_one_position(const std::string& path) {
  return contains_any(path, {"positions_detail", "options_detail"});
}

/// What an exact fit makes of rounding: quotients of two numbers that are nearly 0.
bool is_rounding(const std::string& path) {
  return contains_any(path, {"t_stat", "p_value", "std_error", "/risk/idiosyncratic"});
}

void expect_near(double a, double b, const std::string& path, std::uint64_t seed) {
  EXPECT_NEAR(a, b, 1e-7 * std::max({std::abs(a), std::abs(b), 1.0})) << path << " seed " << seed;
}

TEST(Property, TheOrderOfPositionsChangesNothingButTheirRows) {
  for (const std::uint64_t seed : test_seeds(25)) {
    InputRows rows = random_market(seed, kDay, Damage::kReal);
    const auto before = numbers_of(rows);
    std::vector<Position>& positions = rows.portfolios.front().positions;
    Dice dice(seed);
    for (std::size_t i = positions.size(); i > 1; --i) {
      std::swap(positions[i - 1], positions[dice.below(i)]);
    }
    const auto after = numbers_of(rows);
    ASSERT_EQ(before.size(), after.size()) << "seed " << seed;
    for (const auto& [path, value] : before) {
      if (!is_of_one_position(path) && !is_rounding(path)) {
        ASSERT_TRUE(after.contains(path)) << path << " seed " << seed;
        expect_near(value, after.at(path), path, seed);
      }
    }
  }
}

TEST(Property, TwoHalvesAreWorthTheWhole) {
  for (const std::uint64_t seed : test_seeds(25)) {
    InputRows rows = random_market(seed, kDay, Damage::kReal);
    std::vector<Position>& positions = rows.portfolios.front().positions;
    if (positions.empty()) {
      continue;
    }
    const auto before = numbers_of(rows);
    positions.front().quantity /= 2;
    positions.push_back(positions.front());
    const auto after = numbers_of(rows);
    for (const auto& [path, value] : before) {
      const bool counts = contains_any(path, {"positions", "options", "coverage"});
      if (!is_of_one_position(path) && !is_rounding(path) && !counts) {
        ASSERT_TRUE(after.contains(path)) << path << " seed " << seed;
        expect_near(value, after.at(path), path, seed);
      }
    }
  }
}

TEST(Property, TwiceTheQuantitiesIsTwiceTheMoneyAndTheSameShares) {
  for (const std::uint64_t seed : test_seeds(25)) {
    InputRows rows = random_market(seed, kDay, Damage::kNone);
    const auto before = numbers_of(rows);
    Portfolio& portfolio = rows.portfolios.front();
    for (Position& position : portfolio.positions) {
      position.quantity *= 2;
    }
    if (portfolio.equity) {
      portfolio.equity = 2 * *portfolio.equity;
    }
    for (FlowRow& flow : rows.flows) {
      flow.amount *= 2;
    }
    const auto after = numbers_of(rows);
    for (const auto& [path, value] : before) {
      if (value == 0 || is_rounding(path) || path.starts_with("position_correlations") ||
          path.ends_with("/shock") || path.ends_with("/shift")) {
        continue;  // what is big enough to be correlated depends on money
      }
      ASSERT_TRUE(after.contains(path)) << path << " seed " << seed;
      // Twice is exact in binary: money is 2, variances are 4 and all else is 1 times what it was.
      const double times = after.at(path) / value;
      const bool is_variance = contains_any(path, {"_variance", "factor_contribution/"});
      const bool is_money =
          path.ends_with("/pnl") ||
          contains_any(path, {"_exposure", "_dollar", "/var_", "/es_", "component_var_95/", "_pnl",
                              "market_value", "cost_basis", "/equity", "cash", "beta_dollar/"});
      const double expected = is_variance ? 4 : is_money ? 2 : times < 1.5 ? 1 : 2;
      EXPECT_NEAR(times, expected, 1e-9) << path << " seed " << seed;
    }
  }
}

/// Values of the named object of a document added up.
double sum_of(const json& object) {
  double sum = 0;
  for (const auto& [name, value] : object.items()) {
    sum += value.get<double>();
  }
  return sum;
}

TEST(Property, PartsAddUp) {
  for (const std::uint64_t seed : test_seeds(60)) {
    const auto calculation = make_risk_calculation(random_market(seed, kDay, Damage::kReal));
    const auto documents = run_all_jobs(*calculation, portfolio_id(1), kDay);
    const json& risk = documents.at("factor_analysis").value("risk", json());
    if (risk.is_object()) {
      const double systematic = risk["systematic_variance"].get<double>();
      EXPECT_NEAR(sum_of(risk["factor_contribution"]), systematic, 1e-7 * std::max(systematic, 1.0))
          << seed;
      if (risk["systematic_share"].is_number()) {
        EXPECT_NEAR(
            risk["systematic_share"].get<double>() + risk["idiosyncratic_share"].get<double>(), 1,
            1e-9)
            << seed;
      }
    }
    const json& market = documents.at("market_risk_scenarios");
    if (market.contains("component_var_95") && market["component_var_95"].is_object()) {
      const double var = market["var_param_95"].get<double>();
      EXPECT_NEAR(sum_of(market["component_var_95"]), var, 1e-9 * var) << seed;
    }
    const json& values = documents.at("position_values_update");
    if (values.contains("pnl_explain") && values["pnl_explain"].is_object()) {
      const double pnl = values["daily_pnl"].get<double>();
      EXPECT_NEAR(sum_of(values["pnl_explain"]), pnl, 1e-9 * std::max(1.0, std::abs(pnl))) << seed;
    }
    const json& sectors = documents.at("sector_concentration");
    if (sectors.contains("sectors") && sectors["hhi"].is_number()) {
      double gross = 0;
      for (const auto& [name, sector] : sectors["sectors"].items()) {
        gross += sector["gross_weight"].is_number() ? sector["gross_weight"].get<double>() : 0;
      }
      EXPECT_NEAR(gross, 1, 1e-9) << seed;
    }
  }
}

/// Every job of several days in one order on one thread.
std::vector<std::string> run_alone(const InputRows& rows, const std::vector<JobSpec>& specs) {
  const auto calculation = make_risk_calculation(rows);
  std::vector<std::string> texts;
  for (const JobSpec& spec : specs) {
    texts.push_back(run_to_text(*calculation, spec.type, spec.as_of));
  }
  return texts;
}

TEST(Property, TheSameBitsOnOneToSixteenThreadsInAnyOrder) {
  for (const std::uint64_t seed : test_seeds(6)) {
    InputRows rows = random_market(seed, kDay, Damage::kReal);
    Dice dice(seed);
    add_random_options(rows, dice, kDay, 5);
    std::vector<JobSpec> specs;
    for (const Date day : Calendar::nyse().sessions(kDay - std::chrono::days{6}, kDay)) {
      for (const JobType type : kAllJobTypes) {
        specs.push_back({type, portfolio_id(1), day, {}});
      }
    }
    const std::vector<std::string> alone = run_alone(rows, specs);
    for (const std::size_t count : {1U, 2U, 3U, 7U, 16U}) {
      const auto calculation = make_risk_calculation(rows);
      std::vector<std::size_t> order(specs.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[dice.below(i)]);
      }
      std::vector<std::string> together(specs.size());
      std::atomic<std::size_t> next = 0;
      std::vector<std::jthread> threads;
      for (std::size_t thread = 0; thread < count; ++thread) {
        threads.emplace_back([&] {
          for (std::size_t i = next++; i < order.size(); i = next++) {
            const JobSpec& spec = specs[order[i]];
            together[order[i]] = run_to_text(*calculation, spec.type, spec.as_of);
            calculation->release(spec.portfolio, spec.as_of);
          }
        });
      }
      threads.clear();
      EXPECT_EQ(alone, together) << count << " threads, seed " << seed;
    }
  }
}

TEST(Property, ABackfillMayBeSplitAnyhow) {
  for (const std::uint64_t seed : test_seeds(10)) {
    InputRows rows = random_market(seed, kDay, Damage::kReal);
    rows.portfolios.front().equity = 100000;
    rows.portfolios.front().equity_date =
        Calendar::nyse().on_or_before(kDay - std::chrono::days{120});
    const std::vector<Date> days =
        Calendar::nyse().sessions(*rows.portfolios.front().equity_date, kDay);
    const auto forwards = make_risk_calculation(rows);
    std::map<Date, std::string> expected;
    for (const Date day : days) {
      expected[day] = run_to_text(*forwards, JobType::kPortfolioSnapshot, day);
    }
    Dice dice(seed);
    const auto scattered = make_risk_calculation(rows);
    for (int i = 0; i < 40; ++i) {
      const Date day = days[dice.below(days.size())];
      EXPECT_EQ(run_to_text(*scattered, JobType::kPortfolioSnapshot, day), expected[day])
          << format_date(day) << " seed " << seed;
    }
  }
}

}  // namespace
}  // namespace runledger::engine::test
