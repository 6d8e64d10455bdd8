#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "engine/inputs/calendar.h"
#include "engine/inputs/duplicates.h"
#include "engine/inputs/fields.h"
#include "engine/inputs/option_terms.h"
#include "engine/inputs/row_checks.h"

namespace runledger::engine {
namespace {

enum Column : std::size_t { kDate, kUnderlying, kExpiration, kStrike, kRight, kBid, kAsk, kIv };
constexpr std::array<CsvColumn, 8> kColumns = {{
    {.name = "date", .required = true},
    {.name = "underlying", .required = true},
    {.name = "expiration", .required = true, .alias = "expiry"},
    {.name = "strike", .required = true},
    {.name = "right", .required = true},
    {.name = "bid"},
    {.name = "ask"},
    {.name = "iv"},
}};
constexpr CsvLayout kLayout = {.columns = kColumns, .bytes_max = kInputFileBytesMax};

constexpr DateCodes kDateCodes = {
    .malformed = "ERR_QUOTE_001", .future = "ERR_QUOTE_002", .not_session = "ERR_QUOTE_003"};
constexpr NumberCodes kStrikeCodes = {.malformed = "ERR_QUOTE_007",
                                      .out_of_range = "ERR_QUOTE_007"};
constexpr NumberCodes kQuoteCodes = {.malformed = "ERR_QUOTE_009", .out_of_range = "ERR_QUOTE_009"};
constexpr NumberCodes kIvCodes = {.malformed = "ERR_QUOTE_011", .out_of_range = "ERR_QUOTE_011"};
constexpr NumberLimits kQuoteLimits = {};
constexpr NumberLimits kIvLimits = {.least = 0, .least_allowed = false, .most = 10};

QuoteRow read_row(RowChecks& checks) {
  QuoteRow row;
  const auto date = checks.session(kDate, kDateCodes);
  row.date = date.value_or(Date{});
  row.underlying = checks.symbol(kUnderlying, "ERR_QUOTE_004");
  const auto expiration = parse_expiration(checks.text(kExpiration));
  if (!expiration) {
    checks.error("ERR_QUOTE_005", kExpiration, expiration.error());
  } else if (date && *expiration < *date) {
    checks.error("ERR_QUOTE_006", kExpiration, "The option expired before the date of the quote.");
  }
  row.expiration = expiration.value_or(Date{});
  if (checks.text(kStrike).empty()) {
    checks.error("ERR_QUOTE_007", kStrike, "The strike is missing.");
  }
  row.strike = checks.number(kStrike, kStrikeCodes, kPositiveAmount).value_or(0.0);
  const auto right = parse_right(checks.text(kRight));
  if (!right) {
    checks.error("ERR_QUOTE_008", kRight,
                 fmt::format("{} must be C or P.", shown(checks.text(kRight))));
  }
  row.right = right.value_or(OptionRight::kCall);
  row.bid = checks.number(kBid, kQuoteCodes, kQuoteLimits);
  row.ask = checks.number(kAsk, kQuoteCodes, kQuoteLimits);
  row.iv = checks.number(kIv, kIvCodes, kIvLimits);
  if (row.bid && row.ask && *row.bid > *row.ask) {
    checks.error("ERR_QUOTE_010", kBid,
                 fmt::format("The bid {} is above the ask {}.", *row.bid, *row.ask));
  }
  return row;
}

auto contract_and_date(const QuoteRow& row) {
  return std::tie(row.underlying, row.expiration, row.strike, row.right, row.date);
}

}  // namespace

Parsed<std::vector<QuoteRow>> parse_quotes(std::string_view text, Date today) {
  Parsed<std::vector<QuoteRow>> parsed;
  std::vector<std::uint32_t> lines;
  std::uint64_t too_old = 0;
  std::uint64_t without_values = 0;
  IssueLog log;
  RowChecks checks(kLayout, today, log);

  parsed.data_rows = read_csv(text, kLayout, log, [&](const CsvRow& cells) {
    checks.begin(cells, kUnderlying);
    QuoteRow row = read_row(checks);
    if (!checks.ok()) {
      return;
    }
    if (is_too_old(row.date)) {
      ++too_old;
    } else if (!row.bid && !row.ask && !row.iv) {
      ++without_values;
    } else {
      parsed.rows.push_back(std::move(row));
      lines.push_back(cells.line);
    }
  });

  find_duplicates(parsed.rows, lines, contract_and_date,
                  [&](const QuoteRow& row, std::uint32_t line, std::uint32_t first) {
                    log.error({.line = line,
                               .symbol = row.underlying,
                               .code = "ERR_QUOTE_012",
                               .message = fmt::format("This contract on {} is in line {} already.",
                                                      format_date(row.date), first),
                               .field = "date"});
                  });
  note_too_old(log, too_old);
  if (without_values > 0) {
    log.note(
        {.line = 0,
         .symbol = {},
         .code = "NOTE_QUOTE_001",
         .message = fmt::format("{} rows without bid, ask and iv are left out.", without_values),
         .field = {}});
  }
  log.finish(parsed);
  return parsed;
}

}  // namespace runledger::engine
