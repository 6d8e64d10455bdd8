#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace runledger {

/// A calendar day without a time zone.
using Date = std::chrono::sys_days;
/// An instant, UTC, in nanoseconds.
using UtcTime = std::chrono::sys_time<std::chrono::nanoseconds>;
using std::chrono::nanoseconds;

/// "2017-11-10".
[[nodiscard]] std::string format_date(Date date);
/// Parses exactly YYYY-MM-DD of an existing day; nullopt for anything else.
[[nodiscard]] std::optional<Date> parse_date(std::string_view text) noexcept;
/// RFC 3339 in UTC with microseconds: "2026-11-26T17:00:00.000000Z".
[[nodiscard]] std::string format_time(UtcTime time);
/// Parses RFC 3339 (any offset, up to nanoseconds); nullopt for anything else.
[[nodiscard]] std::optional<UtcTime> parse_time(std::string_view text) noexcept;

}  // namespace runledger
