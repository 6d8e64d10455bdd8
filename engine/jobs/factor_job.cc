#include <cmath>

#include "engine/jobs/job_run.h"
#include "engine/risk/distributions.h"

namespace runledger::engine {
namespace {

void write_beta(JsonWriter& json,
                std::string_view name,
                const PortfolioBeta& beta,
                const risk::Computed<double>& equity) {
  json.key(name).begin_object();
  json.field("exposure_dollar", beta.exposure_dollar);
  json.field("coverage", beta.coverage);
  json.field("beta", ratio(beta.exposure_dollar, equity));
  json.end_object();
}

void write_portfolio_betas(JsonWriter& json, const Context& context) {
  const risk::Computed<double> equity = context.positive_equity();
  write_beta(json, "market_beta", market_beta(context), equity);
  write_beta(json, "rate_beta", rate_beta(context), equity);
  json.key("spread_betas").begin_object();
  for (std::size_t s = 0; s < kSpreadNames.size(); ++s) {
    const PortfolioBeta beta =
        portfolio_beta(context, [s](const SymbolBetas& betas) -> risk::Computed<double> {
          const SymbolBetas::Fit& fit = betas.spreads[s];
          if (!fit) {
            return risk::unknown(fit.error());
          }
          return clamp_beta(fit->beta);
        });
    write_beta(json, kSpreadNames[s], beta, equity);
  }
  json.end_object().key("style_betas").begin_object();
  for (std::size_t k = 0; k < kStyles; ++k) {
    const PortfolioBeta beta =
        portfolio_beta(context, [k](const SymbolBetas& betas) -> risk::Computed<double> {
          if (!betas.styles) {
            return risk::unknown(betas.styles.error());
          }
          return (*betas.styles)[k];
        });
    write_beta(json, kFactorFunds[k + 1].factor, beta, equity);
  }
  json.end_object();
}

/// One number a factor, by name; `offset` skips an intercept.
void write_by_factor(JsonWriter& json,
                     std::string_view name,
                     const Eigen::VectorXd& values,
                     Eigen::Index offset) {
  json.key(name).begin_object();
  for (std::size_t k = 0; k < kFactors; ++k) {
    json.field(kFactorFunds[k].factor, values(static_cast<Eigen::Index>(k) + offset));
  }
  json.end_object();
}

void write_risk(JsonWriter& json, const risk::RiskDecomposition& risk) {
  const double total = risk.total_variance;
  json.key("risk").begin_object();
  json.field("systematic_variance", risk.systematic_variance);
  json.field("idiosyncratic_variance", risk.idiosyncratic_variance);
  json.field("total_variance", total);
  if (total > 0) {
    json.field("systematic_share", risk.systematic_variance / total);
    json.field("idiosyncratic_share", risk.idiosyncratic_variance / total);
  } else {
    json.null_field("systematic_share", NullReason::kConstantSeries);
    json.null_field("idiosyncratic_share", NullReason::kConstantSeries);
  }
  write_by_factor(json, "factor_contribution", risk.factor_contribution, 0);
  if (total > 0) {
    write_by_factor(json, "factor_share", risk.factor_contribution / total, 0);
  } else {
    json.null_field("factor_share", NullReason::kConstantSeries);
  }
  json.end_object();
}

void write_joint(JsonWriter& json, const PnlSeries& series, const JointFactors& factors) {
  const risk::Design& design = *factors.design;
  const auto n = static_cast<Eigen::Index>(factors.rows.size());
  constexpr auto k = static_cast<Eigen::Index>(kFactors) + 1;
  Eigen::VectorXd pnl(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    pnl(i) = series.aligned[factors.rows[static_cast<std::size_t>(i)]];
  }
  const risk::LinearFit fit = design.fit(pnl);
  const Eigen::Index lag = risk::newey_west_lag(n);
  const Eigen::MatrixXd covariance = risk::newey_west_covariance(design, fit.residuals, lag);
  const Eigen::VectorXd std_error = covariance.diagonal().cwiseMax(0.0).cwiseSqrt();

  json.key("joint").begin_object();
  write_by_factor(json, "beta_dollar", fit.coefficients, 1);
  json.field("alpha", fit.coefficients(0));
  json.field("r_squared", fit.r_squared).field("adj_r_squared", fit.adj_r_squared);
  json.field("n_obs", static_cast<std::uint64_t>(n)).field("residual_sd", fit.residual_sd);
  json.field("hac_lag", static_cast<std::int64_t>(lag));
  write_by_factor(json, "std_error", std_error, 1);
  if (std_error.tail(k - 1).minCoeff() > 0) {
    const Eigen::VectorXd t_stat = fit.coefficients.cwiseQuotient(std_error);
    const Eigen::VectorXd p_value = t_stat.unaryExpr(
        [n](double t) { return risk::student_p_value(t, static_cast<double>(n - k)); });
    write_by_factor(json, "t_stat", t_stat, 1);
    write_by_factor(json, "p_value", p_value, 1);
  } else {
    json.null_field("t_stat", NullReason::kConstantSeries);
    json.null_field("p_value", NullReason::kConstantSeries);
  }
  write_by_factor(json, "vif", factors.collinearity->vif, 0);
  json.field("condition_number", factors.collinearity->condition_number);
  json.end_object();
  write_risk(json, risk::decompose_risk(fit.coefficients.tail(k - 1), factors.covariance,
                                        fit.residual_sd));
}

/// `{"symbols":{...},` + the rest: the symbols' members were rendered once for all portfolios.
std::string splice_symbols(const Context& context, const std::string& rest) {
  std::size_t size = rest.size() + 32;
  for (const UnderlyingExposure& underlying : context.exposures().underlyings) {
    size += context.day().betas_json(underlying.id).size() + 1;
  }
  std::string document;
  document.reserve(size);
  document += "{\"symbols\":{";
  bool first = true;
  for (const UnderlyingExposure& underlying : context.exposures().underlyings) {
    document += first ? "" : ",";
    document += context.day().betas_json(underlying.id);
    first = false;
  }
  document += "},";
  document.append(rest, 1);
  return document;
}

}  // namespace

JobResult run_factor_analysis(const JobRun& run) {
  const Context& context = run.context;
  if (context.valuation().active == 0) {
    return nothing_to_do(SkipReason::kNoPositions);
  }
  const auto total = static_cast<std::uint64_t>(context.exposures().underlyings.size());
  std::uint64_t done = 0;
  bool finite = true;
  for (const UnderlyingExposure& underlying : context.exposures().underlyings) {
    finite = finite && !context.day().betas_json(underlying.id).empty();
    if (!run.step(++done, total, "symbols")) {
      return stopped();
    }
  }
  const PnlSeries& series = context.series();
  JsonWriter json;
  json.begin_object();
  write_portfolio_betas(json, context);
  const std::shared_ptr<const JointFactors> factors = context.day().joint_factors(series.rows);
  if (series.members.empty() || !factors->design) {
    const NullReason reason =
        series.members.empty() ? NullReason::kShortHistory : factors->design.error();
    json.null_field("joint", reason).null_field("risk", reason);
  } else {
    write_joint(json, series, *factors);
  }
  json.field("series_coverage", series.coverage);
  write_names(json, "series_left_out", context.market(), series.left_out);
  json.field("filled_returns", static_cast<std::uint64_t>(series.filled_returns));
  JobOutput output = finish(run, json, series_quality(context));
  output.finite = output.finite && finite;
  output.document = splice_symbols(context, output.document);
  output.records = total;
  output.unit = "symbols";
  return output;
}

}  // namespace runledger::engine
