#include "http/cursor.h"
#include "http/handlers/filters.h"
#include "http/handlers/handlers.h"
#include "http/render.h"
#include "store/job_history.h"
#include "store/job_statistics.h"

namespace runledger::http {
namespace {

constexpr std::string_view kFilters[] = {"portfolio_id", "job_type",     "status", "error_category",
                                         "run_id",       "triggered_by", "from",   "to",
                                         "as_of_from",   "as_of_to",     "until",  "days_back"};

bool fits(const store::JobFilter& filter,
          const engine::RunProgress& run,
          const JobRef& job) noexcept {
  return (!filter.run || *filter.run == run.run) &&
         (!filter.portfolio || *filter.portfolio == job.portfolio) &&
         (!filter.type || *filter.type == job.type) && !filter.category &&
         (!filter.triggered_by || *filter.triggered_by == run.triggered_by) &&
         (!filter.as_of_from || *filter.as_of_from <= job.as_of) &&
         (!filter.as_of_to || *filter.as_of_to >= job.as_of);
}

void write_filters(JsonWriter& json, const Arguments& arguments) {
  json.key("filters").begin_object();
  for (const std::string_view name : kFilters) {
    if (name == "days_back") {
      json.field(name, arguments.integer(name));
    } else {
      json.field(name, arguments.text(name));
    }
  }
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
      if (fits(filter, *current.run, job.job)) {
        write_running_job(json, current.run->run, job);
        ++count;
      }
    }
  }
  return count;
}

Outcome list_jobs(const ApiContext& context, const Call& call) {
  const auto& arguments = call.arguments;
  RL_TRY_PROBLEM(auto filter, job_filter(context, arguments));
  const auto status = arguments.job_status("status");
  if (status && !is_final(*status) && *status != JobStatus::kRunning) {
    return refuse(422, "invalid_parameter",
                  "only jobs that have ended or that run now are listed; see run/{id}/state");
  }
  const auto scope = cursor_scope("jobs", arguments, kFilters);
  if (status == JobStatus::kRunning && filter.until) {
    return refuse(422, "invalid_parameter",
                  "'until' is for jobs that have ended; what ran after an event says "
                  "run/{id}/grid?at=");
  }
  std::optional<Sequence> before;
  if (const auto cursor = arguments.text("cursor")) {
    RL_TRY_PROBLEM(before, decode_cursor(*cursor, scope));
  }
  JsonWriter json;
  json.begin_object();
  write_filters(json, arguments);
  json.key("jobs").begin_array();
  std::uint64_t count = 0;
  std::optional<Sequence> next_before;
  if (status == JobStatus::kRunning) {
    count = write_running(json, context, filter);
  } else {
    if (status) {
      filter.statuses = {*status};
    }
    const auto& tables = context.service.log().tables();
    RL_TRY_ASSIGN(const auto names, portfolio_names(tables));
    RL_TRY_ASSIGN(const auto page,
                  store::list_jobs(tables, filter, before,
                                   static_cast<std::size_t>(arguments.integer("limit"))));
    for (const auto& row : page.rows) {
      write_job(json, row, names);
    }
    RL_TRY_ASSIGN(count, store::count_jobs(tables, filter));
    next_before = page.next_before;
  }
  json.end_array();
  json.field("total_jobs", count);
  json.key("next_cursor");
  next_before ? json.value(encode_cursor(*next_before, scope)) : json.null();
  json.end_object();
  return json_response(json.take());
}

void write_counts(JsonWriter& json, const store::JobCounts& counts) {
  json.field("total_jobs", counts.jobs());
  json.field("completed", counts.succeeded);  // With and without warnings.
  json.field("warnings", counts.with_warnings);
  json.field("failed", counts.failed);
  json.field("skipped", counts.skipped);
  json.field("cancelled", counts.cancelled);
  write_success_rate(json, counts);
  json.key("avg_execution_time_seconds");
  counts.succeeded == 0
      ? json.null()
      : json.value(rounded(std::chrono::duration<double>(counts.duration).count() /
                               static_cast<double>(counts.succeeded),
                           6));
}

Outcome summarize_jobs(const ApiContext& context, const Call& call) {
  const auto days = call.arguments.integer("days_back");
  const auto to = context.service.clock().wall_now();
  const auto from = to - std::chrono::days{days};
  // The end is exclusive, and a job may have ended this very instant.
  RL_TRY_ASSIGN(const auto types,
                store::job_statistics(context.service.log().tables(),
                                      {.from = from, .to = to + std::chrono::seconds{1}}));
  store::JobCounts total;
  for (const auto& one : types) {
    total.merge(one.total);
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
  for (const auto& one : types) {
    json.key(to_string(one.type)).begin_object();
    write_counts(json, one.total);
    json.end_object();
  }
  json.end_object().end_object();
  return json_response(json.take());
}

}  // namespace

void add_job_routes(Router& router, const ApiContext& context) {
  router.add({.path = "/api/v1/admin/batch/jobs/status",
              .operation = "listJobs",
              .tag = "jobs",
              .summary = "Jobs that have ended, newest first; with status=running those that run.",
              .parameters = joined(
                  {{portfolio_parameter(),
                    job_type_parameter(),
                    {.name = "status",
                     .type = ParameterType::kJobStatus,
                     .description = "Only jobs with this status."},
                    {.name = "error_category",
                     .type = ParameterType::kErrorCategory,
                     .description = "Only jobs whose last failed attempt was of this category."},
                    {.name = "run_id",
                     .type = ParameterType::kRunId,
                     .description = "Only jobs of this run."},
                    triggered_by_parameter(),
                    days_back(0, 30)},
                   period_parameters("Jobs that ended then or later; a day counts from its start.",
                                     "Jobs that ended before; a day counts whole."),
                   as_of_parameters(),
                   {until_parameter("Only jobs that ended by this event or before."),
                    limit_of(1000, 100), cursor_parameter()}}),
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
       .parameters = {days_back(1, 7)},
       .responses = {{200,
                      "The summary.",
                      {{"period", "object"}, {"summary", "object"}, {"by_job_type", "object"}}}},
       .handler = [context](const Call& call) { return summarize_jobs(context, call); }});
}

}  // namespace runledger::http
