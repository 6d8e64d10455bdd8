#include "engine/inputs/parameters.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/inputs/duplicates.h"
#include "engine/inputs/fields.h"
#include "engine/inputs/import.h"
#include "engine/inputs/row_checks.h"
#include "schema/invariant.h"

namespace runledger::engine {
namespace {

using P = Parameters;

// A window of betas lies inside the window of the series, whose least length is their greatest.
constexpr std::array<ParameterSpec, 21> kSpecs = {{
    {"quality_full", &P::quality_full, 0, 1},
    {"quality_limited", &P::quality_limited, 0, 1},
    {"stale_days", &P::stale_days, 0, 63},
    {"window", &P::window, 252, 2520},
    {"window_least", &P::window_least, 30, 252},
    {"beta_window", &P::beta_window, 10, 252},
    {"beta_least", &P::beta_least, 10, 252},
    {"spread_window", &P::spread_window, 10, 252},
    {"spread_least", &P::spread_least, 10, 252},
    {"style_window", &P::style_window, 10, 252},
    {"style_least", &P::style_least, 10, 252},
    {"ridge_penalty", &P::ridge_penalty, 1e-6, 1e6},
    {"ewma_decay", &P::ewma_decay, 0.5, 0.9999},
    {"rate_duration", &P::rate_duration, 0, 100},
    {"rate_convexity", &P::rate_convexity, 0, 10000},
    {"dividend_yield", &P::dividend_yield, 0, 0.5},
    {"correlation_value", &P::correlation_value, 0, kAmountMax},
    {"correlation_weight", &P::correlation_weight, 0, 1},
    {"correlation_window", &P::correlation_window, 10, 252},
    {"correlation_least", &P::correlation_least, 10, 252},
    {"cluster_threshold", &P::cluster_threshold, 0, 1},
}};

enum Column : std::size_t { kParameter, kValue };
constexpr std::array<CsvColumn, 2> kColumns = {{
    {.name = "parameter", .required = true},
    {.name = "value", .required = true},
}};
constexpr CsvLayout kLayout = {.columns = kColumns, .bytes_max = kInputFileBytesMax};

std::string all_names() {
  std::string names;
  for (const ParameterSpec& spec : kSpecs) {
    names += names.empty() ? "" : ", ";
    names += spec.name;
  }
  return names;
}

double read_value(RowChecks& checks, const ParameterSpec& spec) {
  if (checks.text(kValue).empty()) {
    checks.error("ERR_PARAM_002", kValue, fmt::format("The value of {} is missing.", spec.name));
    return 0;
  }
  const auto value =
      checks.number(kValue, {.malformed = "ERR_PARAM_002", .out_of_range = "ERR_PARAM_003"},
                    {.least = spec.least, .least_allowed = true, .most = spec.most});
  if (value && spec.is_count() && *value != std::floor(*value)) {
    checks.error("ERR_PARAM_004", kValue,
                 fmt::format("{} is a number of days: it must be whole.", spec.name));
  }
  return value.value_or(0);
}

}  // namespace

double ParameterSpec::value_in(const Parameters& parameters) const {
  return std::visit([&](auto place) { return static_cast<double>(parameters.*place); }, member);
}

std::span<const ParameterSpec> parameter_specs() noexcept {
  return kSpecs;
}

const ParameterSpec* find_parameter(std::string_view name) noexcept {
  const auto found =
      std::ranges::find_if(kSpecs, [name](const ParameterSpec& spec) { return name == spec.name; });
  return found == kSpecs.end() ? nullptr : &*found;
}

Parameters make_parameters(const std::vector<ParameterRow>& rows) {
  Parameters parameters;
  for (const ParameterRow& row : rows) {
    const ParameterSpec* spec = find_parameter(row.parameter);
    RL_ASSERT(spec != nullptr);
    if (const auto* real = std::get_if<double Parameters::*>(&spec->member)) {
      parameters.*(*real) = row.value;
    } else {
      parameters.*std::get<std::size_t Parameters::*>(spec->member) =
          static_cast<std::size_t>(row.value);
    }
  }
  return parameters;
}

Parsed<std::vector<ParameterRow>> parse_parameters(std::string_view text) {
  Parsed<std::vector<ParameterRow>> parsed;
  std::vector<std::uint32_t> lines;
  IssueLog log;
  RowChecks checks(kLayout, Date{}, log);

  parsed.data_rows = read_csv(text, kLayout, log, [&](const CsvRow& cells) {
    checks.begin(cells, kParameter);
    const std::string_view name = checks.text(kParameter);
    const ParameterSpec* spec = find_parameter(name);
    if (spec == nullptr) {
      checks.error("ERR_PARAM_001", kParameter,
                   fmt::format("{} is not a parameter. There are: {}.", shown(name), all_names()));
      return;
    }
    ParameterRow row{.parameter = std::string(name), .value = read_value(checks, *spec)};
    if (checks.ok()) {
      parsed.rows.push_back(std::move(row));
      lines.push_back(cells.line);
    }
  });

  find_duplicates(
      parsed.rows, lines,
      [](const ParameterRow& row) -> const std::string& { return row.parameter; },
      [&](const ParameterRow& row, std::uint32_t line, std::uint32_t first) {
        log.error({.line = line,
                   .symbol = row.parameter,
                   .code = "ERR_PARAM_005",
                   .message = fmt::format("{} is in line {} already.", row.parameter, first),
                   .field = "parameter"});
      });
  log.finish(parsed);
  return parsed;
}

}  // namespace runledger::engine
