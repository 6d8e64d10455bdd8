#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "engine/inputs/rows.h"
#include "schema/time.h"

/// Terms of an option as files write them.
namespace runledger::engine {

/// CALL, PUT, C or P in any case.
[[nodiscard]] std::optional<OptionRight> parse_right(std::string_view text) noexcept;
/// AMERICAN or EUROPEAN in any case.
[[nodiscard]] std::optional<OptionStyle> parse_style(std::string_view text) noexcept;
/// A day within the calendar, which need not be a session: until 2015 monthly options expired on
/// Saturdays. Otherwise the message of the error.
[[nodiscard]] std::expected<Date, std::string> parse_expiration(std::string_view text);

}  // namespace runledger::engine
