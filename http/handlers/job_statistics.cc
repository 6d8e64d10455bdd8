#include "store/job_statistics.h"

#include <algorithm>
#include <map>

#include "http/handlers/filters.h"
#include "http/handlers/handlers.h"
#include "http/render.h"

namespace runledger::http {
namespace {

constexpr std::size_t kErrorsShown = 10;
// A job may have ended this very instant, and the end of a period is exclusive.
constexpr std::chrono::seconds kPastNow{1};

store::TimeBucket bucket_of(const Arguments& arguments) {
  const auto text = arguments.text("bucket").value_or("day");
  return text == "week"    ? store::TimeBucket::kWeek
         : text == "month" ? store::TimeBucket::kMonth
                           : store::TimeBucket::kDay;
}

std::string_view category_name(const std::optional<ErrorCategory>& category) {
  return category ? to_string(*category) : "unknown";
}

void write_seconds(JsonWriter& json, std::string_view name, std::optional<nanoseconds> duration) {
  json.key(name);
  duration ? json.value(rounded(std::chrono::duration<double>(*duration).count(), 6)) : json.null();
}

void write_error_categories(JsonWriter& json, const store::JobCounts& counts) {
  std::map<std::string_view, std::uint64_t> categories;
  for (const auto& [error, jobs] : counts.errors) {
    categories[category_name(error.second)] += jobs;
  }
  json.key("error_categories").begin_object();
  for (const auto& [name, jobs] : categories) {
    json.field(name, jobs);
  }
  json.end_object();
}

void write_errors(JsonWriter& json, const store::JobCounts& counts) {
  std::vector<const decltype(counts.errors)::value_type*> errors;
  for (const auto& error : counts.errors) {
    errors.push_back(&error);
  }
  std::ranges::sort(errors, [](const auto* left, const auto* right) {
    return left->second != right->second ? left->second > right->second
                                         : left->first < right->first;
  });
  errors.resize(std::min(errors.size(), kErrorsShown));
  json.key("errors").begin_array();
  for (const auto* error : errors) {
    json.begin_object();
    json.field("error", error->first.first);
    json.field("category", category_name(error->first.second));
    json.field("jobs", error->second);
    json.end_object();
  }
  json.end_array();
}

void write_counts(JsonWriter& json, const store::JobCounts& counts) {
  json.field("jobs", counts.jobs());
  json.field("succeeded", counts.succeeded);
  json.field("with_warnings", counts.with_warnings);
  json.field("failed", counts.failed);
  json.field("skipped", counts.skipped);
  json.field("cancelled", counts.cancelled);
  json.field("reused", counts.reused);
  json.field("retried", counts.retried);
  write_success_rate(json, counts);
  write_seconds(json, "p50_seconds", counts.computed.quantile(0.5));
  write_seconds(json, "p95_seconds", counts.computed.quantile(0.95));
  write_seconds(json, "max_seconds",
                counts.computed.count() == 0 ? std::nullopt : std::optional(counts.longest));
  write_error_categories(json, counts);
}

/// A period with both ends, for calls that need them.
struct Span {
  UtcTime from{};
  UtcTime to{};
};
Span closed(const ApiContext& context, const Period& period) {
  return {period.from.value_or(UtcTime{}),
          period.to.value_or(context.service.clock().wall_now() + kPastNow)};
}

Outcome show_statistics(const ApiContext& context, const Call& call) {
  const auto& arguments = call.arguments;
  RL_TRY_PROBLEM(const auto period, period_of(context, arguments, "days_back"));
  RL_TRY_PROBLEM(const auto portfolio, portfolio_filter(context, arguments));
  const Span span = closed(context, period);
  RL_TRY_ASSIGN(const auto types, store::job_statistics(context.service.log().tables(),
                                                        {.from = span.from,
                                                         .to = span.to,
                                                         .type = arguments.job_type("job_type"),
                                                         .portfolio = portfolio,
                                                         .bucket = bucket_of(arguments)}));
  JsonWriter json;
  json.begin_object();
  write_time(json, "from", period.from);
  json.field("to", format_time(span.to));
  json.field("bucket", arguments.text("bucket").value_or("day"));
  json.key("job_types").begin_array();
  for (const auto& type : types) {
    json.begin_object();
    json.field("job_type", to_string(type.type));
    json.key("total").begin_object();
    write_counts(json, type.total);
    write_errors(json, type.total);
    json.end_object();
    json.key("buckets").begin_array();
    for (const auto& [start, counts] : type.buckets) {
      json.begin_object();
      json.field("start", format_date(start));
      write_counts(json, counts);
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json_response(json.take());
}

Outcome list_slowest(const ApiContext& context, const Call& call) {
  const auto& arguments = call.arguments;
  RL_TRY_PROBLEM(const auto period, period_of(context, arguments, "days_back"));
  const Span span = closed(context, period);
  const auto& tables = context.service.log().tables();
  RL_TRY_ASSIGN(const auto names, portfolio_names(tables));
  RL_TRY_ASSIGN(const auto rows,
                store::slowest_jobs(tables, span.from, span.to, arguments.job_type("job_type"),
                                    static_cast<std::size_t>(arguments.integer("limit"))));
  JsonWriter json;
  json.begin_object().key("jobs").begin_array();
  for (const auto& row : rows) {
    write_job(json, row, names);
  }
  json.end_array().end_object();
  return json_response(json.take());
}

Outcome list_flakiest(const ApiContext& context, const Call& call) {
  const auto& arguments = call.arguments;
  RL_TRY_PROBLEM(const auto period, period_of(context, arguments, "days_back"));
  const Span span = closed(context, period);
  const auto& tables = context.service.log().tables();
  RL_TRY_ASSIGN(const auto names, portfolio_names(tables));
  RL_TRY_ASSIGN(const auto flaky,
                store::flakiest_jobs(tables, span.from, span.to,
                                     static_cast<std::size_t>(arguments.integer("limit"))));
  JsonWriter json;
  json.begin_object().key("entries").begin_array();
  for (const auto& one : flaky) {
    json.begin_object();
    json.key("portfolio_id");
    one.portfolio.is_nil() ? json.null() : json.value(to_string(one.portfolio));
    const auto name = names.find(one.portfolio);
    json.key("portfolio_name");
    name == names.end() ? json.null() : json.value(name->second);
    json.field("job_type", to_string(one.type));
    json.field("jobs", one.jobs);
    json.field("failed", one.failed);
    json.field("retried", one.retried);
    json.field("failure_rate",
               rounded(100.0 * static_cast<double>(one.failed) / static_cast<double>(one.jobs), 1));
    json.end_object();
  }
  json.end_array().end_object();
  return json_response(json.take());
}

std::vector<ParameterSpec> period_and_days() {
  return joined({period_parameters("Jobs that ended then or later; a day counts from its start.",
                                   "Jobs that ended before; a day counts whole."),
                 {days_back(0, 30)}});
}

}  // namespace

void add_job_statistics_routes(Router& router, const ApiContext& context) {
  router.add({.path = "/api/v1/admin/batch/jobs/statistics",
              .operation = "showJobStatistics",
              .tag = "jobs",
              .summary = "Counts, durations and errors by job type over time.",
              .parameters = joined({{job_type_parameter(), portfolio_parameter()},
                                    period_and_days(),
                                    {{.name = "bucket",
                                      .type = ParameterType::kChoice,
                                      .description = "UTC days, weeks from Monday, or months.",
                                      .choices = {"day", "week", "month"}}}}),
              .responses = {{200,
                             "The statistics.",
                             {{"from", "string|null"},
                              {"to", "string"},
                              {"bucket", "string"},
                              {"job_types", "array"}}}},
              .handler = [context](const Call& call) { return show_statistics(context, call); }});
  router.add(
      {.path = "/api/v1/admin/batch/jobs/slowest",
       .operation = "listSlowestJobs",
       .tag = "jobs",
       .summary = "The longest computations of a period, longest first.",
       .parameters = joined({{job_type_parameter()}, period_and_days(), {limit_of(200, 20)}}),
       .responses = {{200, "The jobs.", {{"jobs", "array"}}}},
       .handler = [context](const Call& call) { return list_slowest(context, call); }});
  router.add({.path = "/api/v1/admin/batch/jobs/flakiest",
              .operation = "listFlakiestJobs",
              .tag = "jobs",
              .summary = "Portfolios and job types by the share of jobs that failed in a period.",
              .parameters = joined({period_and_days(), {limit_of(200, 20)}}),
              .responses = {{200, "Portfolios and types.", {{"entries", "array"}}}},
              .handler = [context](const Call& call) { return list_flakiest(context, call); }});
}

}  // namespace runledger::http
