#pragma once

#include <string>

#include "http/report/model.h"

/// Numbers as people read them: thousands separators, percent, basis points.
namespace runledger::http::report {

enum class Minus : std::uint8_t {
  kHyphen,       ///< "-": for plain text.
  kTypographic,  ///< U+2212: as wide as a plus.
};

/// A cell for people. What is missing is named by its reason, in brackets, never 0 or blank.
[[nodiscard]] std::string format_cell(const Cell& cell, Unit unit, Minus minus);

/// A finite number: -1234567.891 in money is "-1,234,567.89", -0.0123 as ratio "-1.23 %".
[[nodiscard]] std::string format_number(double value, Unit unit, Minus minus);

/// Whether the cell is set flush right.
[[nodiscard]] bool is_numeric(Unit unit) noexcept;

}  // namespace runledger::http::report
