#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/api.h"
#include "http/arguments.h"
#include "http/problem.h"
#include "store/job_history.h"

/// The parameters that the calls about history share, and what they mean.
namespace runledger::http {

/// A span of time; absent ends are open.
struct Period {
  std::optional<UtcTime> from;  ///< Inclusive.
  std::optional<UtcTime> to;    ///< Exclusive.
};

/// `from`, `to` and, unless `from` is given, the parameter `days` (0: everything).
/// Problem 422 `invalid_range`: it does not begin before it ends.
[[nodiscard]] std::expected<Period, Problem> period_of(const ApiContext& context,
                                                       const Arguments& arguments,
                                                       std::string_view days);
/// `as_of_from` and `as_of_to`. Problem 422 `invalid_range`.
struct Dates {
  std::optional<Date> from;
  std::optional<Date> to;  ///< Inclusive.
};
[[nodiscard]] std::expected<Dates, Problem> as_of_dates(const Arguments& arguments);

/// Everything that `jobs/status` can filter by but the status. Problems: those of the above, of
/// portfolio_filter().
[[nodiscard]] std::expected<store::JobFilter, Problem> job_filter(const ApiContext& context,
                                                                  const Arguments& arguments);

/// The text that binds a cursor to a list: its name, and the values of its parameters.
[[nodiscard]] std::string cursor_scope(std::string_view list,
                                       const Arguments& arguments,
                                       std::span<const std::string_view> names);

[[nodiscard]] ParameterSpec days_back(std::int64_t min, std::int64_t default_value);
[[nodiscard]] ParameterSpec limit_of(std::int64_t max, std::int64_t default_value);
/// from and to, of what `of` says: "the end of the job".
[[nodiscard]] std::vector<ParameterSpec> period_parameters(std::string_view from_text,
                                                           std::string_view to_text);
[[nodiscard]] std::vector<ParameterSpec> as_of_parameters();
[[nodiscard]] ParameterSpec portfolio_parameter();
[[nodiscard]] ParameterSpec job_type_parameter();
[[nodiscard]] ParameterSpec triggered_by_parameter();
/// A sequence, inclusive, with which what `what` describes ends.
[[nodiscard]] ParameterSpec until_parameter(std::string_view what);
[[nodiscard]] ParameterSpec cursor_parameter();
/// One list out of several.
[[nodiscard]] std::vector<ParameterSpec> joined(
    std::initializer_list<std::vector<ParameterSpec>> lists);

}  // namespace runledger::http
