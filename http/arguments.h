#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/problem.h"
#include "schema/ids.h"
#include "schema/time.h"
#include "schema/vocabulary.h"

namespace runledger::http {

enum class ParameterType : std::uint8_t {
  kText,
  kNumber,   ///< Finite decimal number.
  kInteger,  ///< Within [min, max].
  kBoolean,  ///< true, false, 1, 0.
  kDate,     ///< YYYY-MM-DD.
  kTime,     ///< RFC 3339 time, or YYYY-MM-DD for a whole UTC day.
  kRunId,
  kSequence,
  kJobType,
  kJobStatus,
  kRunStatus,
  kErrorCategory,
  kChoice,  ///< One of `choices`.
};

struct ParameterSpec {
  std::string_view name;
  ParameterType type = ParameterType::kText;
  std::string_view description;
  bool required = false;
  bool repeated = false;
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::optional<std::int64_t> default_value = std::nullopt;
  std::vector<std::string_view> choices = {};
};

/// The arguments of one call, checked against its route. The getters assert that the route declares
/// the parameter with that type; a value that does not fit was refused before.
class Arguments {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  /// Problems: 400 `unknown_parameter`, `repeated_parameter`, `invalid_parameter`;
  /// 422 `invalid_date`, `invalid_time`, `missing_parameter`.
  [[nodiscard]] static std::expected<Arguments, Problem> check(
      const std::vector<ParameterSpec>& specs, Pairs values);

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  [[nodiscard]] std::optional<double> number(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name) const;  ///< Needs a default value.
  [[nodiscard]] bool boolean(std::string_view name) const;          ///< False if absent.
  [[nodiscard]] std::optional<Date> date(std::string_view name) const;
  /// An instant; of a day, its first one.
  [[nodiscard]] std::optional<UtcTime> time_from(std::string_view name) const;
  /// The end, exclusive, of what the value names: the instant, or the end of the day.
  [[nodiscard]] std::optional<UtcTime> time_to(std::string_view name) const;
  [[nodiscard]] std::optional<RunId> run(std::string_view name) const;
  [[nodiscard]] std::optional<Sequence> sequence(std::string_view name) const;
  [[nodiscard]] std::optional<JobType> job_type(std::string_view name) const;
  [[nodiscard]] std::optional<JobStatus> job_status(std::string_view name) const;
  [[nodiscard]] std::optional<RunStatus> run_status(std::string_view name) const;
  [[nodiscard]] std::optional<ErrorCategory> error_category(std::string_view name) const;

 private:
  [[nodiscard]] const ParameterSpec& spec(std::string_view name, ParameterType type) const;
  [[nodiscard]] const std::string* find(std::string_view name) const noexcept;

  const std::vector<ParameterSpec>* specs_ = nullptr;
  Pairs values_;
};

}  // namespace runledger::http
