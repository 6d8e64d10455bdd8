#include "engine/inputs/row_checks.h"

#include <utility>

#include <fmt/format.h>

#include "engine/inputs/calendar.h"
#include "engine/inputs/fields.h"

namespace runledger::engine {
namespace {

std::string limits_text(const NumberLimits& limits) {
  return fmt::format("{} {} and at most {}", limits.least_allowed ? "at least" : "more than",
                     limits.least, limits.most);
}

}  // namespace

void RowChecks::error(const char* code, std::size_t column, std::string message) {
  log_.error({.line = row_->line,
              .symbol = std::string(first_characters(text(symbol_column_), kSymbolLengthMax)),
              .code = code,
              .message = std::move(message),
              .field = std::string(layout_.columns[column].name)});
}

void RowChecks::note(const char* code, std::size_t column, std::string message) {
  log_.note({.line = row_->line,
             .symbol = std::string(first_characters(text(symbol_column_), kSymbolLengthMax)),
             .code = code,
             .message = std::move(message),
             .field = std::string(layout_.columns[column].name)});
}

std::string RowChecks::symbol(std::size_t column, const char* code) {
  const std::string_view value = text(column);
  if (value.empty()) {
    error(code, column, "The symbol is missing.");
    return {};
  }
  if (value.size() > kSymbolLengthMax) {
    error(code, column, fmt::format("The symbol is longer than {} characters.", kSymbolLengthMax));
    return {};
  }
  if (!is_symbol_text(value)) {
    error(code, column,
          fmt::format("{} is not a symbol: use letters, digits, '.', '_' and '-'.", shown(value)));
    return {};
  }
  return to_upper(value);
}

std::optional<Date> RowChecks::date(std::size_t column, const DateCodes& codes) {
  const std::string_view value = text(column);
  const auto parsed = parse_date(value);
  if (!parsed) {
    error(codes.malformed, column,
          value.empty() ? "The date is missing."
                        : fmt::format("{} is not a date of the form YYYY-MM-DD.", shown(value)));
    return std::nullopt;
  }
  if (*parsed > today_) {
    error(codes.future, column, fmt::format("{} lies in the future.", value));
    return std::nullopt;
  }
  return parsed;
}

std::optional<Date> RowChecks::session(std::size_t column, const DateCodes& codes) {
  const auto parsed = date(column, codes);
  if (parsed && !is_too_old(*parsed) && !Calendar::nyse().is_trading_day(*parsed)) {
    error(codes.not_session, column,
          fmt::format("{} is not a trading day of the New York Stock Exchange.", text(column)));
    return std::nullopt;
  }
  return parsed;
}

std::optional<double> RowChecks::number(std::size_t column,
                                        const NumberCodes& codes,
                                        const NumberLimits& limits) {
  const std::string_view value = text(column);
  if (value.empty()) {
    return std::nullopt;
  }
  const auto parsed = parse_number(value);
  if (!parsed) {
    error(codes.malformed, column, fmt::format("{} is not a number.", shown(value)));
    return std::nullopt;
  }
  const bool low = limits.least_allowed ? *parsed < limits.least : *parsed <= limits.least;
  if (low || *parsed > limits.most) {
    error(codes.out_of_range, column,
          fmt::format("{} must be {}.", shown(value), limits_text(limits)));
    return std::nullopt;
  }
  return parsed;
}

bool is_too_old(Date date) noexcept {
  return date < Calendar::nyse().first();
}

void note_too_old(IssueLog& log, std::uint64_t count) {
  if (count > 0) {
    log.note({.line = 0,
              .symbol = {},
              .code = "NOTE_CSV_003",
              .message = fmt::format("{} rows before {}, where the calendar begins, are left out.",
                                     count, format_date(Calendar::nyse().first())),
              .field = {}});
  }
}

}  // namespace runledger::engine
