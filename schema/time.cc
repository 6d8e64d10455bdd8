#include "schema/time.h"

#include <charconv>
#include <cstdint>

#include <fmt/format.h>

namespace runledger {
namespace {

std::optional<unsigned> digits(std::string_view text) noexcept {
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

// Reads an offset: "Z" or "+hh:mm". Returns it as minutes east of UTC.
std::optional<std::chrono::minutes> parse_offset(std::string_view text) noexcept {
  if (text == "Z" || text == "z") {
    return std::chrono::minutes{0};
  }
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
    return std::nullopt;
  }
  const auto hours = digits(text.substr(1, 2));
  const auto minutes = digits(text.substr(4, 2));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) {
    return std::nullopt;
  }
  const auto total = std::chrono::minutes{*hours * 60 + *minutes};
  return text[0] == '-' ? -total : total;
}

}  // namespace

std::string format_date(Date date) {
  const std::chrono::year_month_day day{date};
  return fmt::format("{:04d}-{:02d}-{:02d}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

std::optional<Date> parse_date(std::string_view text) noexcept {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  const auto year = digits(text.substr(0, 4));
  const auto month = digits(text.substr(5, 2));
  const auto day = digits(text.substr(8, 2));
  if (!year || !month || !day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*year)},
                                         std::chrono::month{*month}, std::chrono::day{*day}};
  if (!date.ok()) {
    return std::nullopt;
  }
  return Date{date};
}

std::string format_time(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::microseconds>(time) -
                                    std::chrono::sys_time<std::chrono::microseconds>{day}};
  return fmt::format("{}T{:02d}:{:02d}:{:02d}.{:06d}Z", format_date(day), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<UtcTime> parse_time(std::string_view text) noexcept {
  if (text.size() < 20 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) {
    return std::nullopt;
  }
  const auto date = parse_date(text.substr(0, 10));
  const auto hour = digits(text.substr(11, 2));
  const auto minute = digits(text.substr(14, 2));
  const auto second = digits(text.substr(17, 2));
  if (!date || !hour || !minute || !second || text[13] != ':' || text[16] != ':' || *hour > 23 ||
      *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  std::string_view rest = text.substr(19);
  std::int64_t fraction_ns = 0;
  if (rest.starts_with('.')) {
    std::size_t length = 1;
    while (length < rest.size() && rest[length] >= '0' && rest[length] <= '9') {
      ++length;
    }
    if (length == 1 || length > 10) {
      return std::nullopt;
    }
    fraction_ns = static_cast<std::int64_t>(*digits(rest.substr(1, length - 1)));
    for (std::size_t i = length; i < 10; ++i) {
      fraction_ns *= 10;
    }
    rest.remove_prefix(length);
  }
  const auto offset = parse_offset(rest);
  if (!offset) {
    return std::nullopt;
  }
  return UtcTime{*date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second} + std::chrono::nanoseconds{fraction_ns} - *offset;
}

}  // namespace runledger
