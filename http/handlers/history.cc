#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "http/activity.h"
#include "http/cursor.h"
#include "http/handlers/filters.h"
#include "http/handlers/handlers.h"
#include "http/render.h"
#include "schema/codec.h"
#include "store/run_history.h"

namespace runledger::http {
namespace {

Outcome show_last(const ApiContext& context, const Call& /*call*/) {
  RL_TRY_ASSIGN(const auto page,
                store::list_runs(context.service.log().tables(), {}, std::nullopt, 1));
  JsonWriter json;
  json.begin_object();
  json.key("last_run");
  if (page.rows.empty()) {
    json.null();
    json.key("status").null();
  } else {
    const auto& row = page.rows.front();
    const auto progress = is_final(row.status) ? std::nullopt : progress_of(context, row.run);
    json.begin_object();
    write_run_fields(json, row, progress);
    json.end_object();
    json.field("status", to_string(progress ? progress->status : row.status));
  }
  json.end_object();
  return json_response(json.take());
}

std::expected<store::RunFilter, Problem> run_filter(const ApiContext& context,
                                                    const Arguments& arguments) {
  store::RunFilter filter;
  RL_TRY_PROBLEM(filter.portfolio, portfolio_filter(context, arguments));
  RL_TRY_PROBLEM(const auto period, period_of(context, arguments, "days"));
  RL_TRY_PROBLEM(const auto dates, as_of_dates(arguments));
  filter.status = arguments.run_status("status");
  filter.triggered_by = arguments.text("triggered_by");
  filter.requested_from = period.from;
  filter.requested_to = period.to;
  filter.as_of_from = dates.from;
  filter.as_of_to = dates.to;
  return filter;
}

constexpr std::string_view kRunFilters[] = {"days", "status",     "triggered_by", "from",
                                            "to",   "as_of_from", "as_of_to",     "portfolio_id"};

Outcome list_history(const ApiContext& context, const Call& call) {
  const auto& arguments = call.arguments;
  RL_TRY_PROBLEM(const auto filter, run_filter(context, arguments));
  const auto scope = cursor_scope("history", arguments, kRunFilters);
  std::optional<Sequence> before;
  if (const auto cursor = arguments.text("cursor")) {
    RL_TRY_PROBLEM(before, decode_cursor(*cursor, scope));
  }
  const auto limit = static_cast<std::size_t>(arguments.integer("limit"));
  const auto& tables = context.service.log().tables();
  RL_TRY_ASSIGN(const auto page, store::list_runs(tables, filter, before, limit));
  RL_TRY_ASSIGN(const auto count, store::count_runs(tables, filter));
  JsonWriter json;
  json.begin_object();
  json.field("success", true);
  json.field("total_count", count);
  json.field("days", arguments.integer("days"));
  json.field("status_filter", arguments.text("status"));
  json.key("runs").begin_array();
  for (const auto& row : page.rows) {
    json.begin_object();
    write_run_fields(json, row,
                     is_final(row.status) ? std::nullopt : progress_of(context, row.run));
    json.end_object();
  }
  json.end_array();
  json.key("next_cursor");
  page.next_before ? json.value(encode_cursor(*page.next_before, scope)) : json.null();
  json.end_object();
  return json_response(json.take());
}

Outcome show_one(const ApiContext& context, const Call& call) {
  RL_TRY_PROBLEM(const auto run, run_of_path(call.arguments));
  const auto progress = progress_of(context, run);
  const auto row = store::find_run(context.service.log().tables(), run);
  if (!row) {
    return std::unexpected(with_code(row.error(), 404, "run_not_found"));
  }
  JsonWriter json;
  json.begin_object();
  write_run_fields(json, *row, is_final(row->status) ? std::nullopt : progress);
  json.end_object();
  return json_response(json.take());
}

struct LogEntry {
  Sequence sequence{};
  UtcTime time{};
  Activity activity;
};

struct RunLog {
  std::vector<LogEntry> entries;
  std::optional<Sequence> next_after;  ///< Absent: that was all.
};

// Progress is left out: it is no step of the run, and there may be much of it.
Result<RunLog> read_run_log(const ApiContext& context,
                            const RunId& run,
                            Sequence after,
                            std::optional<Sequence> until,
                            std::size_t limit) {
  const auto& log = context.service.log();
  RL_TRY_ASSIGN(const auto range, log.run_range(run));
  RunLog result;
  ActivityWriter writer;
  // The plan names the portfolios and is among a run's first events: read for every page.
  RL_TRY_ASSIGN(const auto head, log.read(Sequence{raw(range.first) - 1}, {.events_max = 16}));
  for (const auto& record : head) {
    RL_TRY_ASSIGN(const auto event, decode_event(record.bytes));
    static_cast<void>(writer.describe(event));
  }
  Sequence at = std::max(Sequence{raw(range.first) - 1}, after);
  const Sequence last = std::min(range.last, until.value_or(range.last));
  while (at < last) {
    RL_TRY_ASSIGN(const auto records, log.read(at, {}));
    if (records.empty()) {
      break;
    }
    for (const auto& record : records) {
      at = record.sequence;
      if (at > last) {
        break;
      }
      RL_TRY_ASSIGN(const auto event, decode_event(record.bytes));
      if (event.run != run || std::holds_alternative<JobProgressed>(event.payload)) {
        continue;
      }
      if (result.entries.size() == limit) {
        result.next_after = result.entries.back().sequence;
        return result;
      }
      result.entries.push_back({at, event.time, writer.describe(event)});
    }
  }
  return result;
}

std::string to_text(const store::RunRow& row, const RunLog& log) {
  const std::string rule(80, '=');
  std::string text = fmt::format(
      "{0}\nBatch run {1}\nStatus: {2}\nTriggered by: {3}\nRequested: {4}\nEntries: {5}\n{0}\n",
      rule, to_string(row.run), to_string(row.status), row.triggered_by,
      format_time(row.requested_at), log.entries.size());
  for (const auto& entry : log.entries) {
    text += fmt::format("{} [{}] {}\n", format_time(entry.time), to_string(entry.activity.level),
                        entry.activity.message);
  }
  if (log.next_after) {
    text += fmt::format("... continues after sequence {}\n", raw(*log.next_after));
  }
  return text;
}

std::string to_json(const store::RunRow& row, const RunLog& log, bool count_only) {
  JsonWriter json;
  json.begin_object();
  json.field("batch_run_id", to_string(row.run));
  json.field("log_entry_count", static_cast<std::uint64_t>(log.entries.size()));
  if (!count_only) {
    json.field("status", to_string(row.status));
    write_time(json, "started_at", row.started_at);
    write_time(json, "completed_at", row.finished_at);
    json.field("triggered_by", row.triggered_by);
    json.field("total_jobs", row.jobs_total);
    json.field("completed_jobs", row.summary ? row.summary->succeeded : 0U);
    json.field("failed_jobs", row.summary ? row.summary->failed : 0U);
    json.key("activity_log").begin_array();
    for (const auto& entry : log.entries) {
      json.begin_object();
      json.field("seq", raw(entry.sequence));
      json.field("timestamp", format_time(entry.time));
      json.field("level", to_string(entry.activity.level));
      json.field("message", entry.activity.message);
      json.end_object();
    }
    json.end_array();
  }
  json.key("next_after");
  log.next_after ? json.value(raw(*log.next_after)) : json.null();
  json.end_object();
  return json.take();
}

Outcome show_logs(const ApiContext& context, const Call& call) {
  RL_TRY_PROBLEM(const auto run, run_of_path(call.arguments));
  const auto row = store::find_run(context.service.log().tables(), run);
  if (!row) {
    return std::unexpected(with_code(row.error(), 404, "run_not_found"));
  }
  RL_TRY_ASSIGN(const auto log,
                read_run_log(context, run, call.arguments.sequence("after").value_or(Sequence{}),
                             call.arguments.sequence("until"),
                             static_cast<std::size_t>(call.arguments.integer("limit"))));
  const auto format = call.arguments.text("format").value_or("json");
  const bool as_text = format == "txt";
  Response response = json_response(
      as_text ? to_text(*row, log) : to_json(*row, log, call.arguments.boolean("count_only")));
  if (as_text) {
    response.content_type = "text/plain; charset=utf-8";
  }
  response.headers.push_back(
      {"Content-Disposition",
       fmt::format("attachment; filename=\"{}_log.{}\"", to_string(run), format)});
  return response;
}

const ParameterSpec kRun = {
    .name = "run", .type = ParameterType::kText, .description = "Id of the run.", .required = true};
const ParameterSpec kDays = {.name = "days",
                             .type = ParameterType::kInteger,
                             .description = "How far back, unless 'from' is given; 0: everything.",
                             .min = 0,
                             .max = 36500,
                             .default_value = 30};

void add_list_routes(Router& router, const ApiContext& context) {
  router.add(
      {.path = "/api/v1/admin/batch/last-run",
       .operation = "showLastRun",
       .tag = "history",
       .summary = "The newest run.",
       .responses = {{200, "The run.", {{"last_run", "object|null"}, {"status", "string|null"}}}},
       .handler = [context](const Call& call) { return show_last(context, call); }});
  router.add({.path = "/api/v1/admin/batch/history",
              .operation = "listRuns",
              .tag = "history",
              .summary = "Runs, newest first.",
              .parameters = joined(
                  {{kDays,
                    {.name = "status",
                     .type = ParameterType::kRunStatus,
                     .description = "Only runs with this status."},
                    triggered_by_parameter(),
                    portfolio_parameter()},
                   period_parameters("Runs requested then or later; a day counts from its start.",
                                     "Runs requested before; a day counts whole."),
                   as_of_parameters(),
                   {limit_of(200, 50), cursor_parameter()}}),
              .responses = {{200,
                             "A page.",
                             {{"success", "boolean"},
                              {"total_count", "integer"},
                              {"days", "integer"},
                              {"status_filter", "string|null"},
                              {"runs", "array"},
                              {"next_cursor", "string|null"}}}},
              .handler = [context](const Call& call) { return list_history(context, call); }});
}

}  // namespace

void add_history_routes(Router& router, const ApiContext& context) {
  add_list_routes(router, context);
  add_history_summary_route(router, context);
  router.add({.path = "/api/v1/admin/batch/history/{run}",
              .operation = "showRunRecord",
              .tag = "history",
              .summary = "One run as the list shows it.",
              .parameters = {kRun},
              .responses = {{200,
                             "The run.",
                             {{"batch_run_id", "string"},
                              {"status", "string"},
                              {"jobs", "object"},
                              {"phase_durations", "object"},
                              {"summary", "object|null"}}}},
              .handler = [context](const Call& call) { return show_one(context, call); }});
  router.add({.path = "/api/v1/admin/batch/history/{run}/logs",
              .operation = "showRunLogs",
              .tag = "history",
              .summary = "What happened in a run, as sentences, to read or to download.",
              .parameters = {kRun,
                             {.name = "format",
                              .type = ParameterType::kChoice,
                              .description = "json or txt.",
                              .choices = {"json", "txt"}},
                             {.name = "count_only",
                              .type = ParameterType::kBoolean,
                              .description = "Only the number of entries."},
                             {.name = "after",
                              .type = ParameterType::kSequence,
                              .description = "Only entries after this sequence."},
                             until_parameter("Only entries up to this sequence."),
                             {.name = "limit",
                              .type = ParameterType::kInteger,
                              .description = "Entries of an answer.",
                              .min = 1,
                              .max = 100000,
                              .default_value = 10000}},
              .responses = {{200,
                             "The log.",
                             {{"batch_run_id", "string"},
                              {"log_entry_count", "integer"},
                              {"next_after", "integer|null"}}}},
              .handler = [context](const Call& call) { return show_logs(context, call); }});
}

}  // namespace runledger::http
