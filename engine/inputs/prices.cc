#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "engine/inputs/duplicates.h"
#include "engine/inputs/row_checks.h"

namespace runledger::engine {
namespace {

enum Column : std::size_t { kSymbol, kDate, kOpen, kHigh, kLow, kClose, kVolume, kAdjClose };
constexpr std::array<CsvColumn, 8> kColumns = {{
    {.name = "symbol", .required = true, .alias = "ticker"},
    {.name = "date", .required = true},
    {.name = "open"},
    {.name = "high"},
    {.name = "low"},
    {.name = "close", .required = true},
    {.name = "volume"},
    {.name = "adj_close", .alias = "Adj Close"},
}};
constexpr CsvLayout kLayout = {.columns = kColumns, .bytes_max = kInputFileBytesMax};

constexpr DateCodes kDateCodes = {
    .malformed = "ERR_PRICE_002", .future = "ERR_PRICE_003", .not_session = "ERR_PRICE_004"};
constexpr NumberCodes kPriceCodes = {.malformed = "ERR_PRICE_006", .out_of_range = "ERR_PRICE_007"};
constexpr NumberCodes kVolumeCodes = {.malformed = "ERR_PRICE_009",
                                      .out_of_range = "ERR_PRICE_009"};
constexpr NumberLimits kVolumeLimits = {.least = 0, .least_allowed = true, .most = 1e15};

// Bytes of a typical row, to reserve once.
constexpr std::size_t kRowBytes = 45;

PriceRow read_row(RowChecks& checks) {
  PriceRow row;
  row.symbol = checks.symbol(kSymbol, "ERR_PRICE_001");
  row.date = checks.session(kDate, kDateCodes).value_or(Date{});
  row.open = checks.number(kOpen, kPriceCodes, kPositiveAmount);
  row.high = checks.number(kHigh, kPriceCodes, kPositiveAmount);
  row.low = checks.number(kLow, kPriceCodes, kPositiveAmount);
  row.close = checks.number(kClose, kPriceCodes, kPositiveAmount).value_or(0.0);
  row.volume = checks.number(kVolume, kVolumeCodes, kVolumeLimits);
  row.adj_close = checks.number(kAdjClose, kPriceCodes, kPositiveAmount);
  if (checks.text(kClose).empty()) {
    checks.error("ERR_PRICE_005", kClose, "The close is missing. Leave out a day without one.");
  }
  if (row.high && row.low && *row.high < *row.low) {
    checks.error("ERR_PRICE_008", kHigh,
                 fmt::format("The high {} is below the low {}.", *row.high, *row.low));
  }
  return row;
}

}  // namespace

Parsed<std::vector<PriceRow>> parse_prices(std::string_view text, Date today) {
  Parsed<std::vector<PriceRow>> parsed;
  std::vector<std::uint32_t> lines;
  std::uint64_t too_old = 0;
  IssueLog log;
  RowChecks checks(kLayout, today, log);
  parsed.rows.reserve(text.size() / kRowBytes);
  lines.reserve(text.size() / kRowBytes);

  parsed.data_rows = read_csv(text, kLayout, log, [&](const CsvRow& cells) {
    checks.begin(cells, kSymbol);
    PriceRow row = read_row(checks);
    if (!checks.ok()) {
      return;
    }
    if (is_too_old(row.date)) {
      ++too_old;
      return;
    }
    parsed.rows.push_back(std::move(row));
    lines.push_back(cells.line);
  });

  find_duplicates(
      parsed.rows, lines, [](const PriceRow& row) { return std::tie(row.symbol, row.date); },
      [&](const PriceRow& row, std::uint32_t line, std::uint32_t first) {
        log.error({.line = line,
                   .symbol = row.symbol,
                   .code = "ERR_PRICE_010",
                   .message = fmt::format("{} on {} is in line {} already.", row.symbol,
                                          format_date(row.date), first),
                   .field = "date"});
      });
  note_too_old(log, too_old);
  log.finish(parsed);
  return parsed;
}

}  // namespace runledger::engine
