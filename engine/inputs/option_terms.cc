#include "engine/inputs/option_terms.h"

#include <fmt/format.h>

#include "engine/inputs/calendar.h"
#include "engine/inputs/fields.h"

namespace runledger::engine {

std::optional<OptionRight> parse_right(std::string_view text) noexcept {
  if (equals_ignoring_case(text, "CALL") || equals_ignoring_case(text, "C")) {
    return OptionRight::kCall;
  }
  if (equals_ignoring_case(text, "PUT") || equals_ignoring_case(text, "P")) {
    return OptionRight::kPut;
  }
  return std::nullopt;
}

std::optional<OptionStyle> parse_style(std::string_view text) noexcept {
  if (equals_ignoring_case(text, "AMERICAN")) {
    return OptionStyle::kAmerican;
  }
  if (equals_ignoring_case(text, "EUROPEAN")) {
    return OptionStyle::kEuropean;
  }
  return std::nullopt;
}

std::expected<Date, std::string> parse_expiration(std::string_view text) {
  if (text.empty()) {
    return std::unexpected(std::string("The expiration is missing."));
  }
  const auto date = parse_date(text);
  if (!date) {
    return std::unexpected(fmt::format("{} is not a date of the form YYYY-MM-DD.", shown(text)));
  }
  const Calendar& nyse = Calendar::nyse();
  if (*date < nyse.first() || *date > nyse.last()) {
    return std::unexpected(fmt::format("The expiration must lie from {} to {}.",
                                       format_date(nyse.first()), format_date(nyse.last())));
  }
  return *date;
}

}  // namespace runledger::engine
