#include "engine/inputs/fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

#include <utf8.h>

namespace runledger::engine {
namespace {

constexpr std::size_t kShownCharacters = 40;
constexpr std::array<std::string_view, 4> kCurrencySigns = {"$", "\u20ac", "\u00a3", "\u00a5"};

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::optional<double> parse_plain(std::string_view text) noexcept {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

// Removes the separators of "1,234,567.8" into `buffer`; nullopt if they are not between groups of
// three digits.
std::optional<std::string_view> without_separators(std::string_view text,
                                                   std::array<char, 64>& buffer) noexcept {
  const std::string_view whole = text.substr(0, text.find('.'));
  if (text.size() > buffer.size() || text.find(',', whole.size()) != std::string_view::npos) {
    return std::nullopt;
  }
  std::size_t size = 0;
  std::size_t group = 0;
  bool separated = false;
  for (const char c : whole) {
    if (c == ',') {
      if (separated ? group != 3 : group == 0 || group > 3) {
        return std::nullopt;
      }
      separated = true;
      group = 0;
    } else if (is_digit(c)) {
      buffer[size++] = c;
      ++group;
    } else {
      return std::nullopt;
    }
  }
  if (separated && group != 3) {
    return std::nullopt;
  }
  const std::string_view fraction = text.substr(whole.size());
  std::ranges::copy(fraction, buffer.begin() + static_cast<std::ptrdiff_t>(size));
  return std::string_view(buffer.data(), size + fraction.size());
}

// The number as spreadsheets show it. At most one sign, and nothing twice.
std::optional<double> parse_decorated(std::string_view text) noexcept {
  bool negative = false;
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    negative = true;
    text = trim(text.substr(1, text.size() - 2));
  } else if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text = trim(text.substr(1));
  }
  for (const std::string_view sign : kCurrencySigns) {
    if (text.starts_with(sign)) {
      text = trim(text.substr(sign.size()));
      break;
    }
  }
  if (text.empty() || (!is_digit(text.front()) && text.front() != '.')) {
    return std::nullopt;
  }
  std::array<char, 64> buffer{};
  if (text.find(',') != std::string_view::npos) {
    const auto plain = without_separators(text, buffer);
    if (!plain) {
      return std::nullopt;
    }
    text = *plain;
  }
  const auto value = parse_plain(text);
  return value && negative ? -*value : value;
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, upper, upper);
}

std::string to_upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), upper);
  return result;
}

std::optional<double> parse_number(std::string_view text) noexcept {
  if (const auto value = parse_plain(text)) {
    return value;
  }
  return parse_decorated(text);
}

int decimal_places(std::string_view text) noexcept {
  int exponent = 0;
  const std::size_t at = text.find_first_of("eE");
  if (at != std::string_view::npos) {
    std::string_view digits = text.substr(at + 1);
    if (digits.starts_with('+')) {
      digits.remove_prefix(1);
    }
    std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    text = text.substr(0, at);
  }
  const std::size_t point = text.find('.');
  int used = 0;
  if (point != std::string_view::npos) {
    const std::size_t last = text.find_last_of("123456789");
    used = last == std::string_view::npos || last < point ? 0 : static_cast<int>(last - point);
  }
  return std::max(0, used - exponent);
}

bool is_symbol_text(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (upper(c) >= 'A' && upper(c) <= 'Z') || c == '.' || c == '_' || c == '-';
  });
}

std::size_t count_characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(utf8::unchecked::distance(text.begin(), text.end()));
}

bool has_control_character(std::string_view text) noexcept {
  for (auto at = text.begin(); at != text.end();) {
    const std::uint32_t c = utf8::unchecked::next(at);
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
      return true;
    }
  }
  return false;
}

std::string_view first_characters(std::string_view text, std::size_t count) noexcept {
  auto end = text.begin();
  for (std::size_t i = 0; i < count && end != text.end(); ++i) {
    utf8::unchecked::next(end);
  }
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

std::string shown(std::string_view text) {
  const std::string_view start = first_characters(text, kShownCharacters);
  std::string result = "'";
  result += start;
  result += start.size() == text.size() ? "'" : "...'";
  return result;
}

}  // namespace runledger::engine
