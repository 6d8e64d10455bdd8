#include "http/arguments.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "schema/invariant.h"

namespace runledger::http {
namespace {

template <class T>
std::optional<T> parse_whole(std::string_view text) noexcept {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<bool> parse_boolean(std::string_view text) noexcept {
  if (text == "true" || text == "1") {
    return true;
  }
  if (text == "false" || text == "0") {
    return false;
  }
  return std::nullopt;
}

std::optional<double> parse_number(std::string_view text) noexcept {
  const auto value = parse_whole<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

// A day, or the instant that the value names.
struct Moment {
  UtcTime begin{};
  bool day = false;
};

std::optional<Moment> parse_moment(std::string_view text) noexcept {
  // Instants are counted in nanoseconds, which reach so far.
  constexpr Date kFirst = std::chrono::sys_days{std::chrono::year{1678} / 1 / 1};
  constexpr Date kLast = std::chrono::sys_days{std::chrono::year{2261} / 12 / 31};
  const auto date = parse_date(text.substr(0, 10));
  if (!date || *date < kFirst || *date > kLast) {
    return std::nullopt;
  }
  if (text.size() == 10) {
    return Moment{*date, true};
  }
  const auto time = parse_time(text);
  return time ? std::optional(Moment{*time, false}) : std::nullopt;
}

std::optional<ErrorCategory> parse_error_category(std::string_view text) noexcept {
  const auto found = std::ranges::find(kAllErrorCategories, text,
                                       [](ErrorCategory category) { return to_string(category); });
  return found == kAllErrorCategories.end() ? std::nullopt : std::optional(*found);
}

// The code of the problem that a value which does not fit is.
std::string_view misfit_code(ParameterType type) noexcept {
  return type == ParameterType::kDate   ? "invalid_date"
         : type == ParameterType::kTime ? "invalid_time"
                                        : "invalid_parameter";
}

// What a value should have been, or empty if it fits.
std::string misfit(const ParameterSpec& spec, const std::string& value) {
  switch (spec.type) {
    case ParameterType::kText:
      return value.empty() ? "must not be empty" : "";
    case ParameterType::kNumber:
      return parse_number(value) ? "" : "must be a number";
    case ParameterType::kInteger: {
      const auto number = parse_whole<std::int64_t>(value);
      return number && *number >= spec.min && *number <= spec.max
                 ? ""
                 : fmt::format("must be a whole number from {} to {}", spec.min, spec.max);
    }
    case ParameterType::kBoolean:
      return parse_boolean(value) ? "" : "must be true or false";
    case ParameterType::kDate:
      return parse_date(value) ? "" : "must be an existing day as YYYY-MM-DD";
    case ParameterType::kTime:
      return parse_moment(value) ? "" : "must be a time as RFC 3339 has it, or a day as YYYY-MM-DD";
    case ParameterType::kRunId:
      return RunId::parse(value) ? "" : "must be a UUID";
    case ParameterType::kSequence:
      return parse_whole<std::uint64_t>(value) ? "" : "must be a sequence number, 0 or more";
    case ParameterType::kJobType:
      return parse_job_type(value) ? "" : "must be a job type, such as position_values_update";
    case ParameterType::kJobStatus:
      return parse_job_status(value) ? "" : "must be a job status, such as failed";
    case ParameterType::kRunStatus:
      return parse_run_status(value) ? "" : "must be a run status, such as completed";
    case ParameterType::kErrorCategory:
      return parse_error_category(value) ? "" : "must be an error category, such as transient";
    case ParameterType::kChoice:
      return std::ranges::find(spec.choices, value) != spec.choices.end()
                 ? ""
                 : fmt::format("must be one of {}", fmt::join(spec.choices, ", "));
  }
  return "";
}

}  // namespace

std::expected<Arguments, Problem> Arguments::check(const std::vector<ParameterSpec>& specs,
                                                   Pairs values) {
  for (auto at = values.begin(); at != values.end(); ++at) {
    const auto spec = std::ranges::find(specs, at->first, &ParameterSpec::name);
    if (spec == specs.end()) {
      std::vector<std::string_view> names;
      std::ranges::transform(specs, std::back_inserter(names), &ParameterSpec::name);
      return refuse(
          400, "unknown_parameter",
          fmt::format("unknown parameter '{}'; known here: {}", at->first,
                      names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
    }
    if (!spec->repeated && std::any_of(values.begin(), at, [&](const auto& earlier) {
          return earlier.first == at->first;
        })) {
      return refuse(400, "repeated_parameter",
                    fmt::format("parameter '{}' is given more than once", at->first));
    }
    if (const auto problem = misfit(*spec, at->second); !problem.empty()) {
      const auto code = misfit_code(spec->type);
      return refuse(code == "invalid_parameter" ? 400 : 422, code,
                    fmt::format("parameter '{}' {}, not '{}'", at->first, problem, at->second));
    }
  }
  for (const auto& spec : specs) {
    if (spec.required && std::ranges::find(values, spec.name, [](const auto& pair) {
                           return std::string_view(pair.first);
                         }) == values.end()) {
      return refuse(422, "missing_parameter", fmt::format("parameter '{}' is needed", spec.name));
    }
  }
  Arguments result;
  result.specs_ = &specs;
  result.values_ = std::move(values);
  return result;
}

const ParameterSpec& Arguments::spec(std::string_view name, ParameterType type) const {
  const auto found = std::ranges::find(*specs_, name, &ParameterSpec::name);
  RL_ASSERT(found != specs_->end());
  RL_ASSERT(found->type == type);
  return *found;
}

const std::string* Arguments::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : values_) {
    if (key == name) {
      return &value;
    }
  }
  return nullptr;
}

std::optional<std::string> Arguments::text(std::string_view name) const {
  const auto found = std::ranges::find(*specs_, name, &ParameterSpec::name);
  RL_ASSERT(found != specs_->end());
  const auto* value = find(name);
  return value != nullptr ? std::optional<std::string>(*value) : std::nullopt;
}

std::vector<std::string> Arguments::texts(std::string_view name) const {
  RL_ASSERT(spec(name, ParameterType::kText).repeated);
  std::vector<std::string> result;
  for (const auto& [key, value] : values_) {
    if (key == name) {
      result.push_back(value);
    }
  }
  return result;
}

std::optional<double> Arguments::number(std::string_view name) const {
  static_cast<void>(spec(name, ParameterType::kNumber));
  const auto* value = find(name);
  return value != nullptr ? parse_number(*value) : std::nullopt;
}

std::int64_t Arguments::integer(std::string_view name) const {
  const auto& declared = spec(name, ParameterType::kInteger);
  RL_ASSERT(declared.default_value.has_value());
  const auto* value = find(name);
  return value != nullptr ? *parse_whole<std::int64_t>(*value) : *declared.default_value;
}

bool Arguments::boolean(std::string_view name) const {
  static_cast<void>(spec(name, ParameterType::kBoolean));
  const auto* value = find(name);
  return value != nullptr && *parse_boolean(*value);
}

std::optional<Date> Arguments::date(std::string_view name) const {
  static_cast<void>(spec(name, ParameterType::kDate));
  const auto* value = find(name);
  return value != nullptr ? parse_date(*value) : std::nullopt;
}

std::optional<UtcTime> Arguments::time_from(std::string_view name) const {
  static_cast<void>(spec(name, ParameterType::kTime));
  const auto* value = find(name);
  return value != nullptr ? std::optional(parse_moment(*value)->begin) : std::nullopt;
}

std::optional<UtcTime> Arguments::time_to(std::string_view name) const {
  static_cast<void>(spec(name, ParameterType::kTime));
  const auto* value = find(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto moment = *parse_moment(*value);
  return moment.begin + std::chrono::days{moment.day ? 1 : 0};
}

std::optional<RunId> Arguments::run(std::string_view name) const {
  static_cast<void>(spec(name, ParameterType::kRunId));
  const auto* value = find(name);
  return value != nullptr ? RunId::parse(*value) : std::nullopt;
}

std::optional<Sequence> Arguments::sequence(std::string_view name) const {
  static_cast<void>(spec(name, ParameterType::kSequence));
  const auto* value = find(name);
  return value != nullptr ? std::optional(Sequence{*parse_whole<std::uint64_t>(*value)})
                          : std::nullopt;
}

std::optional<JobType> Arguments::job_type(std::string_view name) const {
  static_cast<void>(spec(name, ParameterType::kJobType));
  const auto* value = find(name);
  return value != nullptr ? parse_job_type(*value) : std::nullopt;
}

std::optional<JobStatus> Arguments::job_status(std::string_view name) const {
  static_cast<void>(spec(name, ParameterType::kJobStatus));
  const auto* value = find(name);
  return value != nullptr ? parse_job_status(*value) : std::nullopt;
}

std::optional<RunStatus> Arguments::run_status(std::string_view name) const {
  static_cast<void>(spec(name, ParameterType::kRunStatus));
  const auto* value = find(name);
  return value != nullptr ? parse_run_status(*value) : std::nullopt;
}

std::optional<ErrorCategory> Arguments::error_category(std::string_view name) const {
  static_cast<void>(spec(name, ParameterType::kErrorCategory));
  const auto* value = find(name);
  return value != nullptr ? parse_error_category(*value) : std::nullopt;
}

}  // namespace runledger::http
