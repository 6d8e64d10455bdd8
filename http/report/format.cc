#include "http/report/format.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "http/report/words.h"

namespace runledger::http::report {
namespace {

std::string with_separators(std::string digits) {
  const auto dot = std::min(digits.find('.'), digits.size());
  for (auto at = dot; at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

// Digits of a number that is not negative, without its unit.
std::string digits_of(double size, Unit unit) {
  switch (unit) {
    case Unit::kMoney:
      return with_separators(fmt::format("{:.2f}", size));
    case Unit::kPrice:
      return with_separators(fmt::format("{:.{}f}", size, size < 1 ? 4 : 2));
    case Unit::kRatio:
      return with_separators(fmt::format("{:.2f}", size * 100));
    case Unit::kRateChange:
      return with_separators(fmt::format("{:.0f}", size * 10000));
    case Unit::kCount:
    case Unit::kDays:
    case Unit::kMoneySquared:
      return with_separators(fmt::format("{:.0f}", size));
    case Unit::kNumber:
      if (size != 0 && size < 0.0001) {
        return fmt::format("{:.2e}", size);
      }
      return std::floor(size) == size && size >= 10 ? with_separators(fmt::format("{:.0f}", size))
             : size >= 1000                         ? with_separators(fmt::format("{:.2f}", size))
                                                    : fmt::format("{:.4f}", size);
    case Unit::kText:
    case Unit::kDate:
    case Unit::kCode:
      break;
  }
  return fmt::format("{}", size);
}

std::string_view suffix_of(Unit unit) noexcept {
  switch (unit) {
    case Unit::kRatio:
      return " %";
    case Unit::kRateChange:
      return " bp";
    case Unit::kText:
    case Unit::kMoney:
    case Unit::kPrice:
    case Unit::kNumber:
    case Unit::kCount:
    case Unit::kDays:
    case Unit::kDate:
    case Unit::kMoneySquared:
    case Unit::kCode:
      break;
  }
  return "";
}

}  // namespace

std::string format_number(double value, Unit unit, Minus minus) {
  const std::string digits = digits_of(std::abs(value), unit);
  // What is rounded to nothing has no sign.
  const bool is_zero = digits.find_first_of("123456789") == std::string::npos;
  const std::string_view sign =
      value >= 0 || is_zero ? "" : (minus == Minus::kHyphen ? "-" : "\u2212");
  return fmt::format("{}{}{}", sign, digits, suffix_of(unit));
}

std::string format_cell(const Cell& cell, Unit unit, Minus minus) {
  if (const auto* missing = std::get_if<Missing>(&cell)) {
    return "(" + short_words(missing->reason) + ")";
  }
  if (const auto* number = std::get_if<double>(&cell)) {
    return format_number(*number, unit, minus);
  }
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    return format_number(static_cast<double>(*whole), unit, minus);
  }
  if (const auto* flag = std::get_if<bool>(&cell)) {
    return *flag ? "yes" : "no";
  }
  return std::get<std::string>(cell);
}

bool is_numeric(Unit unit) noexcept {
  switch (unit) {
    case Unit::kMoney:
    case Unit::kPrice:
    case Unit::kRatio:
    case Unit::kRateChange:
    case Unit::kNumber:
    case Unit::kCount:
    case Unit::kDays:
    case Unit::kMoneySquared:
      return true;
    case Unit::kText:
    case Unit::kDate:
    case Unit::kCode:
      return false;
  }
  return false;
}

}  // namespace runledger::http::report
