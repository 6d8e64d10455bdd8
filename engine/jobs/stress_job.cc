#include <algorithm>
#include <cmath>

#include "engine/jobs/job_run.h"
#include "engine/risk/statistics.h"
#include "engine/risk/stress.h"
#include "engine/risk/version.h"

namespace runledger::engine {
namespace {

/// What a scenario does to a portfolio.
struct Outcome {
  std::string_view method;  ///< "factors" or "market_beta".
  double direct_pnl = 0;
  double correlated_pnl = 0;
  std::vector<double> impacts;  ///< One a shock.
  double market_move = 0;
  double option_convexity = 0;

  [[nodiscard]] double pnl() const noexcept { return correlated_pnl + option_convexity; }
};
using Outcomes = std::vector<risk::Computed<Outcome>>;

Outcome by_factors(const risk::Scenario& scenario,
                   const risk::ScenarioShape& shape,
                   const Eigen::VectorXd& sensitivities) {
  Outcome outcome;
  outcome.method = "factors";
  outcome.market_move = shape.market_move;
  const std::span<const risk::Shock> shocks = scenario.shocks();
  for (std::size_t i = 0; i < shocks.size(); ++i) {
    const double sensitivity = sensitivities(static_cast<Eigen::Index>(shocks[i].factor));
    outcome.direct_pnl += sensitivity * shocks[i].size;
    outcome.impacts.push_back(sensitivity * shape.joint(static_cast<Eigen::Index>(i)));
    outcome.correlated_pnl += outcome.impacts.back();
  }
  return outcome;
}

/// With too few rows for the factors: the market shock times the market beta, where there is one.
risk::Computed<Outcome> by_market_beta(const JobRun& run, const risk::Scenario& scenario) {
  const auto shocks = scenario.shocks();
  const auto market = std::find_if(shocks.begin(), shocks.end(), [](const risk::Shock& shock) {
    return shock.factor == risk::StressFactor::kMarket;
  });
  if (market == shocks.end()) {
    return risk::unknown(NullReason::kShortHistory);
  }
  if (run.failed(JobType::kFactorAnalysis)) {
    return risk::unknown(NullReason::kDependencyFailed);
  }
  const risk::Computed<double> exposure = market_beta(run.context).exposure_dollar;
  if (!exposure) {
    return risk::unknown(exposure.error());
  }
  Outcome outcome;
  outcome.method = "market_beta";
  outcome.market_move = market->size;
  outcome.direct_pnl = outcome.correlated_pnl = *exposure * market->size;
  for (const risk::Shock& shock : shocks) {
    outcome.impacts.push_back(shock.factor == risk::StressFactor::kMarket ? outcome.direct_pnl
                                                                          : 0.0);
  }
  return outcome;
}

Outcomes linear_outcomes(const JobRun& run) {
  const Context& context = run.context;
  const PnlSeries& series = context.series();
  const std::shared_ptr<const StressFactors> stress = context.day().stress_factors(series.rows);
  const std::span<const risk::Scenario> scenarios = risk::built_in_scenarios();
  Outcomes outcomes;
  if (series.members.empty() || stress->factors.rows() == 0) {
    for (const risk::Scenario& scenario : scenarios) {
      outcomes.push_back(by_market_beta(run, scenario));
    }
    return outcomes;
  }
  Eigen::VectorXd pnl(stress->factors.rows());
  for (std::size_t i = 0; i < stress->rows.size(); ++i) {
    pnl(static_cast<Eigen::Index>(i)) = series.aligned[stress->rows[i]];
  }
  const risk::Computed<Eigen::VectorXd> sensitivities =
      risk::univariate_sensitivities(pnl, stress->factors);
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    if (!sensitivities) {
      outcomes.push_back(risk::unknown(sensitivities.error()));
    } else if (!stress->shapes) {
      outcomes.push_back(risk::unknown(stress->shapes.error()));
    } else if (const auto& shape = (*stress->shapes)[i]; !shape) {
      outcomes.push_back(risk::unknown(shape.error()));
    } else {
      outcomes.push_back(by_factors(scenarios[i], *shape, *sensitivities));
    }
  }
  return outcomes;
}

void add_convexity(const JobRun& run, Outcomes& outcomes) {
  if (!run.context.holds_options()) {
    return;
  }
  std::vector<double> moves;
  for (const auto& outcome : outcomes) {
    moves.push_back(outcome ? outcome->market_move : 0.0);
  }
  risk::Computed<std::vector<double>> convexity = risk::unknown(NullReason::kDependencyFailed);
  if (!run.failed(JobType::kFactorAnalysis)) {
    convexity = option_convexity(run.context, moves);
  }
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!outcomes[i]) {
      continue;
    }
    if (!convexity) {
      outcomes[i] = risk::unknown(convexity.error());
    } else {
      outcomes[i]->option_convexity = (*convexity)[i];
    }
  }
}

void write_shocks(JsonWriter& json,
                  std::string_view name,
                  const risk::Scenario& scenario,
                  const std::vector<double>* impacts) {
  json.key(name).begin_object();
  const auto shocks = scenario.shocks();
  for (std::size_t i = 0; i < shocks.size(); ++i) {
    json.field(risk::to_string(shocks[i].factor),
               impacts != nullptr ? (*impacts)[i] : shocks[i].size);
  }
  json.end_object();
}

void write_outcome(JsonWriter& json,
                   const risk::Scenario& scenario,
                   const risk::Computed<Outcome>& outcome,
                   const risk::Computed<double>& equity) {
  json.begin_object().field("id", scenario.id);
  write_shocks(json, "shocks", scenario, nullptr);
  if (!outcome) {
    for (const char* field :
         {"method", "direct_pnl", "correlated_pnl", "factor_impacts", "market_move",
          "correlation_effect", "option_convexity", "pnl", "pnl_pct_equity", "exceeds_equity"}) {
      json.null_field(field, outcome.error());
    }
    json.end_object();
    return;
  }
  json.field("method", outcome->method).field("direct_pnl", outcome->direct_pnl);
  json.field("correlated_pnl", outcome->correlated_pnl);
  write_shocks(json, "factor_impacts", scenario, &outcome->impacts);
  json.field("market_move", outcome->market_move);
  json.field("correlation_effect", outcome->correlated_pnl - outcome->direct_pnl);
  json.field("option_convexity", outcome->option_convexity).field("pnl", outcome->pnl());
  json.field("pnl_pct_equity", ratio(outcome->pnl(), equity));
  if (equity) {
    json.field("exceeds_equity", outcome->pnl() < -*equity);
  } else {
    json.null_field("exceeds_equity", equity.error());
  }
  json.end_object();
}

void write_summary(JsonWriter& json, const Outcomes& outcomes) {
  const std::span<const risk::Scenario> scenarios = risk::built_in_scenarios();
  std::vector<std::size_t> known;
  std::vector<double> pnl;
  NullReason reason = NullReason::kShortHistory;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i]) {
      known.push_back(i);
      pnl.push_back(outcomes[i]->pnl());
    } else {
      reason = outcomes[i].error();
    }
  }
  json.key("summary").begin_object();
  const auto write_extreme = [&](std::string_view name, std::vector<double>::const_iterator at) {
    json.key(name).begin_object().field("pnl", *at);
    json.field("id", scenarios[known[static_cast<std::size_t>(at - pnl.begin())]].id);
    json.end_object();
  };
  if (pnl.empty()) {
    for (const char* field : {"worst", "best", "mean", "median", "standard_deviation"}) {
      json.null_field(field, reason);
    }
  } else {
    write_extreme("worst", std::min_element(pnl.begin(), pnl.end()));
    write_extreme("best", std::max_element(pnl.begin(), pnl.end()));
    json.field("mean", risk::mean(pnl)).field("median", risk::median(pnl));
    if (pnl.size() >= 2) {
      json.field("standard_deviation", risk::sample_sd(pnl));
    } else {
      json.null_field("standard_deviation", NullReason::kShortHistory);
    }
  }
  const auto count = [&](auto predicate) {
    return static_cast<std::uint64_t>(std::count_if(pnl.begin(), pnl.end(), predicate));
  };
  json.field("negative", count([](double value) { return value < 0; }));
  json.field("positive", count([](double value) { return value > 0; }));
  json.end_object();
}

}  // namespace

JobResult run_stress(const JobRun& run) {
  const Context& context = run.context;
  if (context.valuation().active == 0) {
    return nothing_to_do(SkipReason::kNoPositions);
  }
  const std::span<const risk::Scenario> scenarios = risk::built_in_scenarios();
  const auto total = static_cast<std::uint64_t>(scenarios.size());
  const risk::Computed<double> equity = context.positive_equity();
  Outcomes outcomes = linear_outcomes(run);
  if (!run.step(0, total, "scenarios")) {
    return stopped();
  }
  add_convexity(run, outcomes);
  JsonWriter json;
  json.begin_object().key("scenarios").begin_array();
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    write_outcome(json, scenarios[i], outcomes[i], equity);
  }
  json.end_array();
  write_summary(json, outcomes);
  json.field("scenario_version", risk::kScenarioVersion);
  if (!run.step(total, total, "scenarios")) {
    return stopped();
  }
  JobOutput output = finish(run, json, series_quality(context));
  output.records = total;
  output.unit = "scenarios";
  return output;
}

}  // namespace runledger::engine
