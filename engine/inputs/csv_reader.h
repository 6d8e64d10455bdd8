#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "engine/inputs/issue_log.h"

namespace runledger::engine {

/// A column that a kind of file may have. Names are compared without case.
struct CsvColumn {
  std::string_view name;
  bool required = false;
  std::string_view alias = {};  ///< Another name under which publishers ship it.
};

/// What a kind of file looks like.
struct CsvLayout {
  std::span<const CsvColumn> columns;
  std::size_t bytes_max = 0;
};

/// One row below the header.
struct CsvRow {
  std::uint32_t line = 0;  ///< Where it begins in the file as it is, from 1.
  /// One value a column of the layout, blanks at the ends removed; empty if the cell is blank or
  /// the file lacks the column. Valid during the call only.
  std::span<const std::string_view> values;
};

/// A row longer than this is taken for a quote that was never closed.
inline constexpr std::size_t kCsvRowBytesMax = 1U << 20U;

/// Reads CSV (RFC 4180) and calls `on_row` for each row below the header, in order.
///
/// Takes a byte order mark, CRLF, CR and LF, quoted fields with line breaks, any order of columns.
/// Leaves out lines that begin with '#', empty lines and rows of empty cells. Columns that the
/// layout does not know are ignored with a note.
/// Records ERR_CSV_001 and 003..008 of docs/import.md in `log`; goes on with the next row where the
/// rows after a fault can still be told apart. A row with a fault is not handed on.
/// @return Rows below the header, those with a fault included.
/// Cost: O(size), one copy of a row at a time.
[[nodiscard]] std::uint64_t read_csv(std::string_view text,
                                     const CsvLayout& layout,
                                     IssueLog& log,
                                     const std::function<void(const CsvRow&)>& on_row);

}  // namespace runledger::engine
