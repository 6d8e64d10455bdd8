#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>
#include <utf8.h>

#include "engine/inputs/calendar.h"
#include "engine/inputs/fields.h"
#include "engine/inputs/import.h"
#include "engine/inputs/row_checks.h"
#include "schema/invariant.h"

namespace runledger::engine {
namespace {

constexpr std::size_t kNameLengthMax = 100;

using Prepared = std::expected<PreparedImport, std::vector<ImportIssue>>;

std::string_view symbol_of(const PriceRow& row) {
  return row.symbol;
}
std::string_view symbol_of(const RateRow& /*row*/) {
  return {};
}
std::string_view symbol_of(const SectorRow& row) {
  return row.symbol;
}
std::string_view symbol_of(const QuoteRow& row) {
  return row.underlying;
}
std::string_view symbol_of(const SplitRow& row) {
  return row.symbol;
}
std::string_view symbol_of(const DividendRow& row) {
  return row.symbol;
}
std::string_view symbol_of(const ParameterRow& /*row*/) {
  return {};
}
std::string_view symbol_of(const FlowRow& /*row*/) {
  return {};
}

std::optional<Date> date_of(const PriceRow& row) {
  return row.date;
}
std::optional<Date> date_of(const RateRow& row) {
  return row.date;
}
std::optional<Date> date_of(const SectorRow& /*row*/) {
  return std::nullopt;
}
std::optional<Date> date_of(const QuoteRow& row) {
  return row.date;
}
std::optional<Date> date_of(const SplitRow& row) {
  return row.ex_date;
}
std::optional<Date> date_of(const DividendRow& row) {
  return row.ex_date;
}
std::optional<Date> date_of(const ParameterRow& /*row*/) {
  return std::nullopt;
}
std::optional<Date> date_of(const FlowRow& row) {
  return row.date;
}

// Fills in what the event tells about the rows.
template <class Row>
void describe(const std::vector<Row>& rows, InputIngested& event) {
  std::unordered_set<std::string_view> symbols;
  std::string_view last;
  for (const Row& row : rows) {
    const std::string_view symbol = symbol_of(row);
    if (!symbol.empty() && symbol != last) {
      symbols.insert(symbol);
      last = symbol;
    }
    if (const auto date = date_of(row)) {
      event.first_date = std::min(event.first_date.value_or(*date), *date);
      event.last_date = std::max(event.last_date.value_or(*date), *date);
    }
  }
  event.rows = rows.size();
  event.symbols = static_cast<std::uint32_t>(symbols.size());
}

// Takes `bytes` by reference, because the argument before is made from them.
template <class Row>
Prepared prepare(Parsed<std::vector<Row>> parsed, InputIngested event, std::string&& bytes) {
  if (!parsed.ok()) {
    return std::unexpected(std::move(parsed.errors));
  }
  describe(parsed.rows, event);
  event.content = sha256(bytes);
  return PreparedImport{.file = {.event = std::move(event), .bytes = std::move(bytes)},
                        .notes = std::move(parsed.notes)};
}

ImportIssue issue(const char* code, const char* field, std::string message) {
  return {.line = 0, .symbol = {}, .code = code, .message = std::move(message), .field = field};
}

// A name that is known must be that of a CSV file; standard input has none.
void check_file_name(std::string_view name, std::vector<ImportIssue>& issues) {
  constexpr std::string_view kExtension = ".csv";
  const bool is_csv =
      name.size() > kExtension.size() &&
      equals_ignoring_case(name.substr(name.size() - kExtension.size()), kExtension);
  if (!name.empty() && !is_csv) {
    issues.push_back(issue("ERR_CSV_002", "file",
                           "The file is not a .csv file. Export the table as comma-separated "
                           "values."));
  }
}

void check_name(std::string_view name, std::vector<ImportIssue>& issues) {
  if (name.empty()) {
    issues.push_back(issue("ERR_PORT_002", "name", "The portfolio needs a name."));
  } else if (!utf8::is_valid(name.begin(), name.end()) || has_control_character(name)) {
    issues.push_back(
        issue("ERR_PORT_012", "name", "The name of the portfolio must be printable UTF-8 text."));
  } else if (count_characters(name) > kNameLengthMax) {
    issues.push_back(issue(
        "ERR_PORT_003", "name",
        fmt::format("The name of the portfolio is longer than {} characters.", kNameLengthMax)));
  } else if (parse_uuid(name)) {
    issues.push_back(issue("ERR_PORT_014", "name",
                           "The name of the portfolio looks like an id: choose another one."));
  }
}

void check_equity(const PortfolioImportRequest& request,
                  Date today,
                  std::vector<ImportIssue>& issues) {
  if (request.equity) {
    if (!(*request.equity > 0.0)) {
      issues.push_back(issue("ERR_PORT_005", "equity", "The equity must be more than 0."));
    } else if (*request.equity > kAmountMax) {
      issues.push_back(
          issue("ERR_PORT_006", "equity", fmt::format("The equity is above {}.", kAmountMax)));
    }
    if (!request.equity_date) {
      issues.push_back(issue("ERR_PORT_013", "equity_date",
                             "The equity needs its date: the day of the first snapshot."));
    }
  } else if (request.equity_date) {
    issues.push_back(issue("ERR_PORT_004", "equity", "There is an equity date but no equity."));
  }
  if (request.equity_date) {
    const std::string day = format_date(*request.equity_date);
    if (*request.equity_date > today) {
      issues.push_back(
          issue("ERR_PORT_016", "equity_date", fmt::format("{} lies in the future.", day)));
    } else if (!Calendar::nyse().is_trading_day(*request.equity_date)) {
      issues.push_back(
          issue("ERR_PORT_015", "equity_date",
                fmt::format("{} is not a trading day of the New York Stock Exchange.", day)));
    }
  }
}

}  // namespace

std::expected<PreparedImport, std::vector<ImportIssue>> prepare_input(InputKind kind,
                                                                      std::string file_name,
                                                                      std::string bytes,
                                                                      Date today) {
  std::vector<ImportIssue> issues;
  check_file_name(file_name, issues);
  if (!issues.empty()) {
    return std::unexpected(std::move(issues));
  }
  InputIngested event;
  event.kind = kind;
  event.file_name = std::move(file_name);
  switch (kind) {
    case InputKind::kPrices:
      return prepare(parse_prices(bytes, today), std::move(event), std::move(bytes));
    case InputKind::kRates:
      return prepare(parse_rates(bytes, today), std::move(event), std::move(bytes));
    case InputKind::kSectors:
      return prepare(parse_sectors(bytes), std::move(event), std::move(bytes));
    case InputKind::kQuotes:
      return prepare(parse_quotes(bytes, today), std::move(event), std::move(bytes));
    case InputKind::kSplits:
      return prepare(parse_splits(bytes, today), std::move(event), std::move(bytes));
    case InputKind::kFlows:
      return prepare(parse_flows(bytes, today), std::move(event), std::move(bytes));
    case InputKind::kDividends:
      return prepare(parse_dividends(bytes, today), std::move(event), std::move(bytes));
    case InputKind::kParameters:
      return prepare(parse_parameters(bytes), std::move(event), std::move(bytes));
    case InputKind::kScenarios:
      break;
  }
  RL_ASSERT(kind != InputKind::kScenarios);
  return std::unexpected(std::move(issues));
}

std::expected<PreparedImport, std::vector<ImportIssue>> prepare_portfolio(
    PortfolioImportRequest request, Date today) {
  std::vector<ImportIssue> issues;
  const std::string name(trim(request.name));
  check_name(name, issues);
  check_equity(request, today, issues);
  check_file_name(request.file_name, issues);
  Parsed<std::vector<Position>> parsed;
  if (request.bytes.empty()) {
    issues.push_back(issue("ERR_PORT_007", "file", "The positions file is missing or empty."));
  } else {
    parsed = parse_positions(request.bytes, today);
    std::ranges::move(parsed.errors, std::back_inserter(issues));
  }
  if (!issues.empty()) {
    return std::unexpected(std::move(issues));
  }
  PortfolioImported event;
  event.portfolio = request.id;
  event.name = name;
  event.content = sha256(request.bytes);
  event.file_name = std::move(request.file_name);
  event.positions = static_cast<std::uint32_t>(parsed.rows.size());
  event.equity = request.equity;
  event.equity_date = request.equity_date;
  return PreparedImport{.file = {.event = std::move(event), .bytes = std::move(request.bytes)},
                        .notes = std::move(parsed.notes)};
}

}  // namespace runledger::engine
