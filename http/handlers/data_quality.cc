#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "http/handlers/handlers.h"
#include "http/render.h"
#include "store/job_history.h"

namespace runledger::http {
namespace {

// Least score with which nothing needs to be done (formulas.md, market_data_update: full).
constexpr double kScoreFull = 0.90;
constexpr std::size_t kSymbolsNamed = 10;

struct MarketData {
  store::LatestResult result;
  std::string document;  ///< As stored.
  nlohmann::json parsed;
  double score = 0;
};

Result<std::optional<MarketData>> newest_market_data(const ApiContext& context) {
  const auto& log = context.service.log();
  constexpr Date kFarFuture = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
  RL_TRY_ASSIGN(const auto results,
                store::latest_results_before(log.tables(), PortfolioId{},
                                             JobType::kMarketDataUpdate, kFarFuture, 1));
  if (results.empty() || results.front().result_hash.is_nil()) {
    return std::nullopt;
  }
  MarketData data{results.front(), {}, {}, 0};
  RL_TRY_ASSIGN(data.document, log.blob(store::BlobKind::kResult, data.result.result_hash));
  data.parsed = nlohmann::json::parse(data.document, nullptr, false);
  if (!data.parsed.is_object()) {
    return fail(Code::kCorruption, "the newest market_data_update result is not an object");
  }
  const auto score = data.parsed.find("quality_score");
  data.score = score != data.parsed.end() && score->is_number() ? score->get<double>() : 0.0;
  return data;
}

std::string name_some(const nlohmann::json& symbols) {
  std::string text;
  std::size_t named = 0;
  for (const auto& item : symbols) {
    const auto symbol = item.is_object() ? item.value("symbol", "?")
                                         : (item.is_string() ? item.get<std::string>() : "?");
    if (named == kSymbolsNamed) {
      return text + fmt::format(" and {} more", symbols.size() - named);
    }
    text += (named == 0 ? "" : ", ") + symbol;
    ++named;
  }
  return text;
}

std::vector<std::string> recommend(const std::optional<MarketData>& data) {
  if (!data) {
    return {"Import prices and run market_data_update: there is no result yet."};
  }
  std::vector<std::string> advice;
  const auto add = [&](const char* member, std::string_view text) {
    const auto found = data->parsed.find(member);
    if (found != data->parsed.end() && found->is_array() && !found->empty()) {
      advice.push_back(fmt::format("{}: {}", text, name_some(*found)));
    }
  };
  add("missing", "Import prices of symbols that have none");
  add("stale", "Import newer prices of symbols that are behind");
  add("suspicious", "Check prices that look wrong");
  if (advice.empty() && data->score < kScoreFull) {
    advice.emplace_back("Import a longer history of prices.");
  }
  return advice;
}

void write_advice(JsonWriter& json, const std::vector<std::string>& advice, std::size_t count) {
  json.key("recommendations").begin_array();
  for (std::size_t i = 0; i < std::min(count, advice.size()); ++i) {
    json.value(advice[i]);
  }
  json.end_array();
}

Outcome show_quality(const ApiContext& context, const Call& call) {
  RL_TRY_ASSIGN(const auto data, newest_market_data(context));
  JsonWriter json;
  json.begin_object();
  json.field("status", !data ? "no_data" : (data->score >= kScoreFull ? "passed" : "failed"));
  json.key("quality_score");
  data ? json.value(data->score) : json.null();
  json.key("as_of");
  data ? json.value(format_date(data->result.as_of)) : json.null();
  json.key("batch_run_id");
  data ? json.value(to_string(data->result.run)) : json.null();
  json.key("thresholds").begin_object();
  json.field("quality_score", kScoreFull);
  json.end_object();
  json.key("coverage_details");
  data ? json.raw(data->document) : json.null();
  write_advice(json, recommend(data), 100);
  json.field("requested_by", call.principal.email);
  json.field("request_timestamp", format_time(context.service.clock().wall_now()));
  json.end_object();
  return json_response(json.take());
}

Outcome refresh_quality(const ApiContext& context, const Call& call) {
  RL_TRY_ASSIGN(const auto data, newest_market_data(context));
  std::string run_id;
  if (!data || data->score < kScoreFull) {
    engine::StartRunRequest request;
    request.market_data_only = true;
    RL_TRY_PROBLEM(const auto command, idempotency_key(call.request));
    request.triggered_by = call.principal.email;
    const auto started = context.service.start_run(request, command);
    if (!started) {
      return std::unexpected(with_code(started.error(), 409, "batch_already_running"));
    }
    run_id = to_string(started->run);
  }
  JsonWriter json;
  json.begin_object();
  json.field("status", run_id.empty() ? "no_action_needed" : "refresh_started");
  json.key("batch_run_id");
  run_id.empty() ? json.null() : json.value(run_id);
  json.key("current_quality_score");
  data ? json.value(data->score) : json.null();
  write_advice(json, recommend(data), 3);
  json.end_object();
  return json_response(json.take());
}

}  // namespace

void add_data_quality_routes(Router& router, const ApiContext& context) {
  router.add({.path = "/api/v1/admin/batch/data-quality",
              .operation = "showDataQuality",
              .tag = "data quality",
              .summary = "The newest market_data_update result, judged.",
              .responses = {{200,
                             "The judgement.",
                             {{"status", "string"},
                              {"quality_score", "number|null"},
                              {"as_of", "string|null"},
                              {"batch_run_id", "string|null"},
                              {"thresholds", "object"},
                              {"coverage_details", "object|null"},
                              {"recommendations", "array"},
                              {"requested_by", "string"},
                              {"request_timestamp", "string"}}}},
              .handler = [context](const Call& call) { return show_quality(context, call); }});
  router.add({.method = Method::kPost,
              .path = "/api/v1/admin/batch/data-quality/refresh",
              .operation = "refreshDataQuality",
              .tag = "data quality",
              .summary = "Starts market_data_update if the score is below its threshold.",
              .access = Access::kAdmin,
              .responses = {{200,
                             "Started, or nothing to do.",
                             {{"status", "string"},
                              {"batch_run_id", "string|null"},
                              {"current_quality_score", "number|null"},
                              {"recommendations", "array"}}},
                            {409, "A run is running."}},
              .handler = [context](const Call& call) { return refresh_quality(context, call); }});
}

}  // namespace runledger::http
