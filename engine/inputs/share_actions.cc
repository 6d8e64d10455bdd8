#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "engine/inputs/duplicates.h"
#include "engine/inputs/row_checks.h"

/// Splits and dividends: what becomes of one share on an ex-date.
namespace runledger::engine {
namespace {

enum Column : std::size_t { kSymbol, kExDate, kSize };

/// What is different between a split and a dividend.
template <class Row>
struct ActionFile {
  std::array<CsvColumn, 3> columns;
  double Row::*size;
  const char* bad_symbol;
  DateCodes date;
  NumberCodes number;
  const char* missing;  ///< Message for an empty size.
  const char* duplicate;
};

constexpr NumberLimits kSizeLimits = {.least = 0, .least_allowed = false, .most = 1e4};

constexpr ActionFile<SplitRow> kSplits = {
    .columns = {{{.name = "symbol", .required = true, .alias = "ticker"},
                 {.name = "ex_date", .required = true},
                 {.name = "ratio", .required = true}}},
    .size = &SplitRow::ratio,
    .bad_symbol = "ERR_SPLIT_001",
    .date = {.malformed = "ERR_SPLIT_002",
             .future = "ERR_SPLIT_003",
             .not_session = "ERR_SPLIT_004"},
    .number = {.malformed = "ERR_SPLIT_005", .out_of_range = "ERR_SPLIT_006"},
    .missing = "The ratio is missing: new shares for one old share, 7 for a 7:1 split.",
    .duplicate = "ERR_SPLIT_007"};

constexpr ActionFile<DividendRow> kDividends = {
    .columns = {{{.name = "symbol", .required = true, .alias = "ticker"},
                 {.name = "ex_date", .required = true},
                 {.name = "amount", .required = true}}},
    .size = &DividendRow::amount,
    .bad_symbol = "ERR_DIV_001",
    .date = {.malformed = "ERR_DIV_002", .future = "ERR_DIV_003", .not_session = "ERR_DIV_004"},
    .number = {.malformed = "ERR_DIV_005", .out_of_range = "ERR_DIV_006"},
    .missing = "The amount is missing: money for one share.",
    .duplicate = "ERR_DIV_007"};

template <class Row>
Parsed<std::vector<Row>> parse_actions(std::string_view text,
                                       Date today,
                                       const ActionFile<Row>& file) {
  Parsed<std::vector<Row>> parsed;
  std::vector<std::uint32_t> lines;
  std::uint64_t too_old = 0;
  IssueLog log;
  const CsvLayout layout = {.columns = file.columns, .bytes_max = kInputFileBytesMax};
  RowChecks checks(layout, today, log);

  parsed.data_rows = read_csv(text, layout, log, [&](const CsvRow& cells) {
    checks.begin(cells, kSymbol);
    Row row;
    row.symbol = checks.symbol(kSymbol, file.bad_symbol);
    row.ex_date = checks.session(kExDate, file.date).value_or(Date{});
    if (checks.text(kSize).empty()) {
      checks.error(file.number.malformed, kSize, file.missing);
    }
    row.*file.size = checks.number(kSize, file.number, kSizeLimits).value_or(1.0);
    if (!checks.ok()) {
      return;
    }
    if (is_too_old(row.ex_date)) {
      ++too_old;
      return;
    }
    parsed.rows.push_back(std::move(row));
    lines.push_back(cells.line);
  });

  find_duplicates(
      parsed.rows, lines, [](const Row& row) { return std::tie(row.symbol, row.ex_date); },
      [&](const Row& row, std::uint32_t line, std::uint32_t first) {
        log.error({.line = line,
                   .symbol = row.symbol,
                   .code = file.duplicate,
                   .message = fmt::format("{} on {} is in line {} already.", row.symbol,
                                          format_date(row.ex_date), first),
                   .field = "ex_date"});
      });
  note_too_old(log, too_old);
  log.finish(parsed);
  return parsed;
}

}  // namespace

Parsed<std::vector<SplitRow>> parse_splits(std::string_view text, Date today) {
  return parse_actions(text, today, kSplits);
}

Parsed<std::vector<DividendRow>> parse_dividends(std::string_view text, Date today) {
  return parse_actions(text, today, kDividends);
}

}  // namespace runledger::engine
