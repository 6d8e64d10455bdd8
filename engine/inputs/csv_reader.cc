#include "engine/inputs/csv_reader.h"

#include <csv.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <utf8.h>

#include "engine/inputs/fields.h"
#include "schema/invariant.h"

namespace runledger::engine {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kNoField = std::numeric_limits<std::size_t>::max();

std::uint32_t line_of(std::string_view text, std::size_t offset) {
  const auto lines = std::ranges::count(text.substr(0, offset), '\n');
  return static_cast<std::uint32_t>(lines + 1);
}

// The physical line that begins at `begin`, with its line end: LF, CRLF or CR.
std::string_view physical_line(std::string_view text, std::size_t begin) {
  const char* const start = text.data() + begin;
  const std::size_t left = text.size() - begin;
  const auto* const feed = static_cast<const char*>(std::memchr(start, '\n', left));
  const std::size_t size = feed == nullptr ? left : static_cast<std::size_t>(feed - start) + 1;
  const auto* const carriage = static_cast<const char*>(std::memchr(start, '\r', size));
  if (carriage != nullptr && carriage + 1 != feed) {
    return {start, static_cast<std::size_t>(carriage - start) + 1};
  }
  return {start, size};
}

// One parser of libcsv, which collects the cells of the row that it is in.
class RowParser {
 public:
  RowParser() { init(); }
  ~RowParser() { csv_free(&parser_); }
  RowParser(const RowParser&) = delete;
  RowParser& operator=(const RowParser&) = delete;

  /// Takes the next physical line. False if its quotes are malformed.
  [[nodiscard]] bool feed(std::string_view line) {
    return csv_parse(&parser_, line.data(), line.size(), on_cell, on_row_end, this) == line.size();
  }
  /// Takes the end of the file. False if it lies within quotes.
  [[nodiscard]] bool finish() { return csv_fini(&parser_, on_cell, on_row_end, this) == 0; }

  /// Forgets everything since the last complete row.
  void reset() {
    csv_free(&parser_);
    init();
    begin_row();
  }
  void begin_row() {
    bytes_.clear();
    ends_.clear();
    complete_ = false;
  }

  [[nodiscard]] bool complete() const noexcept { return complete_; }
  [[nodiscard]] std::size_t cell_count() const noexcept { return ends_.size(); }
  [[nodiscard]] std::string_view cell(std::size_t index) const noexcept {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(begin, ends_[index] - begin);
  }

 private:
  void init() {
    const int failed = csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI);
    RL_ASSERT(failed == 0);
    csv_set_blk_size(&parser_, std::size_t{1} << 12U);
  }
  static void on_cell(void* bytes, std::size_t size, void* self) noexcept {
    auto& parser = *static_cast<RowParser*>(self);
    parser.bytes_.append(static_cast<const char*>(bytes), size);
    parser.ends_.push_back(parser.bytes_.size());
  }
  static void on_row_end(int /*terminator*/, void* self) noexcept {
    static_cast<RowParser*>(self)->complete_ = true;
  }

  csv_parser parser_{};
  std::string bytes_;              // of all cells of the row
  std::vector<std::size_t> ends_;  // of each cell in bytes_
  bool complete_ = false;
};

class CsvReader {
 public:
  CsvReader(const CsvLayout& layout,
            IssueLog& log,
            const std::function<void(const CsvRow&)>& on_row)
      : layout_(layout), log_(log), on_row_(on_row) {}

  std::uint64_t read(std::string_view text) {
    if (!check_bytes(text)) {
      return 0;
    }
    if (text.starts_with(kByteOrderMark)) {
      text.remove_prefix(kByteOrderMark.size());
    }
    read_lines(text);
    if (!header_cells_ && log_.error_count() == 0) {
      fault(0, "ERR_CSV_003", "The file is empty or holds only comments.");
    } else if (rows_ == 0 && log_.error_count() == 0) {
      fault(0, "ERR_CSV_003", "The file has a header but no rows.");
    }
    return rows_;
  }

 private:
  void fault(std::uint32_t line, const char* code, std::string message, std::string field = {}) {
    log_.error({.line = line,
                .symbol = {},
                .code = code,
                .message = std::move(message),
                .field = std::move(field)});
  }

  bool check_bytes(std::string_view text) {
    if (text.size() > layout_.bytes_max) {
      fault(0, "ERR_CSV_001",
            fmt::format("The file has {} bytes; at most {} are allowed. Split it.", text.size(),
                        layout_.bytes_max));
      return false;
    }
    if (const std::size_t at = text.find('\0'); at != std::string_view::npos) {
      fault(line_of(text, at), "ERR_CSV_006", "There is a NUL byte: this is not a text file.");
      return false;
    }
    const auto invalid = utf8::find_invalid(text.begin(), text.end());
    if (invalid != text.end()) {
      const auto at = static_cast<std::size_t>(invalid - text.begin());
      fault(line_of(text, at), "ERR_CSV_006",
            "The bytes are not UTF-8. Save the file as \"CSV UTF-8\".");
      return false;
    }
    return true;
  }

  void read_lines(std::string_view text) {
    bool open = false;         // a row goes on in the next line
    std::size_t open_at = 0;   // offset of its first byte
    std::uint32_t number = 0;  // of the physical line
    for (std::size_t at = 0; at < text.size() && !stopped_;) {
      const std::string_view line = physical_line(text, at);
      ++number;
      if (!open) {
        if (line.front() == '#' || trim(line).empty()) {
          at += line.size();
          continue;
        }
        row_line_ = number;
        open_at = at;
        parser_.begin_row();
      }
      if (!parser_.feed(line)) {
        malformed(number);
        open = false;
      } else if (parser_.complete()) {
        row(false);
        open = false;
      } else {
        open = true;
        too_long(at + line.size() - open_at);
      }
      at += line.size();
    }
    if (open && !stopped_) {
      finish();
    }
  }

  void malformed(std::uint32_t line) {
    parser_.reset();
    if (line == row_line_) {
      fault(line, "ERR_CSV_006",
            "Malformed quotes: a cell with quotes must be quoted as a whole, with each quote "
            "inside doubled.");
    } else {
      fault(row_line_, "ERR_CSV_006",
            fmt::format("Malformed quotes: a quoted cell of the row that begins here ends wrongly "
                        "in line {}. The rest of the file was not checked.",
                        line));
    }
    // Without a header nothing below makes sense; within a run-away quote no row can be told.
    stopped_ = line != row_line_ || !header_cells_;
    rows_ += header_cells_ ? 1U : 0U;
  }

  void too_long(std::size_t bytes) {
    if (bytes > kCsvRowBytesMax) {
      fault(row_line_, "ERR_CSV_006",
            fmt::format("The row that begins here is longer than {} bytes: is a quote not closed? "
                        "The rest of the file was not checked.",
                        kCsvRowBytesMax));
      stopped_ = true;
    }
  }

  // The last line has no line end, or the file ends within quotes.
  void finish() {
    if (!parser_.finish()) {
      fault(row_line_, "ERR_CSV_006",
            "The file ends within a quoted cell of the row that begins here: a quote is not "
            "closed, or the file was cut off.");
      return;
    }
    row(true);
  }

  void row(bool at_end) {
    if (!header_cells_) {
      header();
      return;
    }
    if (row_is_empty()) {
      return;
    }
    ++rows_;
    if (!row_fits(at_end)) {
      return;
    }
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      values_[i] = sources_[i] == kNoField ? std::string_view{} : trim(parser_.cell(sources_[i]));
    }
    on_row_({.line = row_line_, .values = values_});
  }

  [[nodiscard]] bool row_is_empty() const {
    for (std::size_t i = 0; i < parser_.cell_count(); ++i) {
      if (!trim(parser_.cell(i)).empty()) {
        return false;
      }
    }
    return true;
  }

  bool row_fits(bool at_end) {
    const std::size_t cells = parser_.cell_count();
    if (cells < *header_cells_) {
      fault(row_line_, "ERR_CSV_007",
            fmt::format("The row has {} cells, the header {}.{}", cells, *header_cells_,
                        at_end ? " The file ends here without a line end: it was cut off." : ""));
      return false;
    }
    for (std::size_t i = *header_cells_; i < cells; ++i) {
      if (!trim(parser_.cell(i)).empty()) {
        fault(row_line_, "ERR_CSV_007",
              fmt::format("The row has {} cells, the header {}. Put quotes around a cell that "
                          "holds a comma.",
                          cells, *header_cells_));
        return false;
      }
    }
    if (at_end) {
      log_.note({.line = row_line_,
                 .symbol = {},
                 .code = "NOTE_CSV_002",
                 .message = "The last line has no line end. If the file was cut off, its last cell "
                            "may be incomplete.",
                 .field = {}});
    }
    return true;
  }

  void header() {
    header_cells_ = parser_.cell_count();
    sources_.assign(layout_.columns.size(), kNoField);
    values_.assign(layout_.columns.size(), {});
    std::vector<std::string> ignored;
    std::size_t known = 0;
    for (std::size_t i = 0; i < parser_.cell_count(); ++i) {
      const std::string_view name = trim(parser_.cell(i));
      const auto column = find_column(name);
      if (!column) {
        ignored.emplace_back(name);
      } else if (sources_[*column] != kNoField) {
        stopped_ = true;
        fault(row_line_, "ERR_CSV_008",
              fmt::format("Column {} is there twice. Remove one.", shown(name)), std::string(name));
      } else {
        sources_[*column] = i;
        ++known;
      }
    }
    if (known == 0) {
      no_header();
      return;
    }
    report_columns(ignored);
  }

  [[nodiscard]] std::optional<std::size_t> find_column(std::string_view name) const {
    for (std::size_t i = 0; i < layout_.columns.size(); ++i) {
      const CsvColumn& column = layout_.columns[i];
      if (equals_ignoring_case(name, column.name) ||
          (!column.alias.empty() && equals_ignoring_case(name, column.alias))) {
        return i;
      }
    }
    return std::nullopt;
  }

  void no_header() {
    stopped_ = true;
    const bool other_separator = parser_.cell_count() == 1 &&
                                 parser_.cell(0).find_first_of(";\t|") != std::string_view::npos;
    fault(row_line_, "ERR_CSV_005",
          fmt::format("The first row names no column that is known here.{} Expected a header such "
                      "as {}.",
                      other_separator ? " Cells must be separated by commas." : "",
                      header_example()));
  }

  [[nodiscard]] std::string header_example() const {
    std::string names;
    for (const CsvColumn& column : layout_.columns) {
      names += names.empty() ? "\"" : ",";
      names += column.name;
    }
    return names + "\"";
  }

  void report_columns(const std::vector<std::string>& ignored) {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const CsvColumn& column = layout_.columns[i];
      if (column.required && sources_[i] == kNoField) {
        stopped_ = true;
        fault(row_line_, "ERR_CSV_004", fmt::format("Column '{}' is missing.", column.name),
              std::string(column.name));
      }
    }
    for (const std::string& name : ignored) {
      if (!name.empty()) {
        log_.note({.line = row_line_,
                   .symbol = {},
                   .code = "NOTE_CSV_001",
                   .message = fmt::format("Column {} is not used.", shown(name)),
                   .field = std::string(first_characters(name, kSymbolLengthMax))});
      }
    }
  }

  const CsvLayout& layout_;
  IssueLog& log_;
  const std::function<void(const CsvRow&)>& on_row_;
  RowParser parser_;
  std::optional<std::size_t> header_cells_;
  std::vector<std::size_t> sources_;      // cell of each column of the layout
  std::vector<std::string_view> values_;  // of the row, one a column of the layout
  std::uint32_t row_line_ = 0;
  std::uint64_t rows_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::uint64_t read_csv(std::string_view text,
                       const CsvLayout& layout,
                       IssueLog& log,
                       const std::function<void(const CsvRow&)>& on_row) {
  return CsvReader(layout, log, on_row).read(text);
}

}  // namespace runledger::engine
