#include "engine/jobs/betas_json.h"

#include "engine/jobs/day.h"
#include "schema/json_writer.h"

namespace runledger::engine {
namespace {

void write_fit(JsonWriter& json, std::string_view name, const SymbolBetas::Fit& fit) {
  if (!fit) {
    json.null_field(name, fit.error());
    return;
  }
  json.key(name).begin_object();
  json.field("beta_raw", fit->beta).field("beta", clamp_beta(fit->beta));
  json.field("alpha", fit->alpha).field("r_squared", fit->r_squared);
  json.field("std_error", fit->std_error).field("t_stat", fit->t_stat);
  json.field("p_value", fit->p_value).field("n_obs", static_cast<std::uint64_t>(fit->n_obs));
  json.end_object();
}

}  // namespace

std::string render_betas(std::string_view symbol, const SymbolBetas& betas) {
  JsonWriter json;
  json.begin_object().key(symbol).begin_object();
  write_fit(json, "market_beta", betas.market);
  write_fit(json, "rate_beta", betas.rate);
  json.key("spread_betas").begin_object();
  for (std::size_t s = 0; s < kSpreadNames.size(); ++s) {
    write_fit(json, kSpreadNames[s], betas.spreads[s]);
  }
  json.end_object();
  json.field("style_n_obs", static_cast<std::uint64_t>(betas.style_n_obs));
  if (betas.styles) {
    json.key("style_betas").begin_object();
    for (std::size_t k = 0; k < kStyles; ++k) {
      json.field(kFactorFunds[k + 1].factor, (*betas.styles)[k]);
    }
    json.end_object();
  } else {
    json.null_field("style_betas", betas.styles.error());
  }
  json.end_object().end_object();
  if (!json.is_finite()) {
    return {};
  }
  const std::string document = json.take();
  return document.substr(1, document.size() - 2);
}

}  // namespace runledger::engine
