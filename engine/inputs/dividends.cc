#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "engine/inputs/duplicates.h"
#include "engine/inputs/row_checks.h"

namespace runledger::engine {
namespace {

enum Column : std::size_t { kSymbol, kExDate, kAmount };
constexpr std::array<CsvColumn, 3> kColumns = {{
    {.name = "symbol", .required = true, .alias = "ticker"},
    {.name = "ex_date", .required = true},
    {.name = "amount", .required = true},
}};
constexpr CsvLayout kLayout = {.columns = kColumns, .bytes_max = kInputFileBytesMax};

constexpr DateCodes kDateCodes = {
    .malformed = "ERR_DIV_002", .future = "ERR_DIV_003", .not_session = "ERR_DIV_004"};
constexpr NumberCodes kAmountCodes = {.malformed = "ERR_DIV_005", .out_of_range = "ERR_DIV_006"};
constexpr NumberLimits kAmountLimits = {.least = 0, .least_allowed = false, .most = 1e4};

}  // namespace

Parsed<std::vector<DividendRow>> parse_dividends(std::string_view text, Date today) {
  Parsed<std::vector<DividendRow>> parsed;
  std::vector<std::uint32_t> lines;
  std::uint64_t too_old = 0;
  IssueLog log;
  RowChecks checks(kLayout, today, log);

  parsed.data_rows = read_csv(text, kLayout, log, [&](const CsvRow& cells) {
    checks.begin(cells, kSymbol);
    DividendRow row;
    row.symbol = checks.symbol(kSymbol, "ERR_DIV_001");
    row.ex_date = checks.session(kExDate, kDateCodes).value_or(Date{});
    if (checks.text(kAmount).empty()) {
      checks.error("ERR_DIV_005", kAmount, "The amount is missing: money for one share.");
    }
    row.amount = checks.number(kAmount, kAmountCodes, kAmountLimits).value_or(0.0);
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
      parsed.rows, lines, [](const DividendRow& row) { return std::tie(row.symbol, row.ex_date); },
      [&](const DividendRow& row, std::uint32_t line, std::uint32_t first) {
        log.error({.line = line,
                   .symbol = row.symbol,
                   .code = "ERR_DIV_007",
                   .message = fmt::format("{} on {} is in line {} already.", row.symbol,
                                          format_date(row.ex_date), first),
                   .field = "ex_date"});
      });
  note_too_old(log, too_old);
  log.finish(parsed);
  return parsed;
}

}  // namespace runledger::engine
