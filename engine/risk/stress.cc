#include "engine/risk/stress.h"

#include <initializer_list>

#include <Eigen/LU>

#include "engine/risk/covariance.h"
#include "schema/invariant.h"

namespace runledger::risk {
namespace {

constexpr double kShrinkage = 0.2;

constexpr auto kMarket = StressFactor::kMarket;
constexpr auto kValue = StressFactor::kValue;
constexpr auto kGrowth = StressFactor::kGrowth;
constexpr auto kMomentum = StressFactor::kMomentum;
constexpr auto kQuality = StressFactor::kQuality;
constexpr auto kSize = StressFactor::kSize;
constexpr auto kLowVolatility = StressFactor::kLowVolatility;
constexpr auto kRate = StressFactor::kRate;

constexpr Scenario scenario(std::string_view category,
                            std::string_view severity,
                            std::string_view id,
                            std::string_view name,
                            std::initializer_list<Shock> shocks) {
  Scenario made;
  made.id = id;
  made.name = name;
  made.category = category;
  made.severity = severity;
  for (const Shock& shock : shocks) {
    made.shock_table[made.shock_count++] = shock;
  }
  return made;
}

constexpr std::array kScenarios = {
    scenario("base_cases", "base", "market_up_5", "Market Rally 5%", {{kMarket, 0.05}}),
    scenario("base_cases", "base", "market_down_5", "Market Decline 5%", {{kMarket, -0.05}}),
    scenario("base_cases", "base", "rates_up_50bp", "Rates Up 50bp", {{kRate, 0.005}}),
    scenario("base_cases", "base", "rates_down_50bp", "Rates Down 50bp", {{kRate, -0.005}}),
    scenario("market_risk", "moderate", "market_up_10", "Market Rally 10%", {{kMarket, 0.10}}),
    scenario("market_risk", "moderate", "market_down_10", "Market Decline 10%", {{kMarket, -0.10}}),
    scenario("market_risk", "severe", "market_crash_35", "Market Crash 35%", {{kMarket, -0.35}}),
    scenario("market_risk", "severe", "market_rally_25", "Market Rally 25%", {{kMarket, 0.25}}),
    scenario("interest_rate_risk", "mild", "rates_up_25bp", "Rates Up 25bp", {{kRate, 0.0025}}),
    scenario(
        "interest_rate_risk", "mild", "rates_down_25bp", "Rates Down 25bp", {{kRate, -0.0025}}),
    scenario("interest_rate_risk", "moderate", "rates_up_100bp", "Rates Up 100bp", {{kRate, 0.01}}),
    scenario(
        "interest_rate_risk", "moderate", "rates_down_100bp", "Rates Down 100bp", {{kRate, -0.01}}),
    scenario(
        "interest_rate_risk", "severe", "rate_spike_300bp", "Rate Spike 300bp", {{kRate, 0.03}}),
    scenario("factor_rotations",
             "moderate",
             "value_rotation_20",
             "Value Rotation 20%",
             {{kValue, 0.20}, {kGrowth, -0.10}}),
    scenario("factor_rotations",
             "moderate",
             "growth_rally_15",
             "Growth Rally 15%",
             {{kGrowth, 0.15}, {kMomentum, 0.10}}),
    scenario("factor_rotations",
             "mild",
             "small_cap_outperformance_10",
             "Small Cap Outperformance 10%",
             {{kSize, 0.10}}),
    scenario("factor_rotations",
             "mild",
             "quality_flight_12",
             "Flight to Quality 12%",
             {{kQuality, 0.12}, {kMarket, -0.05}}),
    scenario("volatility_risk",
             "severe",
             "vix_spike_150",
             "VIX Spike 150%",
             {{kLowVolatility, -0.25}, {kMarket, -0.15}}),
    scenario("volatility_risk",
             "severe",
             "liquidity_crisis",
             "Liquidity Crisis",
             {{kMarket, -0.20}, {kLowVolatility, -0.30}, {kQuality, 0.15}, {kSize, -0.10}}),
    scenario("historical_replays",
             "extreme",
             "financial_crisis_2008",
             "2008 Financial Crisis Replay",
             {{kMarket, -0.45},
              {kValue, -0.30},
              {kSize, -0.25},
              {kQuality, 0.20},
              {kLowVolatility, -0.35}}),
    scenario(
        "historical_replays",
        "extreme",
        "covid_crash_2020",
        "COVID-19 Crash Replay",
        {{kMarket, -0.35}, {kGrowth, 0.15}, {kValue, -0.40}, {kSize, -0.30}, {kQuality, 0.10}}),
    scenario(
        "historical_replays",
        "extreme",
        "dotcom_crash_2000",
        "Dot-Com Crash Replay",
        {{kMarket, -0.45}, {kGrowth, -0.60}, {kValue, 0.20}, {kMomentum, -0.50}, {kQuality, 0.15}}),
};

Eigen::Index index_of(StressFactor factor) {
  return static_cast<Eigen::Index>(factor);
}

}  // namespace

std::string_view to_string(StressFactor factor) noexcept {
  switch (factor) {
    case StressFactor::kMarket:
      return "MARKET";
    case StressFactor::kValue:
      return "VALUE";
    case StressFactor::kGrowth:
      return "GROWTH";
    case StressFactor::kMomentum:
      return "MOMENTUM";
    case StressFactor::kQuality:
      return "QUALITY";
    case StressFactor::kSize:
      return "SIZE";
    case StressFactor::kLowVolatility:
      return "LOW_VOLATILITY";
    case StressFactor::kRate:
      return "RATE";
  }
  return "";
}

std::span<const Scenario> built_in_scenarios() noexcept {
  return kScenarios;
}

Computed<FactorModel> make_factor_model(const Eigen::MatrixXd& factors) {
  RL_ASSERT(factors.cols() == static_cast<Eigen::Index>(kStressFactors));
  if (factors.rows() < 2) {
    return unknown(NullReason::kShortHistory);
  }
  const Eigen::MatrixXd covariance = sample_covariance(factors);
  FactorModel model;
  model.sd = covariance.diagonal().cwiseSqrt();
  if (!(model.sd.minCoeff() > 0)) {
    return unknown(NullReason::kConstantSeries);
  }
  const Eigen::VectorXd inverse_sd = model.sd.cwiseInverse();
  model.correlation =
      (1 - kShrinkage) * (inverse_sd.asDiagonal() * covariance * inverse_sd.asDiagonal());
  model.correlation.diagonal().setOnes();
  return model;
}

Computed<ScenarioShape> shape_scenario(const FactorModel& model, const Scenario& scenario) {
  const std::span<const Shock> shocks = scenario.shocks();
  const auto n = static_cast<Eigen::Index>(shocks.size());
  RL_ASSERT(n > 0);
  Eigen::MatrixXd c(n, n);
  Eigen::VectorXd sd(n);
  Eigen::VectorXd standardised(n);
  Eigen::VectorXd with_market(n);
  double market_shock = 0;
  bool market_shocked = false;
  for (Eigen::Index i = 0; i < n; ++i) {
    const Shock& shock = shocks[static_cast<std::size_t>(i)];
    const Eigen::Index k = index_of(shock.factor);
    for (Eigen::Index j = 0; j < n; ++j) {
      c(i, j) = model.correlation(k, index_of(shocks[static_cast<std::size_t>(j)].factor));
    }
    sd(i) = model.sd(k);
    standardised(i) = shock.size / sd(i);
    with_market(i) = model.correlation(0, k) / (1 - kShrinkage);
    if (shock.factor == StressFactor::kMarket) {
      market_shocked = true;
      market_shock = shock.size;
    }
  }
  const Eigen::FullPivLU<Eigen::MatrixXd> solver(c);
  if (!solver.isInvertible()) {
    return unknown(NullReason::kSingular);
  }
  const Eigen::VectorXd weights = solver.solve(standardised);
  ScenarioShape shape;
  shape.joint = sd.cwiseProduct(weights);
  shape.market_move = market_shocked ? market_shock : model.sd(0) * with_market.dot(weights);
  return shape;
}

Computed<Eigen::VectorXd> univariate_sensitivities(const Eigen::Ref<const Eigen::VectorXd>& pnl,
                                                   const Eigen::MatrixXd& factors) {
  RL_ASSERT(pnl.size() == factors.rows());
  if (factors.rows() < 2) {
    return unknown(NullReason::kShortHistory);
  }
  const Eigen::VectorXd centred = pnl.array() - pnl.mean();
  Eigen::VectorXd result(factors.cols());
  for (Eigen::Index k = 0; k < factors.cols(); ++k) {
    const Eigen::VectorXd factor = factors.col(k).array() - factors.col(k).mean();
    const double squares = factor.squaredNorm();
    if (!(squares > 0)) {
      return unknown(NullReason::kConstantSeries);
    }
    result(k) = factor.dot(centred) / squares;
  }
  return result;
}

double rate_shift_pnl(double exposure, double dy, RateFund fund) noexcept {
  return exposure * (-fund.duration * dy + fund.convexity * dy * dy / 2);
}

}  // namespace runledger::risk
