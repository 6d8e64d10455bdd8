#include <fmt/format.h>

#include "http/cursor.h"
#include "http/handlers/handlers.h"
#include "http/render.h"
#include "store/job_history.h"

namespace runledger::http {
namespace {

bool fits(const store::JobFilter& filter, const RunId& run, const JobRef& job) noexcept {
  return (!filter.run || *filter.run == run) &&
         (!filter.portfolio || *filter.portfolio == job.portfolio) &&
         (!filter.type || *filter.type == job.type);
}

void write_filters(JsonWriter& json, const Arguments& arguments) {
  json.key("filters").begin_object();
  for (const std::string_view name : {"portfolio_id", "job_type", "status", "run_id"}) {
    json.field(name, arguments.text(name));
  }
  json.field("days_back", arguments.integer("days_back"));
  json.end_object();
}

// Jobs that run now are in no table: they come from the engine.
std::size_t write_running(JsonWriter& json,
                          const ApiContext& context,
                          const store::JobFilter& filter) {
  std::size_t count = 0;
  const auto current = context.service.current_run();
  if (current.run) {
    for (const auto& job : current.run->running) {
      if (fits(filter, current.run->run, job.job)) {
        write_running_job(json, current.run->run, job);
        ++count;
      }
    }
  }
  return count;
}

Outcome list_jobs(const ApiContext& context, const Call& call) {
  const auto& arguments = call.arguments;
  store::JobFilter filter;
  RL_TRY_PROBLEM(filter.portfolio, portfolio_filter(context, arguments));
  filter.run = arguments.run("run_id");
  filter.type = arguments.job_type("job_type");
  const auto status = arguments.job_status("status");
  if (status && !is_final(*status) && *status != JobStatus::kRunning) {
    return refuse(422, "invalid_parameter",
                  "only jobs that have ended or that run now are listed; see run/{id}/state");
  }
  const auto days = arguments.integer("days_back");
  filter.finished_from = context.service.clock().wall_now() - std::chrono::days{days};
  const auto scope = fmt::format(
      "jobs portfolio={} type={} status={} run={} days={}",
      filter.portfolio ? to_string(*filter.portfolio) : "", arguments.text("job_type").value_or(""),
      arguments.text("status").value_or(""), arguments.text("run_id").value_or(""), days);
  std::optional<Sequence> before;
  if (const auto cursor = arguments.text("cursor")) {
    RL_TRY_PROBLEM(before, decode_cursor(*cursor, scope));
  }
  JsonWriter json;
  json.begin_object();
  write_filters(json, arguments);
  json.key("jobs").begin_array();
  std::size_t count = 0;
  std::optional<Sequence> next_before;
  if (status == JobStatus::kRunning) {
    count = write_running(json, context, filter);
  } else {
    filter.status = status;
    const auto& tables = context.service.log().tables();
    RL_TRY_ASSIGN(const auto names, portfolio_names(tables));
    RL_TRY_ASSIGN(const auto page,
                  store::list_jobs(tables, filter, before,
                                   static_cast<std::size_t>(arguments.integer("limit"))));
    for (const auto& row : page.rows) {
      write_job(json, row, names);
    }
    count = page.rows.size();
    next_before = page.next_before;
  }
  json.end_array();
  json.field("total_jobs", static_cast<std::uint64_t>(count));
  json.key("next_cursor");
  next_before ? json.value(encode_cursor(*next_before, scope)) : json.null();
  json.end_object();
  return json_response(json.take());
}

void write_counts(JsonWriter& json, const store::JobTypeSummary& counts) {
  const auto completed = counts.succeeded;  // With and without warnings.
  const auto ran = completed + counts.failed + counts.cancelled;
  json.field("total_jobs", ran + counts.skipped);
  json.field("completed", completed);
  json.field("warnings", counts.with_warnings);
  json.field("failed", counts.failed);
  json.field("skipped", counts.skipped);
  json.field("cancelled", counts.cancelled);
  json.key("success_rate");
  ran == 0
      ? json.null()
      : json.value(rounded(100.0 * static_cast<double>(completed) / static_cast<double>(ran), 1));
  json.key("avg_execution_time_seconds");
  completed == 0 ? json.null()
                 : json.value(rounded(std::chrono::duration<double>(counts.duration).count() /
                                          static_cast<double>(completed),
                                      6));
}

Outcome summarize_jobs(const ApiContext& context, const Call& call) {
  const auto days = call.arguments.integer("days_back");
  const auto to = context.service.clock().wall_now();
  const auto from = to - std::chrono::days{days};
  // The end is exclusive, and a job may have ended this very instant.
  RL_TRY_ASSIGN(const auto rows, store::summarize_jobs(context.service.log().tables(), from,
                                                       to + std::chrono::seconds{1}));
  store::JobTypeSummary total;
  for (const auto& row : rows) {
    total.succeeded += row.succeeded;
    total.with_warnings += row.with_warnings;
    total.failed += row.failed;
    total.skipped += row.skipped;
    total.cancelled += row.cancelled;
    total.duration += row.duration;
  }
  const auto current = context.service.current_run();
  JsonWriter json;
  json.begin_object();
  json.key("period").begin_object();
  json.field("start", format_time(from));
  json.field("end", format_time(to));
  json.field("days", days);
  json.end_object();
  json.key("summary").begin_object();
  write_counts(json, total);
  json.field("running", current.run ? current.run->jobs.running : 0U);
  json.end_object();
  json.key("by_job_type").begin_object();
  for (const auto& row : rows) {
    json.key(to_string(row.type)).begin_object();
    write_counts(json, row);
    json.end_object();
  }
  json.end_object().end_object();
  return json_response(json.take());
}

ParameterSpec days_back(std::int64_t default_value) {
  return {.name = "days_back",
          .type = ParameterType::kInteger,
          .description = "How far back.",
          .min = 1,
          .max = 36500,
          .default_value = default_value};
}

}  // namespace

void add_job_routes(Router& router, const ApiContext& context) {
  router.add({.path = "/api/v1/admin/batch/jobs/status",
              .operation = "listJobs",
              .tag = "jobs",
              .summary = "Jobs that have ended, newest first; with status=running those that run.",
              .parameters = {{.name = "portfolio_id",
                              .type = ParameterType::kText,
                              .description = "Id or name of a portfolio."},
                             {.name = "job_type",
                              .type = ParameterType::kJobType,
                              .description = "Only jobs of this type."},
                             {.name = "status",
                              .type = ParameterType::kJobStatus,
                              .description = "Only jobs with this status."},
                             {.name = "run_id",
                              .type = ParameterType::kRunId,
                              .description = "Only jobs of this run."},
                             days_back(30),
                             {.name = "limit",
                              .type = ParameterType::kInteger,
                              .description = "Rows of a page.",
                              .min = 1,
                              .max = 1000,
                              .default_value = 100},
                             {.name = "cursor",
                              .type = ParameterType::kText,
                              .description = "next_cursor of the page before."}},
              .responses = {{200,
                             "A page.",
                             {{"total_jobs", "integer"},
                              {"filters", "object"},
                              {"jobs", "array"},
                              {"next_cursor", "string|null"}}}},
              .handler = [context](const Call& call) { return list_jobs(context, call); }});
  router.add(
      {.path = "/api/v1/admin/batch/jobs/summary",
       .operation = "summarizeJobs",
       .tag = "jobs",
       .summary = "Counts and times of jobs by type over a period.",
       .parameters = {days_back(7)},
       .responses = {{200,
                      "The summary.",
                      {{"period", "object"}, {"summary", "object"}, {"by_job_type", "object"}}}},
       .handler = [context](const Call& call) { return summarize_jobs(context, call); }});
}

}  // namespace runledger::http
