#include <algorithm>

#include <fmt/format.h>

#include "http/handlers/handlers.h"
#include "http/render.h"
#include "store/run_history.h"

namespace runledger::http {
namespace {

const std::vector<FieldSpec>& started_fields() {
  static const std::vector<FieldSpec> kFields = {
      {"status", "string"},       {"batch_run_id", "string"}, {"portfolio_id", "string"},
      {"force", "boolean"},       {"date_range", "object"},   {"scope", "object"},
      {"triggered_by", "string"}, {"timestamp", "string"},    {"poll_url", "string"},
      {"run_url", "string"},      {"sequence", "integer"},    {"duplicate", "boolean"}};
  return kFields;
}

Outcome post_run(const ApiContext& context, const Call& call) {
  engine::StartRunRequest request;
  request.portfolios = call.arguments.texts("portfolio_id");
  request.as_of = call.arguments.date("as_of");
  request.from = call.arguments.date("start_date");
  request.to = call.arguments.date("end_date");
  request.force = call.arguments.boolean("force");
  request.with_correlations = call.arguments.boolean("correlations");
  request.recalculate = call.arguments.boolean("recalculate");
  if (request.as_of && (request.from || request.to)) {
    return refuse(422, "invalid_dates", "give as_of, or start_date and end_date, not both");
  }
  if (request.from.has_value() != request.to.has_value()) {
    return refuse(422, "invalid_dates", "start_date and end_date go together");
  }
  if (request.from && *request.from > *request.to) {
    return refuse(422, "invalid_dates", "start_date is after end_date");
  }
  return start_run(context, call, std::move(request));
}

Outcome show_current(const ApiContext& context, const Call& /*call*/) {
  return json_response(current_run_json(context.service.current_run()));
}

Outcome show_run(const ApiContext& context, const Call& call) {
  RL_TRY_PROBLEM(const auto run, run_of_path(call.arguments));
  // Progress first: if the run ends in between, its row then has the summary.
  const auto progress = progress_of(context, run);
  const auto row = store::find_run(context.service.log().tables(), run);
  if (!row) {
    return std::unexpected(with_code(row.error(), 404, "run_not_found"));
  }
  const bool ended = is_final(row->status);
  JsonWriter json;
  json.begin_object();
  write_run_fields(json, *row, ended ? std::nullopt : progress);
  json.key("progress");
  if (progress && !ended) {
    json.begin_object();
    write_progress_fields(json, *progress);
    json.end_object();
  } else {
    json.null();
  }
  json.end_object();
  return json_response(json.take());
}

Outcome cancel_current(const ApiContext& context, const Call& call) {
  const auto run = context.service.cancel_run(std::nullopt, call.principal.email);
  if (!run) {
    return std::unexpected(with_code(run.error(), 404, "no_active_run"));
  }
  JsonWriter json;
  json.begin_object();
  json.field("status", "cancelling");
  json.field("batch_run_id", to_string(*run));
  json.field("requested_by", call.principal.email);
  json.field("run_url", "/api/v1/admin/batch/run/" + to_string(*run));
  json.end_object();
  return json_response(json.take());
}

Outcome retry_run(const ApiContext& context, const Call& call) {
  RL_TRY_PROBLEM(const auto run, run_of_path(call.arguments));
  RL_TRY_PROBLEM(const auto command, idempotency_key(call.request));
  const auto started = context.service.retry_run(run, call.principal.email, command);
  if (!started) {
    if (started.error().code == Code::kConflict) {
      const bool busy = context.service.current_run().run.has_value();
      return std::unexpected(
          with_code(started.error(), 409, busy ? "batch_already_running" : "nothing_to_retry"));
    }
    return std::unexpected(with_code(started.error(), 404, "run_not_found"));
  }
  return started_response(context, *started, call.principal.email, false);
}

Outcome show_state(const ApiContext& context, const Call& call) {
  RL_TRY_PROBLEM(const auto run, run_of_path(call.arguments));
  const auto at = call.arguments.sequence("at").value_or(context.service.log().committed());
  auto state = context.service.run_state_at(run, at);
  if (!state) {
    return std::unexpected(with_code(state.error(), 404, "run_not_found"));
  }
  return json_response(std::move(*state));
}

Outcome trigger_market_data(const ApiContext& context, const Call& call) {
  engine::StartRunRequest request;
  request.market_data_only = true;
  request.as_of = call.arguments.date("as_of");
  request.force = call.arguments.boolean("force");
  return start_run(context, call, std::move(request));
}

Outcome trigger_correlations(const ApiContext& context, const Call& call) {
  engine::StartRunRequest request;
  request.correlations_only = true;
  request.portfolios = call.arguments.texts("portfolio_id");
  request.as_of = call.arguments.date("as_of");
  request.force = call.arguments.boolean("force");
  return start_run(context, call, std::move(request));
}

const ParameterSpec kPortfolios = {.name = "portfolio_id",
                                   .type = ParameterType::kText,
                                   .description = "Id or name; repeatable; absent: all.",
                                   .repeated = true};
const ParameterSpec kAsOf = {
    .name = "as_of",
    .type = ParameterType::kDate,
    .description = "Trading day to value; default: the last one with prices."};
const ParameterSpec kForce = {
    .name = "force",
    .type = ParameterType::kBoolean,
    .description = "Cancel the run that is running, wait for its end, then start."};
const ParameterSpec kRun = {
    .name = "run", .type = ParameterType::kText, .description = "Id of the run.", .required = true};

void add_start_routes(Router& router, const ApiContext& context) {
  router.add({.method = Method::kPost,
              .path = "/api/v1/admin/batch/run",
              .operation = "startRun",
              .tag = "runs",
              .summary = "Starts a run. Idempotency-Key makes a repeat return the first one's run.",
              .access = Access::kAdmin,
              .parameters = {kPortfolios,
                             kAsOf,
                             {.name = "start_date",
                              .type = ParameterType::kDate,
                              .description = "First day of a range; needs end_date."},
                             {.name = "end_date",
                              .type = ParameterType::kDate,
                              .description = "Last day of a range."},
                             kForce,
                             {.name = "correlations",
                              .type = ParameterType::kBoolean,
                              .description = "position_correlations on every date."},
                             {.name = "recalculate",
                              .type = ParameterType::kBoolean,
                              .description = "Compute also what an earlier run computed from the "
                                             "same inputs."}},
              .responses = {{200, "Started.", started_fields()},
                            {409, "A run is running; batch_run_id names it."}},
              .handler = [context](const Call& call) { return post_run(context, call); }});
  router.add(
      {.method = Method::kPost,
       .path = "/api/v1/admin/batch/trigger/market-data",
       .operation = "triggerMarketData",
       .tag = "runs",
       .summary = "Starts a run of market_data_update alone.",
       .access = Access::kAdmin,
       .parameters = {kAsOf, kForce},
       .responses = {{200, "Started.", started_fields()}, {409, "A run is running."}},
       .handler = [context](const Call& call) { return trigger_market_data(context, call); }});
  router.add(
      {.method = Method::kPost,
       .path = "/api/v1/admin/batch/trigger/correlations",
       .operation = "triggerCorrelations",
       .tag = "runs",
       .summary = "Starts a run of position_correlations and what it needs.",
       .access = Access::kAdmin,
       .parameters = {kPortfolios, kAsOf, kForce},
       .responses = {{200, "Started.", started_fields()}, {409, "A run is running."}},
       .handler = [context](const Call& call) { return trigger_correlations(context, call); }});
  router.add({.method = Method::kPost,
              .path = "/api/v1/admin/batch/run/{run}/retry",
              .operation = "retryRun",
              .tag = "runs",
              .summary = "Starts a run for the portfolios of an ended run that had failed jobs.",
              .access = Access::kAdmin,
              .parameters = {kRun},
              .responses = {{200, "Started.", started_fields()},
                            {409, "A run is running, or nothing of that run failed."}},
              .handler = [context](const Call& call) { return retry_run(context, call); }});
}

}  // namespace

void add_run_routes(Router& router, const ApiContext& context) {
  add_start_routes(router, context);
  router.add({.path = "/api/v1/admin/batch/run/current",
              .operation = "showCurrentRun",
              .tag = "runs",
              .summary = "The run that is running, or idle, as of a sequence.",
              .responses = {{200,
                             "Idle, or running with its progress.",
                             {{"status", "string"},
                              {"batch_run_id", "string|null"},
                              {"as_of_sequence", "integer"}}}},
              .handler = [context](const Call& call) { return show_current(context, call); }});
  router.add({.path = "/api/v1/admin/batch/run/{run}",
              .operation = "showRun",
              .tag = "runs",
              .summary = "A run with its summary; its progress while it runs.",
              .parameters = {kRun},
              .responses = {{200,
                             "The run.",
                             {{"batch_run_id", "string"},
                              {"status", "string"},
                              {"triggered_by", "string"},
                              {"jobs", "object"},
                              {"summary", "object|null"},
                              {"progress", "object|null"}}}},
              .handler = [context](const Call& call) { return show_run(context, call); }});
  router.add({.method = Method::kPost,
              .path = "/api/v1/admin/batch/run/current/cancel",
              .operation = "cancelCurrentRun",
              .tag = "runs",
              .summary = "Asks the current run to stop; it ends within about a second.",
              .access = Access::kAdmin,
              .responses = {{200, "Asked.", {{"status", "string"}, {"batch_run_id", "string"}}},
                            {404, "Nothing is running."}},
              .handler = [context](const Call& call) { return cancel_current(context, call); }});
  router.add({.path = "/api/v1/admin/batch/run/{run}/state",
              .operation = "showRunState",
              .tag = "runs",
              .summary = "The state of a run after event `at`, rebuilt from the log.",
              .parameters = {kRun,
                             {.name = "at",
                              .type = ParameterType::kSequence,
                              .description = "Sequence; default: the newest."}},
              .responses = {{200, "The state."}},
              .handler = [context](const Call& call) { return show_state(context, call); }});
}

}  // namespace runledger::http
