#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "engine/inputs/duplicates.h"
#include "engine/inputs/fields.h"
#include "engine/inputs/row_checks.h"

namespace runledger::engine {
namespace {

enum Column : std::size_t { kPortfolio, kDate, kAmount };
constexpr std::array<CsvColumn, 3> kColumns = {{
    {.name = "portfolio", .required = true},
    {.name = "date", .required = true},
    {.name = "amount", .required = true},
}};
constexpr CsvLayout kLayout = {.columns = kColumns, .bytes_max = kInputFileBytesMax};

constexpr DateCodes kDateCodes = {
    .malformed = "ERR_FLOW_002", .future = "ERR_FLOW_003", .not_session = nullptr};
constexpr NumberCodes kAmountCodes = {.malformed = "ERR_FLOW_004", .out_of_range = "ERR_FLOW_005"};
constexpr NumberLimits kAmountLimits = {
    .least = -kAmountMax, .least_allowed = true, .most = kAmountMax};
constexpr std::size_t kNameLengthMax = 100;

std::string read_portfolio(RowChecks& checks) {
  const std::string_view name = checks.text(kPortfolio);
  if (name.empty()) {
    checks.error("ERR_FLOW_001", kPortfolio, "The portfolio is missing: give its name or id.");
  } else if (count_characters(name) > kNameLengthMax || has_control_character(name)) {
    checks.error("ERR_FLOW_001", kPortfolio,
                 fmt::format("{} cannot be the name of a portfolio.", shown(name)));
  }
  return std::string(name);
}

double read_amount(RowChecks& checks) {
  if (checks.text(kAmount).empty()) {
    checks.error("ERR_FLOW_004", kAmount, "The amount is missing.");
  }
  const auto amount = checks.number(kAmount, kAmountCodes, kAmountLimits);
  if (amount && *amount == 0.0) {
    checks.error("ERR_FLOW_005", kAmount, "The amount is zero.");
  }
  return amount.value_or(0.0);
}

}  // namespace

Parsed<std::vector<FlowRow>> parse_flows(std::string_view text, Date today) {
  Parsed<std::vector<FlowRow>> parsed;
  std::vector<std::uint32_t> lines;
  IssueLog log;
  RowChecks checks(kLayout, today, log);

  parsed.data_rows = read_csv(text, kLayout, log, [&](const CsvRow& cells) {
    checks.begin(cells, kPortfolio);
    FlowRow row;
    row.portfolio = read_portfolio(checks);
    row.date = checks.date(kDate, kDateCodes).value_or(Date{});
    row.amount = read_amount(checks);
    if (checks.ok()) {
      parsed.rows.push_back(std::move(row));
      lines.push_back(cells.line);
    }
  });

  find_duplicates(
      parsed.rows, lines, [](const FlowRow& row) { return std::tie(row.portfolio, row.date); },
      [&](const FlowRow& row, std::uint32_t line, std::uint32_t first) {
        log.error({.line = line,
                   .symbol = row.portfolio,
                   .code = "ERR_FLOW_006",
                   .message = fmt::format("{} on {} is in line {} already. Add the amounts up.",
                                          shown(row.portfolio), format_date(row.date), first),
                   .field = "date"});
      });
  log.finish(parsed);
  return parsed;
}

}  // namespace runledger::engine
