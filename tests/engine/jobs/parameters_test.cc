#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/jobs/risk_calculation.h"
#include "tests/engine/jobs/support.h"

/// Parameters change what they say and nothing else, and are recorded with each result.
namespace runledger::engine::test {
namespace {

using nlohmann::json;

const Date kDay = Date{std::chrono::year{2017} / 6 / 30};
const Date kEntry = Date{std::chrono::year{2017} / 4 / 3};

Inputs make_inputs(std::vector<ParameterRow> parameters) {
  Inputs inputs;
  inputs.factors(kDay, 600).rate(kDay - std::chrono::days{900}, kDay, 1.2);
  inputs.prices("AAA", kDay, wiggle(80, 600, 1)).prices("BBB", kDay, wiggle(60, 600, 2));
  inputs.portfolio(portfolio_id(1),
                   {stock("AAA", 4000, 70, kEntry), stock("BBB", 300, 50, kEntry)});
  inputs.rows().parameters = std::move(parameters);
  return inputs;
}

json run_with(std::vector<ParameterRow> parameters, JobType type) {
  Inputs inputs = make_inputs(std::move(parameters));
  return run_document(*make_risk_calculation(inputs.rows()), type, portfolio_id(1), kDay);
}

TEST(Parameters, AreRecordedWithEachResult) {
  for (const JobType type : kAllJobTypes) {
    if (type == JobType::kGreeksCalculation) {
      continue;  // there are no options
    }
    const json document = run_with({}, type);
    EXPECT_EQ(document["formula_version"], 1) << to_string(type);
    EXPECT_FALSE(document["parameters"].empty()) << to_string(type);
    for (const auto& [name, value] : document["parameters"].items()) {
      const ParameterSpec* spec = find_parameter(name);
      ASSERT_NE(spec, nullptr) << name;
      EXPECT_EQ(value.get<double>(), spec->value_in(Parameters{})) << name;
    }
  }
}

TEST(Parameters, SetTheWindows) {
  const json factors =
      run_with({{"window", 504}, {"beta_window", 126}, {"spread_window", 63}, {"spread_least", 30}},
               JobType::kFactorAnalysis);

  EXPECT_EQ(factors["joint"]["n_obs"], 504);
  EXPECT_EQ(factors["symbols"]["AAA"]["market_beta"]["n_obs"], 126);
  EXPECT_EQ(factors["symbols"]["AAA"]["spread_betas"]["momentum"]["n_obs"], 63);
  EXPECT_EQ(factors["parameters"]["window"], 504);
  EXPECT_EQ(run_with({{"window", 504}}, JobType::kVolatilityAnalytics)["n_obs"], 504);
}

TEST(Parameters, SetTheRateFund) {
  const json usual = run_with({}, JobType::kMarketRiskScenarios);
  const json twice =
      run_with({{"rate_duration", 34}, {"rate_convexity", 760}}, JobType::kMarketRiskScenarios);

  EXPECT_DOUBLE_EQ(twice["dv01"], 2 * usual["dv01"].get<double>());
  EXPECT_EQ(twice["var_hist_95"], usual["var_hist_95"]);
}

TEST(Parameters, SetWhatIsCorrelated) {
  const json some = run_with({{"correlation_value", 100000}}, JobType::kPositionCorrelations);
  EXPECT_EQ(some["symbols"], json::array({"AAA"}));
}

TEST(Parameters, ALaterRowCounts) {
  const json factors =
      run_with({{"beta_window", 126}, {"beta_window", 42}}, JobType::kFactorAnalysis);
  EXPECT_EQ(factors["symbols"]["AAA"]["market_beta"]["n_obs"], 42);
}

TEST(Parameters, ChangeTheInputHash) {
  Inputs usual = make_inputs({});
  Inputs same = make_inputs({{"ewma_decay", 0.94}});
  Inputs other = make_inputs({{"ewma_decay", 0.97}});
  const auto hash_of = [](Inputs& inputs) {
    return make_risk_calculation(inputs.rows())
        ->input_hash({.type = JobType::kMarketRiskScenarios,
                      .portfolio = portfolio_id(1),
                      .as_of = kDay,
                      .failed_dependencies = {}});
  };
  EXPECT_EQ(hash_of(usual), hash_of(same));
  EXPECT_NE(hash_of(usual), hash_of(other));
}

TEST(Parameters, TheInputHashIsKnownBeforeTheCalculation) {
  Inputs inputs = make_inputs({});
  for (const JobType type : kAllJobTypes) {
    const PortfolioId id = type == JobType::kMarketDataUpdate ? PortfolioId{} : portfolio_id(1);
    const JobSpec spec{.type = type, .portfolio = id, .as_of = kDay, .failed_dependencies = {}};
    const auto before = make_risk_calculation(inputs.rows())->input_hash(spec);
    const JobOutput output = run_job(*make_risk_calculation(inputs.rows()), type, id, kDay);
    if (!output.nothing_to_do) {
      EXPECT_EQ(output.input_hash, before) << to_string(type);
    }
  }
}

}  // namespace
}  // namespace runledger::engine::test
