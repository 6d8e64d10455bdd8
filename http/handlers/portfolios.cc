#include <algorithm>

#include <fmt/format.h>

#include "http/cursor.h"
#include "http/handlers/handlers.h"
#include "http/render.h"
#include "store/catalog.h"
#include "store/job_history.h"

namespace runledger::http {
namespace {

constexpr Date kFarFuture = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};

void write_portfolio_fields(JsonWriter& json, const store::PortfolioRow& row) {
  json.field("id", to_string(row.id));
  json.field("name", row.name);
  json.field("positions", row.positions);
  json.field("equity", row.equity);
  json.key("equity_date");
  row.equity_date ? json.value(format_date(*row.equity_date)) : json.null();
  json.field("content", to_string(row.content));
  json.field("imported_at", format_time(row.imported_at));
  json.field("seq", raw(row.sequence));
}

Outcome list_all(const ApiContext& context, const Call& /*call*/) {
  RL_TRY_ASSIGN(const auto rows, store::list_portfolios(context.service.log().tables()));
  JsonWriter json;
  json.begin_object().key("portfolios").begin_array();
  for (const auto& row : rows) {
    json.begin_object();
    write_portfolio_fields(json, row);
    json.end_object();
  }
  json.end_array().end_object();
  return json_response(json.take());
}

Outcome show_one(const ApiContext& context, const Call& call) {
  RL_TRY_PROBLEM(const auto row,
                 find_portfolio(context, call.arguments.text("portfolio").value_or("")));
  JsonWriter json;
  json.begin_object();
  write_portfolio_fields(json, row);
  json.end_object();
  return json_response(json.take());
}

Outcome import_one(const ApiContext& context, const Call& call) {
  const auto& arguments = call.arguments;
  engine::PortfolioImportRequest request;
  request.name = arguments.text("name").value_or("");
  request.file_name = arguments.text("file_name").value_or("upload.csv");
  request.bytes = call.request.body;
  request.equity = arguments.number("equity");
  request.equity_date = arguments.date("equity_date");
  const bool is_new =
      !store::find_portfolio(context.service.log().tables(), request.name).has_value();
  const auto outcome = context.service.import_portfolio(std::move(request));
  if (!outcome) {
    return std::unexpected(import_problem(outcome.error()));
  }
  const auto& imported = std::get<PortfolioImported>(outcome->imported);
  JsonWriter json;
  json.begin_object();
  json.field("id", to_string(imported.portfolio));
  json.field("name", imported.name);
  json.field("positions", imported.positions);
  json.field("equity", imported.equity);
  json.key("equity_date");
  imported.equity_date ? json.value(format_date(*imported.equity_date)) : json.null();
  write_import_outcome(json, *outcome, imported.content);
  json.end_object();
  return json_response(json.take(), is_new && outcome->changed ? 201 : 200);
}

Outcome delete_one(const ApiContext& context, const Call& call) {
  RL_TRY_PROBLEM(const auto row,
                 find_portfolio(context, call.arguments.text("portfolio").value_or("")));
  const auto deleted = context.service.delete_portfolio(to_string(row.id));
  if (!deleted) {
    return std::unexpected(with_code(deleted.error(), 404, "portfolio_not_found"));
  }
  Response response;
  response.status = 204;
  return response;
}

// Splices a stored document: it is JSON already, and its bytes are what its hash names.
Status write_result(JsonWriter& json,
                    const store::EventLog& log,
                    const store::LatestResult& result) {
  json.key(to_string(result.type));
  if (result.result_hash.is_nil()) {
    json.begin_object();
    json.key("skipped");
    result.skip_reason ? json.value(to_string(*result.skip_reason)) : json.null();
    json.end_object();
    return {};
  }
  RL_TRY_ASSIGN(const auto document, log.blob(store::BlobKind::kResult, result.result_hash));
  json.raw(document);
  return {};
}

void write_sources(JsonWriter& json, const std::vector<store::LatestResult>& results) {
  json.key("sources").begin_object();
  for (const auto& result : results) {
    json.key(to_string(result.type)).begin_object();
    json.field("run_id", to_string(result.run));
    json.field("seq", raw(result.sequence));
    json.field("status", to_string(result.status));
    json.key("input_hash");
    result.input_hash.is_nil() ? json.null() : json.value(to_string(result.input_hash));
    json.key("result_hash");
    result.result_hash.is_nil() ? json.null() : json.value(to_string(result.result_hash));
    json.field("formula_version", result.formula_version);
    json.end_object();
  }
  json.end_object();
}

Outcome show_results(const ApiContext& context, const Call& call) {
  const auto& arguments = call.arguments;
  RL_TRY_PROBLEM(const auto row,
                 find_past_portfolio(context, arguments.text("portfolio").value_or("")));
  const auto type = arguments.job_type("job_type");
  auto as_of = arguments.date("as_of");
  if (!as_of) {
    const auto wanted = type == JobType::kMarketDataUpdate ? std::nullopt : type;
    RL_TRY_ASSIGN(as_of, newest_result_date(context, row.id, wanted));
  }
  const auto& log = context.service.log();
  std::vector<store::LatestResult> results;
  if (as_of) {
    RL_TRY_ASSIGN(results, store::latest_results(log.tables(), PortfolioId{}, *as_of));
    RL_TRY_ASSIGN(auto own, store::latest_results(log.tables(), row.id, *as_of));
    if (own.empty() && type != JobType::kMarketDataUpdate) {
      results.clear();
    }
    std::ranges::move(own, std::back_inserter(results));
  }
  std::erase_if(results, [&](const auto& result) { return type && *type != result.type; });
  if (results.empty()) {
    return refuse(404, "no_results",
                  fmt::format("portfolio {} has no result{}", row.name,
                              as_of ? " as of " + format_date(*as_of) : ""));
  }
  std::ranges::sort(results, {}, &store::LatestResult::type);
  const auto newest = std::ranges::max_element(results, {}, &store::LatestResult::sequence);
  JsonWriter json;
  json.begin_object();
  json.field("portfolio", row.name);
  json.field("portfolio_id", to_string(row.id));
  json.field("as_of", format_date(*as_of));
  json.field("run_id", to_string(newest->run));
  json.key("results").begin_object();
  for (const auto& result : results) {
    RL_TRY(write_result(json, log, result));
  }
  json.end_object();
  write_sources(json, results);
  json.end_object();
  return json_response(json.take());
}

Status write_snapshots(JsonWriter& json,
                       const store::EventLog& log,
                       const PortfolioId& portfolio,
                       std::size_t count) {
  RL_TRY_ASSIGN(const auto snapshots,
                store::latest_results_before(log.tables(), portfolio, JobType::kPortfolioSnapshot,
                                             kFarFuture, count));
  json.key("snapshots").begin_array();
  for (const auto& snapshot : snapshots) {
    if (snapshot.result_hash.is_nil()) {
      continue;
    }
    RL_TRY_ASSIGN(const auto document, log.blob(store::BlobKind::kResult, snapshot.result_hash));
    json.begin_object();
    json.field("as_of", format_date(snapshot.as_of));
    json.field("run_id", to_string(snapshot.run));
    json.key("result").raw(document);
    json.end_object();
  }
  json.end_array();
  return {};
}

Outcome show_history(const ApiContext& context, const Call& call) {
  const auto& arguments = call.arguments;
  RL_TRY_PROBLEM(const auto row,
                 find_past_portfolio(context, arguments.text("portfolio").value_or("")));
  store::JobFilter filter;
  filter.portfolio = row.id;
  filter.type = arguments.job_type("job_type");
  const auto scope = fmt::format("portfolio history {} type={}", to_string(row.id),
                                 arguments.text("job_type").value_or(""));
  std::optional<Sequence> before;
  if (const auto cursor = arguments.text("cursor")) {
    RL_TRY_PROBLEM(before, decode_cursor(*cursor, scope));
  }
  const auto& log = context.service.log();
  RL_TRY_ASSIGN(const auto page,
                store::list_jobs(log.tables(), filter, before,
                                 static_cast<std::size_t>(arguments.integer("limit"))));
  const PortfolioNames names{{row.id, row.name}};
  JsonWriter json;
  json.begin_object();
  json.field("portfolio", row.name);
  json.field("portfolio_id", to_string(row.id));
  json.key("jobs").begin_array();
  for (const auto& job : page.rows) {
    write_job(json, job, names);
  }
  json.end_array();
  json.key("next_cursor");
  page.next_before ? json.value(encode_cursor(*page.next_before, scope)) : json.null();
  RL_TRY(
      write_snapshots(json, log, row.id, static_cast<std::size_t>(arguments.integer("snapshots"))));
  json.end_object();
  return json_response(json.take());
}

const ParameterSpec kPortfolio = {.name = "portfolio",
                                  .type = ParameterType::kText,
                                  .description = "Id or unique name.",
                                  .required = true};
const ParameterSpec kJobType = {
    .name = "job_type", .type = ParameterType::kJobType, .description = "Only this type."};

std::vector<FieldSpec> portfolio_fields() {
  return {{"id", "string"},
          {"name", "string"},
          {"positions", "integer"},
          {"equity", "number|null"},
          {"equity_date", "string|null"},
          {"content", "string"},
          {"seq", "integer"}};
}

void add_catalog_routes(Router& router, const ApiContext& context) {
  router.add({.path = "/api/v1/portfolios",
              .operation = "listPortfolios",
              .tag = "portfolios",
              .summary = "All portfolios, by name.",
              .responses = {{200, "The portfolios.", {{"portfolios", "array"}}}},
              .handler = [context](const Call& call) { return list_all(context, call); }});
  auto fields = portfolio_fields();
  fields.insert(fields.end(), {{"changed", "boolean"}, {"notes", "array"}});
  router.add(
      {.method = Method::kPost,
       .path = "/api/v1/portfolios",
       .operation = "importPortfolio",
       .tag = "portfolios",
       .summary = "Creates a portfolio from its positions, or replaces them.",
       .access = Access::kAdmin,
       .parameters = {{.name = "name",
                       .type = ParameterType::kText,
                       .description = "Name of the portfolio.",
                       .required = true},
                      {.name = "equity",
                       .type = ParameterType::kNumber,
                       .description = "Equity in the portfolio's currency."},
                      {.name = "equity_date",
                       .type = ParameterType::kDate,
                       .description = "Trading day of the equity."},
                      {.name = "file_name",
                       .type = ParameterType::kText,
                       .description = "Name of the file, for the record."}},
       .body = BodyKind::kCsv,
       .body_bytes_max = kPositionsBytesMax,
       .responses = {{200, "Replaced, or the same as before.", fields}, {201, "Created.", fields}},
       .handler = [context](const Call& call) { return import_one(context, call); }});
  router.add({.path = "/api/v1/portfolios/{portfolio}",
              .operation = "showPortfolio",
              .tag = "portfolios",
              .summary = "One portfolio.",
              .parameters = {kPortfolio},
              .responses = {{200, "The portfolio.", portfolio_fields()}},
              .handler = [context](const Call& call) { return show_one(context, call); }});
  router.add({.method = Method::kDelete,
              .path = "/api/v1/portfolios/{portfolio}",
              .operation = "deletePortfolio",
              .tag = "portfolios",
              .summary = "Deletes a portfolio; its history stays.",
              .access = Access::kAdmin,
              .parameters = {kPortfolio},
              .responses = {{204, "Deleted."}},
              .handler = [context](const Call& call) { return delete_one(context, call); }});
}

}  // namespace

Result<std::optional<Date>> newest_result_date(const ApiContext& context,
                                               const PortfolioId& portfolio,
                                               std::optional<JobType> type) {
  std::optional<Date> newest;
  for (const auto candidate : kAllJobTypes) {
    if (candidate == JobType::kMarketDataUpdate || (type && *type != candidate)) {
      continue;
    }
    RL_TRY_ASSIGN(const auto results,
                  store::latest_results_before(context.service.log().tables(), portfolio, candidate,
                                               kFarFuture, 1));
    if (!results.empty()) {
      newest = std::max(newest, std::optional(results.front().as_of));
    }
  }
  return newest;
}

void add_portfolio_routes(Router& router, const ApiContext& context) {
  add_catalog_routes(router, context);
  router.add({.path = "/api/v1/portfolios/{portfolio}/results",
              .operation = "showResults",
              .tag = "portfolios",
              .summary = "Newest results as of a date; a skipped job shows {\"skipped\": reason}.",
              .parameters = {kPortfolio,
                             kJobType,
                             {.name = "as_of",
                              .type = ParameterType::kDate,
                              .description = "Default: the newest date that has results."}},
              .responses = {{200,
                             "The results.",
                             {{"portfolio", "string"},
                              {"portfolio_id", "string"},
                              {"as_of", "string"},
                              {"run_id", "string"},
                              {"results", "object"},
                              {"sources", "object"}}}},
              .handler = [context](const Call& call) { return show_results(context, call); }});
  router.add({.path = "/api/v1/portfolios/{portfolio}/history",
              .operation = "showPortfolioHistory",
              .tag = "portfolios",
              .summary = "Jobs of a portfolio, newest first, and its newest snapshots.",
              .parameters = {kPortfolio,
                             kJobType,
                             {.name = "limit",
                              .type = ParameterType::kInteger,
                              .description = "Jobs of a page.",
                              .min = 1,
                              .max = 1000,
                              .default_value = 100},
                             {.name = "snapshots",
                              .type = ParameterType::kInteger,
                              .description = "Snapshots, newest date first.",
                              .min = 0,
                              .max = 10000,
                              .default_value = 0},
                             {.name = "cursor",
                              .type = ParameterType::kText,
                              .description = "next_cursor of the page before."}},
              .responses = {{200,
                             "A page.",
                             {{"portfolio", "string"},
                              {"portfolio_id", "string"},
                              {"jobs", "array"},
                              {"next_cursor", "string|null"},
                              {"snapshots", "array"}}}},
              .handler = [context](const Call& call) { return show_history(context, call); }});
}

}  // namespace runledger::http
