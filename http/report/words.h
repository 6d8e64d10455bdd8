#pragma once

#include <string>
#include <string_view>

#include "schema/vocabulary.h"

/// Stable words as people say them. A word that is not known comes out readable, too.
namespace runledger::http::report {

/// "Position values" for position_values_update.
[[nodiscard]] std::string_view title_of(JobType job) noexcept;
/// Short, for the place of a number: "no price".
[[nodiscard]] std::string short_words(std::string_view reason);
/// A sentence: "There is no close on the date or in the five trading days before it."
[[nodiscard]] std::string full_words(std::string_view reason);
/// "market_down_5" to "Market down 5", "LOW_VOLATILITY" to "Low volatility".
[[nodiscard]] std::string from_snake(std::string_view word);

}  // namespace runledger::http::report
