#include "engine/jobs/job_inputs.h"

#include <initializer_list>

#include "engine/risk/version.h"
#include "schema/ids.h"

namespace runledger::engine {
namespace {

/// Parts of the inputs that a job reads beside its positions, prices and options.
struct Parts {
  bool equity = false;
  bool factors = false;
  bool sectors = false;
  bool rates = false;
};

/// What a job type reads.
struct Reads {
  Parts parts;
  std::initializer_list<const char*> parameters;
};

const Reads& reads_of(JobType type) {
  static const Reads kMarketData{{}, {"quality_full", "quality_limited", "stale_days"}};
  static const Reads kPositions{{}, {"stale_days", "dividend_yield"}};
  static const Reads kGreeks{{.rates = true}, {"stale_days", "dividend_yield"}};
  static const Reads kAggregation{
      {.equity = true, .factors = true, .sectors = true},
      {"stale_days", "dividend_yield", "window", "beta_window", "beta_least"}};
  static const Reads kFactors{
      {.equity = true, .factors = true},
      {"stale_days", "dividend_yield", "window", "window_least", "beta_window", "beta_least",
       "spread_window", "spread_least", "style_window", "style_least", "ridge_penalty"}};
  static const Reads kMarketRisk{
      {.factors = true},
      {"stale_days", "dividend_yield", "window", "window_least", "beta_window", "beta_least",
       "ewma_decay", "rate_duration", "rate_convexity"}};
  static const Reads kVolatility{{.equity = true, .factors = true},
                                 {"stale_days", "dividend_yield", "window"}};
  static const Reads kSectors{{.sectors = true}, {"stale_days", "dividend_yield"}};
  static const Reads kStress{
      {.equity = true, .factors = true, .rates = true},
      {"stale_days", "dividend_yield", "window", "window_least", "beta_window", "beta_least"}};
  static const Reads kSnapshot{
      {.equity = true, .factors = true, .rates = true},
      {"stale_days", "dividend_yield", "window", "beta_window", "beta_least"}};
  static const Reads kCorrelations{
      {},
      {"stale_days", "correlation_value", "correlation_weight", "correlation_window",
       "correlation_least", "cluster_threshold"}};
  switch (type) {
    case JobType::kMarketDataUpdate:
      return kMarketData;
    case JobType::kPositionValuesUpdate:
      return kPositions;
    case JobType::kGreeksCalculation:
      return kGreeks;
    case JobType::kPortfolioAggregation:
      return kAggregation;
    case JobType::kFactorAnalysis:
      return kFactors;
    case JobType::kMarketRiskScenarios:
      return kMarketRisk;
    case JobType::kVolatilityAnalytics:
      return kVolatility;
    case JobType::kSectorConcentration:
      return kSectors;
    case JobType::kStressTesting:
      return kStress;
    case JobType::kPortfolioSnapshot:
      return kSnapshot;
    case JobType::kPositionCorrelations:
      break;
  }
  return kCorrelations;
}

void add_parameters(Hasher& hasher, const Parameters& parameters) {
  for (const ParameterSpec& spec : parameter_specs()) {
    hasher.add(spec.value_in(parameters));
  }
}

}  // namespace

bool reads_factors(JobType type) {
  return reads_of(type).parts.factors;
}

void write_basis(JsonWriter& json, JobType type, const Parameters& parameters) {
  json.field("formula_version", risk::kFormulaVersion);
  json.key("parameters").begin_object();
  for (const char* name : reads_of(type).parameters) {
    const ParameterSpec& spec = *find_parameter(name);
    if (spec.is_count()) {
      json.field(name, static_cast<std::uint64_t>(spec.value_in(parameters)));
    } else {
      json.field(name, spec.value_in(parameters));
    }
  }
  json.end_object();
}

Digest input_hash(const Context& context, const JobSpec& spec) {
  const Parts& parts = reads_of(spec.type).parts;
  Hasher hasher;
  hasher.add(to_string(spec.type)).add(std::uint64_t{risk::kFormulaVersion});
  hasher.add(static_cast<std::uint64_t>(context.session()));
  for (const JobType type : kAllJobTypes) {
    hasher.add(static_cast<std::uint64_t>(spec.failed_dependencies.contains(type) ? 1 : 0));
  }
  add_parameters(hasher, context.market().parameters());
  hasher.add(context.prices_digest()).add(context.options_digest());
  if (parts.equity) {
    hasher.add(context.equity_digest());
  }
  if (parts.factors) {
    hasher.add(context.day().factors_digest());
  }
  if (parts.sectors) {
    hasher.add(context.sectors_digest());
  }
  if (parts.rates) {
    hasher.add(context.day().rates_digest());
  }
  return hasher.finish();
}

Digest market_input_hash(const std::vector<Book>& books, const Day& day) {
  Hasher hasher;
  hasher.add(to_string(JobType::kMarketDataUpdate)).add(std::uint64_t{risk::kFormulaVersion});
  hasher.add(static_cast<std::uint64_t>(day.session()));
  add_parameters(hasher, day.market().parameters());
  for (const Book& book : books) {
    hasher.add(to_string(book.id)).add(book.content);
  }
  for (const SymbolId id : needed_symbols(books, day)) {
    hasher.add(day.digest(id));
  }
  return hasher.finish();
}

bool needs_price(const Holding& holding, Session session) noexcept {
  return !holding.is_private && holding.is_active(session);
}

std::vector<SymbolId> needed_symbols(const std::vector<Book>& books, const Day& day) {
  const MarketData& market = day.market();
  std::vector<bool> needed(market.symbols(), false);
  for (const Book& book : books) {
    for (const Holding& holding : book.holdings) {
      if (needs_price(holding, day.session())) {
        needed[holding.underlying] = true;
      }
    }
  }
  for (const FactorFund& fund : kFactorFunds) {
    needed[market.id(fund.symbol)] = true;
  }
  needed[market.id(kRatesFund)] = true;
  std::vector<SymbolId> ids;
  for (SymbolId id = 0; id < needed.size(); ++id) {
    if (needed[id]) {
      ids.push_back(id);
    }
  }
  return ids;
}

}  // namespace runledger::engine
