#include <array>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "engine/inputs/duplicates.h"
#include "engine/inputs/fields.h"
#include "engine/inputs/row_checks.h"

namespace runledger::engine {
namespace {

constexpr std::size_t kDate = 0;
constexpr std::size_t kFirstTenor = 1;

constexpr auto kColumns = [] {
  std::array<CsvColumn, kFirstTenor + kTenorColumns.size()> columns;
  columns[kDate] = {.name = "date", .required = true, .alias = "observation_date"};
  for (std::size_t i = 0; i < kTenorColumns.size(); ++i) {
    columns[kFirstTenor + i] = {.name = kTenorColumns[i]};
  }
  return columns;
}();
constexpr CsvLayout kLayout = {.columns = kColumns, .bytes_max = kInputFileBytesMax};

constexpr DateCodes kDateCodes = {
    .malformed = "ERR_RATE_001", .future = "ERR_RATE_002", .not_session = nullptr};

// Outside these a yield is surely not in percent: basis points, or a price.
constexpr double kPercentMin = -10;
constexpr double kPercentMax = 100;

// Publishers write these where the bond market was closed.
bool is_blank(std::string_view text) {
  return text.empty() || text == "." || equals_ignoring_case(text, "ND") ||
         equals_ignoring_case(text, "N/A");
}

std::optional<double> read_percent(RowChecks& checks, std::size_t column) {
  const std::string_view text = checks.text(column);
  if (is_blank(text)) {
    return std::nullopt;
  }
  const auto value = parse_number(text);
  if (!value) {
    checks.error("ERR_RATE_003", column, fmt::format("{} is not a number.", shown(text)));
  } else if (*value < kPercentMin || *value > kPercentMax) {
    checks.error("ERR_RATE_004", column,
                 fmt::format("{} is no yield in percent: it must lie from {} to {}.", shown(text),
                             kPercentMin, kPercentMax));
  }
  return value;
}

}  // namespace

Parsed<std::vector<RateRow>> parse_rates(std::string_view text, Date today) {
  Parsed<std::vector<RateRow>> parsed;
  std::vector<std::uint32_t> lines;
  std::uint64_t too_old = 0;
  std::uint64_t values = 0;
  IssueLog log;
  RowChecks checks(kLayout, today, log);

  parsed.data_rows = read_csv(text, kLayout, log, [&](const CsvRow& cells) {
    checks.begin(cells, kDate);
    RateRow row;
    row.date = checks.date(kDate, kDateCodes).value_or(Date{});
    for (std::size_t i = 0; i < row.percent.size(); ++i) {
      row.percent[i] = read_percent(checks, kFirstTenor + i);
      values += row.percent[i] ? 1U : 0U;
    }
    if (!checks.ok()) {
      return;
    }
    if (is_too_old(row.date)) {
      ++too_old;
      return;
    }
    parsed.rows.push_back(row);
    lines.push_back(cells.line);
  });

  if (values == 0 && log.error_count() == 0) {
    log.error({.line = 0,
               .symbol = {},
               .code = "ERR_RATE_006",
               .message = "There is no yield in the file. Name its columns DGS1MO, DGS3MO, DGS6MO, "
                          "DGS1, DGS2, DGS3, DGS5, DGS7, DGS10, DGS20 or DGS30.",
               .field = "DGS10"});
  }
  find_duplicates(
      parsed.rows, lines, [](const RateRow& row) { return row.date; },
      [&](const RateRow& row, std::uint32_t line, std::uint32_t first) {
        log.error(
            {.line = line,
             .symbol = {},
             .code = "ERR_RATE_005",
             .message = fmt::format("{} is in line {} already.", format_date(row.date), first),
             .field = "date"});
      });
  note_too_old(log, too_old);
  log.finish(parsed);
  return parsed;
}

}  // namespace runledger::engine
