#include "http/handlers/filters.h"

#include <fmt/format.h>

#include "http/handlers/handlers.h"

namespace runledger::http {

std::expected<Period, Problem> period_of(const ApiContext& context,
                                         const Arguments& arguments,
                                         std::string_view days) {
  Period period{arguments.time_from("from"), arguments.time_to("to")};
  if (!period.from) {
    if (const auto count = arguments.integer(days); count > 0) {
      period.from = context.service.clock().wall_now() - std::chrono::days{count};
    }
  } else if (period.to && *period.from >= *period.to) {
    return refuse(422, "invalid_range",
                  fmt::format("'from', {}, is not before the end of 'to', {}",
                              *arguments.text("from"), *arguments.text("to")));
  }
  return period;
}

std::expected<Dates, Problem> as_of_dates(const Arguments& arguments) {
  const Dates dates{arguments.date("as_of_from"), arguments.date("as_of_to")};
  if (dates.from && dates.to && *dates.from > *dates.to) {
    return refuse(422, "invalid_range",
                  fmt::format("'as_of_from', {}, is after 'as_of_to', {}", format_date(*dates.from),
                              format_date(*dates.to)));
  }
  return dates;
}

std::expected<store::JobFilter, Problem> job_filter(const ApiContext& context,
                                                    const Arguments& arguments) {
  store::JobFilter filter;
  RL_TRY_PROBLEM(filter.portfolio, portfolio_filter(context, arguments));
  RL_TRY_PROBLEM(const auto period, period_of(context, arguments, "days_back"));
  RL_TRY_PROBLEM(const auto dates, as_of_dates(arguments));
  filter.run = arguments.run("run_id");
  filter.type = arguments.job_type("job_type");
  filter.category = arguments.error_category("error_category");
  filter.triggered_by = arguments.text("triggered_by");
  filter.finished_from = period.from;
  filter.finished_to = period.to;
  filter.as_of_from = dates.from;
  filter.as_of_to = dates.to;
  filter.until = arguments.sequence("until");
  return filter;
}

std::string cursor_scope(std::string_view list,
                         const Arguments& arguments,
                         std::span<const std::string_view> names) {
  std::string scope(list);
  for (const auto name : names) {
    const auto value = arguments.text(name);
    // With its length, so that no value can pass for the next parameter.
    scope += value ? fmt::format(" {}={}:{}", name, value->size(), *value) : "";
  }
  return scope;
}

ParameterSpec days_back(std::int64_t min, std::int64_t default_value) {
  return {.name = "days_back",
          .type = ParameterType::kInteger,
          .description =
              min == 0 ? "How far back, unless 'from' is given; 0: everything." : "How far back.",
          .min = min,
          .max = 36500,
          .default_value = default_value};
}

ParameterSpec limit_of(std::int64_t max, std::int64_t default_value) {
  return {.name = "limit",
          .type = ParameterType::kInteger,
          .description = "Rows of an answer.",
          .min = 1,
          .max = max,
          .default_value = default_value};
}

std::vector<ParameterSpec> period_parameters(std::string_view from_text, std::string_view to_text) {
  return {{.name = "from", .type = ParameterType::kTime, .description = from_text},
          {.name = "to", .type = ParameterType::kTime, .description = to_text}};
}

std::vector<ParameterSpec> as_of_parameters() {
  return {{.name = "as_of_from",
           .type = ParameterType::kDate,
           .description = "First as-of date, inclusive."},
          {.name = "as_of_to",
           .type = ParameterType::kDate,
           .description = "Last as-of date, inclusive."}};
}

ParameterSpec portfolio_parameter() {
  return {.name = "portfolio_id",
          .type = ParameterType::kText,
          .description = "Id or name of a portfolio."};
}

ParameterSpec job_type_parameter() {
  return {.name = "job_type",
          .type = ParameterType::kJobType,
          .description = "Only jobs of this type."};
}

ParameterSpec triggered_by_parameter() {
  return {.name = "triggered_by",
          .type = ParameterType::kText,
          .description = "Only runs that this user, or 'cli' or 'schedule:NAME', asked for."};
}

ParameterSpec until_parameter(std::string_view what) {
  return {.name = "until", .type = ParameterType::kSequence, .description = what};
}

ParameterSpec cursor_parameter() {
  return {.name = "cursor",
          .type = ParameterType::kText,
          .description = "next_cursor of the page before."};
}

std::vector<ParameterSpec> joined(std::initializer_list<std::vector<ParameterSpec>> lists) {
  std::vector<ParameterSpec> all;
  for (const auto& list : lists) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

}  // namespace runledger::http
