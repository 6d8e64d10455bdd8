#include <algorithm>
#include <array>
#include <cmath>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/inputs/calendar.h"
#include "engine/jobs/risk_calculation.h"
#include "tests/engine/jobs/support.h"

/// What must hold for any portfolio.
namespace runledger::engine::test {
namespace {

using nlohmann::json;

const Date kDay = Date{std::chrono::year{2017} / 6 / 30};

constexpr std::array<std::uint8_t, 3> kPortfolios = {1, 2, 3};

/// Three portfolios over the same market: stocks, a short book, options.
Inputs make_market() {
  Inputs inputs;
  inputs.factors(kDay, 330).rate(kDay - std::chrono::days{500}, kDay, 1.2);
  unsigned seed = 0;
  for (const char* symbol : {"AAA", "BBB", "CCC", "DDD"}) {
    inputs.prices(symbol, kDay, wiggle(80, 330, ++seed));
  }
  const Date entry = kDay - std::chrono::days{90};
  inputs.portfolio(portfolio_id(1), {stock("AAA", 100, 70, entry), stock("BBB", 300, 75, entry),
                                     stock("CCC", 50, 90, entry)});
  inputs.equity(100000, kDay - std::chrono::days{40});
  inputs.portfolio(portfolio_id(2), {stock("DDD", -500, 85, entry), stock("AAA", 40, 60, entry)});
  inputs.equity(5000, kDay - std::chrono::days{40});
  inputs.portfolio(
      portfolio_id(3),
      {stock("AAA", 200, 70, entry),
       option("AAA", 3, 5, entry, 80, kDay + std::chrono::days{80}, OptionRight::kPut),
       option("BBB", -2, 4, entry, 85, kDay + std::chrono::days{50}, OptionRight::kCall)});
  inputs.equity(50000, kDay - std::chrono::days{40});
  return inputs;
}

std::vector<JobSpec> all_specs(Date day) {
  std::vector<JobSpec> specs;
  for (const std::uint8_t number : kPortfolios) {
    for (const JobType type : kAllJobTypes) {
      JobSpec spec;
      spec.type = type;
      spec.portfolio = portfolio_id(number);
      spec.as_of = day;
      specs.push_back(spec);
    }
  }
  return specs;
}

/// Everything a job gives, as one text.
std::string run_to_text(const Calculation& calculation, const JobSpec& spec) {
  const auto result = calculation.run(spec, {}, {});
  if (!result) {
    return result.error().code;
  }
  return result->document + to_string(result->input_hash) + std::to_string(result->records);
}

TEST(Laws, TheSameBitsForAnyNumberOfThreadsAndAnyOrder) {
  const Inputs inputs = make_market();
  std::vector<JobSpec> specs;
  for (const Date day : Calendar::nyse().sessions(kDay - std::chrono::days{6}, kDay)) {
    const auto of_day = all_specs(day);
    specs.insert(specs.end(), of_day.begin(), of_day.end());
  }
  std::vector<std::string> alone;
  const auto first = make_risk_calculation(Inputs(inputs).rows());
  for (const JobSpec& spec : specs) {
    alone.push_back(run_to_text(*first, spec));
  }

  const auto second = make_risk_calculation(Inputs(inputs).rows());
  std::vector<std::string> together(specs.size());
  std::vector<std::jthread> threads;
  for (std::size_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t i = specs.size(); i-- > 0;) {  // backwards, interleaved
        if (i % 4 == thread) {
          together[i] = run_to_text(*second, specs[i]);
          second->release(specs[i].portfolio, specs[i].as_of);
        }
      }
    });
  }
  threads.clear();

  EXPECT_EQ(alone, together);
}

TEST(Laws, LaterDataChangesNothing) {
  Inputs inputs = make_market();
  const Date as_of = Calendar::nyse().previous(kDay - std::chrono::days{10});
  Inputs cut = make_market();
  std::erase_if(cut.rows().prices, [&](const PriceRow& row) { return row.date > as_of; });
  std::erase_if(cut.rows().rates, [&](const RateRow& row) { return row.date > as_of; });
  const auto whole = make_risk_calculation(inputs.rows());
  const auto part = make_risk_calculation(cut.rows());

  for (const JobSpec& spec : all_specs(as_of)) {
    EXPECT_EQ(run_to_text(*whole, spec), run_to_text(*part, spec)) << to_string(spec.type);
  }
}

TEST(Laws, ASpikeIsNotKnownBeforeItsReversal) {
  std::vector<double> closes = wiggle(80, 330, 1);
  closes[328] *= 1.5;  // the session before kDay; back on kDay
  Inputs inputs = make_market();
  std::erase_if(inputs.rows().prices, [](const PriceRow& row) { return row.symbol == "AAA"; });
  inputs.prices("AAA", kDay, closes);
  Inputs cut = inputs;
  const Date before = Calendar::nyse().previous(kDay);
  std::erase_if(cut.rows().prices, [&](const PriceRow& row) { return row.date > before; });
  const auto whole = make_risk_calculation(inputs.rows());
  const auto part = make_risk_calculation(cut.rows());

  for (const JobSpec& spec : all_specs(before)) {
    EXPECT_EQ(run_to_text(*whole, spec), run_to_text(*part, spec)) << to_string(spec.type);
  }
  const json betas = run_document(*whole, JobType::kFactorAnalysis, portfolio_id(1),
                                  kDay)["symbols"]["AAA"]["market_beta"];
  EXPECT_EQ(betas["n_obs"], 61);  // both returns around the spike are gone
}

TEST(Laws, TheInputHashFollowsWhatWasRead) {
  Inputs inputs = make_market();
  Inputs changed = make_market();
  for (PriceRow& row : changed.rows().prices) {
    if (row.symbol == "CCC" && row.date == kDay) {
      row.close += 0.01;
    }
  }
  const auto before = make_risk_calculation(inputs.rows());
  const auto after = make_risk_calculation(changed.rows());
  const auto hash = [](const Calculation& calculation, std::uint8_t portfolio) {
    return run_job(calculation, JobType::kStressTesting, portfolio_id(portfolio), kDay).input_hash;
  };

  EXPECT_NE(hash(*before, 1), hash(*after, 1));  // holds CCC
  EXPECT_EQ(hash(*before, 2), hash(*after, 2));
  EXPECT_FALSE(hash(*before, 1).is_nil());
}

TEST(Laws, TheOrderOfPositionsDoesNotMatter) {
  Inputs inputs = make_market();
  Inputs turned = make_market();
  for (Portfolio& portfolio : turned.rows().portfolios) {
    std::reverse(portfolio.positions.begin(), portfolio.positions.end());
  }
  const auto one = make_risk_calculation(inputs.rows());
  const auto other = make_risk_calculation(turned.rows());

  for (const std::uint8_t number : kPortfolios) {
    const json a = run_document(*one, JobType::kMarketRiskScenarios, portfolio_id(number), kDay);
    const json b = run_document(*other, JobType::kMarketRiskScenarios, portfolio_id(number), kDay);
    EXPECT_NEAR(a["var_hist_95"].get<double>(), b["var_hist_95"].get<double>(), 1e-6);
    EXPECT_NEAR(a["volatility_shrunk"].get<double>(), b["volatility_shrunk"].get<double>(), 1e-6);
  }
}

TEST(Laws, TheExplainAddsUpToTheDailyPnl) {
  Inputs inputs = make_market();
  const auto calculation = make_risk_calculation(inputs.rows());

  for (const std::uint8_t number : kPortfolios) {
    const json values =
        run_document(*calculation, JobType::kPositionValuesUpdate, portfolio_id(number), kDay);
    double sum = 0;
    for (const auto& [part, value] : values["pnl_explain"].items()) {
      sum += value.get<double>();
    }
    EXPECT_NEAR(sum, values["daily_pnl"].get<double>(), 1e-9 * std::abs(sum) + 1e-9);
  }
}

TEST(Laws, ContributionsAddUp) {
  Inputs inputs = make_market();
  const auto calculation = make_risk_calculation(inputs.rows());

  for (const std::uint8_t number : kPortfolios) {
    const json factors =
        run_document(*calculation, JobType::kFactorAnalysis, portfolio_id(number), kDay)["risk"];
    double systematic = 0;
    for (const auto& [factor, value] : factors["factor_contribution"].items()) {
      systematic += value.get<double>();
    }
    EXPECT_NEAR(systematic / factors["systematic_variance"].get<double>(), 1, 1e-9);
    const json market =
        run_document(*calculation, JobType::kMarketRiskScenarios, portfolio_id(number), kDay);
    double components = 0;
    for (const auto& [symbol, value] : market["component_var_95"].items()) {
      components += value.get<double>();
    }
    EXPECT_NEAR(components / market["var_param_95"].get<double>(), 1, 1e-9);
    EXPECT_GE(market["es_hist_95"].get<double>(), market["var_hist_95"].get<double>());
  }
}

TEST(Laws, JobsReportProgressAndStopWhenAsked) {
  Inputs inputs = make_market();
  const auto calculation = make_risk_calculation(inputs.rows());
  JobSpec spec = all_specs(kDay)[1];
  std::vector<std::uint64_t> seen;
  const JobProgress progress = [&](std::uint64_t done, std::uint64_t total, std::string_view unit) {
    EXPECT_LE(done, total);
    EXPECT_EQ(unit, "positions");
    seen.push_back(done);
  };

  const auto result = calculation->run(spec, {}, progress);

  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->records, 3U);
  EXPECT_THAT(seen, testing::ElementsAre(1, 2, 3));
  std::stop_source source;
  source.request_stop();
  const auto stopped = calculation->run(spec, source.get_token(), {});
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().category, ErrorCategory::kTimeout);
  EXPECT_EQ(stopped.error().code, "deadline_exceeded");
}

}  // namespace
}  // namespace runledger::engine::test
