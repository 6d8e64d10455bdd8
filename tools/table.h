#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace runledger::tools {

enum class Align : std::uint8_t { kLeft, kRight };

/// Rows of text in aligned columns for people. Widths count code points.
class Table {
 public:
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// As many cells as there are columns (asserts).
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// Title line, then the rows; each line ends without spaces.
  [[nodiscard]] std::string to_text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Number of code points of UTF-8 text.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

}  // namespace runledger::tools
