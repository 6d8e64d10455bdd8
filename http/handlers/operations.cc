#include <chrono>
#include <filesystem>

#include "http/handlers/handlers.h"
#include "http/render.h"
#include "store/quarantine.h"
#include "store/seals.h"
#include "store/unknown_events.h"

namespace runledger::http {
namespace {

Outcome show_store(const ApiContext& context, const Call& /*call*/) {
  const auto& log = context.service.log();
  JsonWriter json;
  json.begin_object();
  json.field("store_id", to_string(log.store_id()));
  json.field("committed", raw(log.committed())).field("pruned_through", raw(log.pruned()));
  RL_TRY(write_store_fields(json, context));
  json.end_object();
  return json_response(json.take());
}

Outcome post_backup(const ApiContext& context, const Call& /*call*/) {
  const auto backup = context.service.backup();
  if (!backup) {
    return std::unexpected(with_code(backup.error(), 422, "no_backup_directory"));
  }
  JsonWriter json;
  json.begin_object();
  json.field("backup", backup->id).field("taken_at", format_time(backup->taken_at));
  json.field("committed", raw(backup->committed)).field("head_hash", to_string(backup->head_hash));
  json.field("bytes", backup->bytes).field("files", backup->files).end_object();
  return json_response(json.take(), 201);
}

Outcome post_prune(const ApiContext& context, const Call& call) {
  store::RetentionPolicy policy;
  const auto& arguments = call.arguments;
  if (const auto days = arguments.integer("keep_days"); days > 0) {
    policy.age_max = std::chrono::days{days};
  }
  if (const auto bytes = arguments.integer("keep_bytes"); bytes > 0) {
    policy.bytes_max = static_cast<std::uint64_t>(bytes);
  }
  if (const auto runs = arguments.integer("keep_runs"); runs > 0) {
    policy.runs_max = static_cast<std::uint32_t>(runs);
  }
  if (!policy.age_max && !policy.bytes_max && !policy.runs_max) {
    return refuse(422, "missing_parameter", "give keep_days, keep_bytes or keep_runs");
  }
  RL_TRY_ASSIGN(const auto outcome, context.service.prune(policy, arguments.boolean("dry_run")));
  JsonWriter json;
  json.begin_object();
  json.field("pruned", outcome.has_value() && outcome->recorded.has_value());
  json.field("runs", outcome ? outcome->plan.runs : 0U);
  json.key("first_seq");
  outcome ? json.value(raw(outcome->plan.first)) : json.null();
  json.key("through_seq");
  outcome ? json.value(raw(outcome->plan.through)) : json.null();
  json.field("results", outcome ? outcome->plan.results : std::uint64_t{0});
  json.field("reason", outcome ? outcome->plan.reason : "");
  json.field("archive", outcome ? outcome->archive.string() : "");
  json.end_object();
  return json_response(json.take());
}

ParameterSpec limit(std::string_view name, std::string_view text, std::int64_t max) {
  return {.name = name,
          .type = ParameterType::kInteger,
          .description = text,
          .min = 0,
          .max = max,
          .default_value = 0};
}

}  // namespace

Status write_store_fields(JsonWriter& json, const ApiContext& context) {
  const auto& tables = context.service.log().tables();
  RL_TRY_ASSIGN(const auto quarantine, store::list_quarantine(tables));
  RL_TRY_ASSIGN(const auto unknown, store::count_unknown_events(tables));
  RL_TRY_ASSIGN(const auto seals, store::list_seals(tables));
  RL_TRY_ASSIGN(const auto bytes, context.service.store_bytes());
  json.field("bytes", bytes.used).field("free_bytes", bytes.free);
  json.field("seals", static_cast<std::uint64_t>(seals.size()));
  json.key("quarantine").begin_array();
  for (const auto& event : quarantine) {
    json.begin_object().field("projection", event.projection).field("seq", raw(event.sequence));
    json.field("reason", event.reason).end_object();
  }
  json.end_array();
  json.key("unknown_events").begin_object();
  for (const auto& [type, count] : unknown) {
    json.field(std::to_string(type), count);
  }
  json.end_object();
  return {};
}

void add_operation_routes(Router& router, const ApiContext& context) {
  router.add({.path = "/api/v1/admin/store",
              .operation = "showStore",
              .tag = "operations",
              .summary = "What the store holds, and what in it needs a look.",
              .responses = {{200,
                             "The store.",
                             {{"store_id", "string"},
                              {"committed", "integer"},
                              {"pruned_through", "integer"},
                              {"bytes", "integer"},
                              {"free_bytes", "integer"},
                              {"seals", "integer"},
                              {"quarantine", "array"},
                              {"unknown_events", "object"}}}},
              .handler = [context](const Call& call) { return show_store(context, call); }});
  router.add({.method = Method::kPost,
              .path = "/api/v1/admin/backups",
              .operation = "makeBackup",
              .tag = "operations",
              .summary = "Adds a backup to the server's --backup-dir and verifies it.",
              .access = Access::kAdmin,
              .responses = {{201,
                             "The backup.",
                             {{"backup", "integer"},
                              {"taken_at", "string"},
                              {"committed", "integer"},
                              {"head_hash", "string"},
                              {"bytes", "integer"},
                              {"files", "integer"}}},
                            {422, "The server has no --backup-dir."}},
              .handler = [context](const Call& call) { return post_backup(context, call); }});
  router.add(
      {.method = Method::kPost,
       .path = "/api/v1/admin/prune",
       .operation = "prune",
       .tag = "operations",
       .summary = "Archives and deletes the oldest runs; the newest run always stays.",
       .access = Access::kAdmin,
       .parameters = {limit("keep_days", "Runs that ended longer ago go.", 36'500),
                      limit("keep_bytes", "The oldest go until about so much is left.", INT64_MAX),
                      limit("keep_runs", "All but so many of the newest go.", 1'000'000'000),
                      {.name = "dry_run",
                       .type = ParameterType::kBoolean,
                       .description = "Only say what would go."}},
       .responses = {{200,
                      "What went.",
                      {{"pruned", "boolean"},
                       {"runs", "integer"},
                       {"first_seq", "integer|null"},
                       {"through_seq", "integer|null"},
                       {"results", "integer"},
                       {"reason", "string"},
                       {"archive", "string"}}},
                     {409, "A run is going on."}},
       .handler = [context](const Call& call) { return post_prune(context, call); }});
}

}  // namespace runledger::http
