#include <array>
#include <cmath>

#include "engine/jobs/job_run.h"
#include "engine/risk/covariance.h"
#include "engine/risk/stress.h"
#include "engine/risk/value_at_risk.h"
#include "engine/risk/volatility.h"

namespace runledger::engine {
namespace {

constexpr std::size_t kEwmaSeed = 21;
constexpr double kDv01Shift = 0.0001;
constexpr std::array<double, 7> kRateShifts = {-0.01, -0.005, -0.0025, 0.0025, 0.005, 0.01, 0.03};
constexpr std::array<double, 9> kMarketShocks = {-0.2, -0.15, -0.1, -0.05, 0.0,
                                                 0.05, 0.1,   0.15, 0.2};
constexpr std::array<const char*, 13> kTailFields = {
    "volatility_sample", "volatility_ewma", "volatility_shrunk", "shrinkage",    "var_hist_95",
    "es_hist_95",        "var_hist_99",     "es_hist_99",        "var_param_95", "es_param_95",
    "var_param_99",      "es_param_99",     "component_var_95"};

/// Returns of the members on the complete days: days x members.
Eigen::MatrixXd member_returns(const Context& context, const PnlSeries& series) {
  Eigen::MatrixXd returns(static_cast<Eigen::Index>(series.complete.size()),
                          static_cast<Eigen::Index>(series.members.size()));
  for (std::size_t j = 0; j < series.members.size(); ++j) {
    const std::span<const double> window = context.day().filled(series.members[j]->id).returns;
    Eigen::Index row = 0;
    for (std::size_t t = 0; t < series.rows.size(); ++t) {
      if (series.rows[t]) {
        returns(row++, static_cast<Eigen::Index>(j)) = window[t];
      }
    }
  }
  return returns;
}

void write_components(JsonWriter& json,
                      const Context& context,
                      const PnlSeries& series,
                      const risk::Computed<Eigen::VectorXd>& components) {
  if (!components) {
    json.null_field("component_var_95", components.error());
    return;
  }
  json.key("component_var_95").begin_object();
  for (std::size_t j = 0; j < series.members.size(); ++j) {
    json.field(context.market().name(series.members[j]->id),
               (*components)(static_cast<Eigen::Index>(j)));
  }
  json.end_object();
}

void write_tails(JsonWriter& json, const Context& context, const PnlSeries& series) {
  const std::span<const double> pnl(series.complete);
  json.field("volatility_sample", risk::realized_volatility(pnl, pnl.size()));
  json.field("volatility_ewma",
             risk::ewma_volatility(pnl, context.market().parameters().ewma_decay, kEwmaSeed));

  Eigen::VectorXd exposures(static_cast<Eigen::Index>(series.members.size()));
  for (std::size_t j = 0; j < series.members.size(); ++j) {
    exposures(static_cast<Eigen::Index>(j)) = series.members[j]->exposure;
  }
  const risk::Computed<risk::ShrunkCovariance> shrunk =
      risk::ledoit_wolf(member_returns(context, series));
  const Eigen::VectorXd marginal = shrunk->matrix * exposures;
  const double sigma = std::sqrt(std::max(0.0, exposures.dot(marginal)));
  json.field("volatility_shrunk", sigma * std::sqrt(risk::kTradingDaysPerYear));
  json.field("shrinkage", shrunk->shrinkage);

  const Eigen::VectorXd losses = risk::sorted_losses(pnl);
  const risk::TailLoss hist_95 = risk::historical_tail(losses, 0.95);
  const risk::TailLoss hist_99 = risk::historical_tail(losses, 0.99);
  json.field("var_hist_95", hist_95.var).field("es_hist_95", hist_95.es);
  json.field("var_hist_99", hist_99.var).field("es_hist_99", hist_99.es);
  const risk::TailLoss param_95 = risk::normal_tail(sigma, 0.95);
  const risk::TailLoss param_99 = risk::normal_tail(sigma, 0.99);
  json.field("var_param_95", param_95.var).field("es_param_95", param_95.es);
  json.field("var_param_99", param_99.var).field("es_param_99", param_99.es);
  write_components(json, context, series, risk::component_var(exposures, shrunk->matrix, 0.95));
}

void write_rates(JsonWriter& json, const JobRun& run) {
  const risk::Computed<double> exposure = run.failed(JobType::kFactorAnalysis)
                                              ? risk::unknown(NullReason::kDependencyFailed)
                                              : rate_beta(run.context).exposure_dollar;
  json.field("rate_exposure", exposure);
  if (!exposure) {
    json.null_field("dv01", exposure.error()).null_field("rate_pnl", exposure.error());
    return;
  }
  const Parameters& parameters = run.context.market().parameters();
  const risk::RateFund fund{parameters.rate_duration, parameters.rate_convexity};
  json.field("dv01", risk::rate_shift_pnl(*exposure, kDv01Shift, fund));
  json.key("rate_pnl").begin_array();
  for (const double shift : kRateShifts) {
    json.begin_object();
    json.field("shift", shift).field("pnl", risk::rate_shift_pnl(*exposure, shift, fund));
    json.end_object();
  }
  json.end_array();
}

void write_market(JsonWriter& json, const JobRun& run) {
  const risk::Computed<double> exposure = run.failed(JobType::kFactorAnalysis)
                                              ? risk::unknown(NullReason::kDependencyFailed)
                                              : market_beta(run.context).exposure_dollar;
  if (!exposure) {
    json.null_field("market_pnl", exposure.error());
    return;
  }
  const risk::Computed<std::vector<double>> convexity =
      option_convexity(run.context, kMarketShocks);
  if (!convexity) {
    json.null_field("market_pnl", convexity.error());
    return;
  }
  json.key("market_pnl").begin_array();
  for (std::size_t i = 0; i < kMarketShocks.size(); ++i) {
    json.begin_object();
    json.field("shock", kMarketShocks[i]);
    json.field("pnl", *exposure * kMarketShocks[i] + (*convexity)[i]);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

JobResult run_market_risk(const JobRun& run) {
  const Context& context = run.context;
  if (context.valuation().active == 0) {
    return nothing_to_do(SkipReason::kNoPositions);
  }
  const PnlSeries& series = context.series();
  JsonWriter json;
  json.begin_object();
  if (series.complete.size() >= context.market().parameters().window_least) {
    write_tails(json, context, series);
  } else {
    for (const char* field : kTailFields) {
      json.null_field(field, NullReason::kShortHistory);
    }
  }
  json.field("n_obs", static_cast<std::uint64_t>(series.complete.size()));
  if (!run.step(1, 2, "parts")) {
    return stopped();
  }
  write_rates(json, run);
  write_market(json, run);
  json.field("coverage", series.coverage);
  write_names(json, "left_out", context.market(), series.left_out);
  json.field("filled_returns", static_cast<std::uint64_t>(series.filled_returns));
  if (!run.step(2, 2, "parts")) {
    return stopped();
  }
  JobOutput output = finish(run, json, series_quality(context));
  output.records = kRateShifts.size() + kMarketShocks.size();
  output.unit = "scenarios";
  return output;
}

}  // namespace runledger::engine
