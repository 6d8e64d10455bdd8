#include <algorithm>
#include <cmath>

#include "engine/jobs/job_inputs.h"
#include "engine/jobs/job_run.h"
#include "engine/risk/version.h"

namespace runledger::engine {
namespace {

constexpr std::size_t kHistoryWindow = 63;
constexpr std::size_t kHistoryLeast = 60;
constexpr double kOneLateShare = 0.5;
constexpr double kCoveredShare = 0.5;

struct Freshness {
  std::size_t current = 0;
  std::size_t with_history = 0;
  double fresh = 0;
  double closes = 0;
  std::vector<SymbolId> missing;
  std::vector<std::pair<SymbolId, Session>> stale;  ///< With the sessions since the last close.
};

void look_at(const Day& day, SymbolId id, Freshness& sum) {
  const SymbolSeries& series = day.market().series(id);
  std::size_t recent = 0;
  for (std::size_t back = 0; back < kHistoryWindow; ++back) {
    recent += std::isnan(series.close_at(day.session() - static_cast<Session>(back))) ? 0U : 1U;
  }
  sum.with_history += recent >= kHistoryLeast ? 1U : 0U;
  sum.closes += static_cast<double>(day.window(id).n_closes);
  const auto last = day.market().price(id, day.session(), day.market().stale_sessions());
  if (!last) {
    sum.missing.push_back(id);
    return;
  }
  const Session age = day.session() - last->session;
  if (age == 0) {
    ++sum.current;
    sum.fresh += 1;
  } else {
    sum.fresh += age == 1 ? kOneLateShare : 0;
    sum.stale.emplace_back(id, age);
  }
}

std::vector<PortfolioId> uncovered_portfolios(const MarketRun& run) {
  std::vector<PortfolioId> uncovered;
  std::vector<SymbolId> symbols;
  for (const Book& book : run.books) {
    symbols.clear();
    for (const Holding& holding : book.holdings) {
      if (needs_price(holding, run.day.session())) {
        symbols.push_back(holding.underlying);
      }
    }
    std::sort(symbols.begin(), symbols.end());
    symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
    const auto priced = std::count_if(symbols.begin(), symbols.end(), [&](SymbolId id) {
      return run.day.market()
          .price(id, run.day.session(), run.day.market().stale_sessions())
          .has_value();
    });
    if (static_cast<double>(priced) < kCoveredShare * static_cast<double>(symbols.size())) {
      uncovered.push_back(book.id);
    }
  }
  return uncovered;
}

void write_suspicions(JsonWriter& json,
                      const Day& day,
                      std::span<const SymbolId> ids,
                      std::vector<std::string>& warnings) {
  const Calendar& calendar = Calendar::nyse();
  json.key("suspicious").begin_array();
  for (const SymbolId id : ids) {
    for (const Suspicion& suspicion : day.suspicions(id)) {
      const std::string date = format_date(calendar.date_at(suspicion.session));
      json.begin_object();
      json.field("symbol", day.market().name(id)).field("date", date);
      json.field("kind", suspicion.kind);
      if (suspicion.ratio) {
        json.field("ratio", *suspicion.ratio);
      } else {
        json.null_field("ratio", NullReason::kNotApplicable);
      }
      json.end_object();
      if (suspicion.found == day.session()) {
        warnings.push_back(day.market().name(id) + ": " + describe(suspicion));
      }
    }
  }
  json.end_array();
}

}  // namespace

JobResult run_market_data(const MarketRun& run) {
  const Day& day = run.day;
  const std::vector<SymbolId> ids = needed_symbols(run.books, run.day);
  const auto total = static_cast<std::uint64_t>(ids.size());
  const auto count = static_cast<double>(ids.size());
  Freshness sum;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (run.stop.stop_requested()) {
      return stopped();
    }
    look_at(day, ids[i], sum);
    static_cast<void>(day.suspicions(ids[i]));
    if (run.progress) {
      run.progress(i + 1, total, "symbols");
    }
  }
  const double current = static_cast<double>(sum.current) / count;
  const double history = static_cast<double>(sum.with_history) / count;
  const double fresh = sum.fresh / count;
  const double score = 0.4 * current + 0.3 * history + 0.3 * fresh;

  const Parameters& parameters = day.market().parameters();
  JobOutput output;
  output.records = total;
  output.unit = "symbols";
  output.formula_version = risk::kFormulaVersion;
  output.quality.coverage = current;
  output.quality.average_history_days = sum.closes / count;
  output.quality.flag = score >= parameters.quality_full      ? QualityFlag::kFull
                        : score >= parameters.quality_limited ? QualityFlag::kLimited
                                                              : QualityFlag::kFailed;
  output.input_hash = market_input_hash(run.books, day);
  output.uncovered = uncovered_portfolios(run);
  for (const SymbolId id : sum.missing) {
    output.warnings.push_back(day.market().name(id) + ": no close within " +
                              std::to_string(parameters.stale_days) + " trading days");
  }

  JsonWriter json;
  json.begin_object();
  json.field("symbols_needed", total);
  json.field("symbols_current", static_cast<std::uint64_t>(sum.current));
  json.field("coverage_current", current);
  json.field("coverage_history", history);
  json.field("coverage_fresh", fresh);
  json.field("average_history_days", output.quality.average_history_days);
  write_names(json, "missing", day.market(), sum.missing);
  json.key("stale").begin_array();
  for (const auto& [id, age] : sum.stale) {
    json.begin_object();
    json.field("symbol", day.market().name(id)).field("stale_days", age);
    json.end_object();
  }
  json.end_array();
  write_suspicions(json, day, ids, output.warnings);
  json.field("quality_score", score);
  json.field("quality_flag", to_string(output.quality.flag));
  write_basis(json, JobType::kMarketDataUpdate, parameters);
  json.end_object();
  output.finite = json.is_finite();
  output.document = json.take();
  return output;
}

}  // namespace runledger::engine
