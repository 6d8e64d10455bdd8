#include "http/handlers/handlers.h"
#include "http/render.h"
#include "schema/build_info.h"
#include "store/checkpoint.h"
#include "store/log_rows.h"
#include "store/projections.h"

// The server itself, for operators: what it is built of, how far the log and what is derived from
// it are, who listens.
namespace runledger::http {
namespace {

void write_engine(JsonWriter& json, const ApiContext& context) {
  const auto& about = context.service.about();
  const auto now = context.service.clock().wall_now();
  json.field("version", version());
  json.key("build").begin_object().field("program", build_info()).end_object();
  json.field("formula_version", about.formula_version);
  json.field("numerics_profile", about.numerics_profile);
  json.field("compute_threads", about.compute_threads);
  json.field("started_at", format_time(about.started_at));
  json.field("uptime_seconds",
             rounded(std::chrono::duration<double>(now - about.started_at).count(), 1));
  json.field("now", format_time(now));
  json.field("epoch", raw(context.service.epoch()));
}

// Rows are written in the batch of their events, so a projection is never behind; what a start
// folds again is what came since the state in memory was saved.
Status write_projections(JsonWriter& json, const store::EventLog& log) {
  const auto committed = log.committed();
  json.key("projections").begin_array();
  for (const auto& projection : store::make_projections()) {
    RL_TRY_ASSIGN(const auto frame,
                  log.tables().get(store::Table::kCheckpoints, projection->name()));
    const auto saved = frame ? store::checkpoint_sequence(*frame) : std::nullopt;
    json.begin_object();
    json.field("name", projection->name()).field("version", projection->version());
    json.field("position", raw(committed)).field("lag", 0U);
    json.key("checkpoint");
    saved ? json.value(raw(*saved)) : json.null();
    json.field("replayed_at_start", raw(committed) - (saved ? raw(*saved) : raw(log.pruned())));
    json.end_object();
  }
  json.end_array();
  return {};
}

void write_filter(JsonWriter& json, const EventFilter& filter) {
  json.key("filter").begin_object();
  if (filter.run) {
    json.field("run_id", to_string(*filter.run));
  }
  if (filter.portfolio) {
    json.field("portfolio_id", to_string(*filter.portfolio));
  }
  if (filter.job_type) {
    json.field("job_type", to_string(*filter.job_type));
  }
  if (filter.type) {
    json.field("type", *filter.type);
  }
  json.end_object();
}

void write_sessions(JsonWriter& json, const ApiContext& context) {
  json.key("sessions").begin_array();
  for (const auto& session : context.sessions.list()) {
    json.begin_object();
    json.field("kind", to_string(session.kind)).field("remote", session.remote);
    json.field("user", session.user).field("since", format_time(session.since));
    json.field("seq", raw(session.sequence));
    write_filter(json, session.filter);
    json.field("sent", session.sent);
    json.end_object();
  }
  json.end_array();
}

Outcome show_system(const ApiContext& context, const Call& /*call*/) {
  const auto& log = context.service.log();
  JsonWriter json;
  json.begin_object();
  write_engine(json, context);
  json.field("store_id", to_string(log.store_id()));
  json.field("committed", raw(log.committed())).field("pruned_through", raw(log.pruned()));
  RL_TRY_ASSIGN(const auto head, store::read_head(log.tables()));
  json.key("head_hash");
  head ? json.value(to_string(head->hash)) : json.null();
  json.key("store").begin_object();
  RL_TRY(write_store_fields(json, context));
  json.end_object();
  RL_TRY(write_projections(json, log));
  write_sessions(json, context);
  json.field("connections", context.metrics.connections.load(std::memory_order_relaxed));
  json.end_object();
  return json_response(json.take());
}

}  // namespace

void add_server_status_routes(Router& router, const ApiContext& context) {
  router.add({.path = "/api/v1/admin/system",
              .operation = "showSystem",
              .tag = "operations",
              .summary = "The server: versions, log and store, projections, who listens.",
              .responses = {{200,
                             "The server.",
                             {{"version", "string"},
                              {"build", "object"},
                              {"formula_version", "integer"},
                              {"numerics_profile", "string"},
                              {"compute_threads", "integer"},
                              {"started_at", "string"},
                              {"uptime_seconds", "number"},
                              {"now", "string"},
                              {"epoch", "integer"},
                              {"store_id", "string"},
                              {"committed", "integer"},
                              {"pruned_through", "integer"},
                              {"head_hash", "string|null"},
                              {"store", "object"},
                              {"projections", "array"},
                              {"sessions", "array"},
                              {"connections", "integer"}}}},
              .handler = [context](const Call& call) { return show_system(context, call); }});
}

}  // namespace runledger::http
