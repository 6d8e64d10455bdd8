#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Texts of single CSV fields to values.
namespace runledger::engine {

inline constexpr std::size_t kSymbolLengthMax = 100;

/// `text` without blanks (space, tab, line breaks) at its ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;
/// ASCII letters compared without case.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;
/// ASCII letters to upper case.
[[nodiscard]] std::string to_upper(std::string_view text);

/// A finite decimal number. Besides the plain form it takes what spreadsheets write: a currency
/// sign, separators between groups of three digits, a plus sign, parentheses for minus.
/// nullopt for anything else, infinities and NaN included. Cost: about 20 ns for the plain form.
[[nodiscard]] std::optional<double> parse_number(std::string_view text) noexcept;

/// Decimal places that the number `text` really uses: 2 for "1.250", 0 for "1e3", 7 for "1e-7".
/// `text` must have passed parse_number.
[[nodiscard]] int decimal_places(std::string_view text) noexcept;

/// Whether all characters are of [A-Za-z0-9._-].
[[nodiscard]] bool is_symbol_text(std::string_view text) noexcept;

/// Number of Unicode characters of valid UTF-8.
[[nodiscard]] std::size_t count_characters(std::string_view text) noexcept;
/// Whether valid UTF-8 holds a control character (C0, C1 or DEL).
[[nodiscard]] bool has_control_character(std::string_view text) noexcept;

/// The first `count` characters of valid UTF-8.
[[nodiscard]] std::string_view first_characters(std::string_view text, std::size_t count) noexcept;

/// A value as messages show it: in quotes and cut to a few dozen characters.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace runledger::engine
