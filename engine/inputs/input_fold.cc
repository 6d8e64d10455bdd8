#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "engine/inputs/calendar.h"
#include "engine/inputs/import.h"
#include "engine/inputs/positions.h"
#include "schema/invariant.h"

namespace runledger::engine {
namespace {

// The files were held against their own day when they came in.
Date no_bound() {
  return Calendar::nyse().last();
}

template <class Row>
Status append(Parsed<std::vector<Row>> parsed, std::string_view file, std::vector<Row>& rows) {
  if (!parsed.ok()) {
    const ImportIssue& first = parsed.errors.front();
    return fail(Code::kCorruption,
                fmt::format("imported file does not parse any more: {} line {}: {} {}", file,
                            first.line, first.code, first.message));
  }
  if (rows.empty()) {
    rows = std::move(parsed.rows);
  } else {
    std::ranges::move(parsed.rows, std::back_inserter(rows));
  }
  return {};
}

Status append_flows(Parsed<std::vector<FlowRow>> parsed,
                    std::string_view file,
                    std::vector<FlowRow>& rows) {
  std::unordered_set<std::string> replaced;
  for (const FlowRow& row : parsed.rows) {
    replaced.insert(row.portfolio);
  }
  std::erase_if(rows, [&](const FlowRow& row) { return replaced.contains(row.portfolio); });
  return append(std::move(parsed), file, rows);
}

Digest digest_of(const Portfolio& portfolio) {
  Hasher hasher;
  hasher.add(to_string(portfolio.id)).add(portfolio.name).add(portfolio.content);
  hasher.add(std::uint64_t{portfolio.equity.has_value()}).add(portfolio.equity.value_or(0.0));
  hasher.add(portfolio.equity_date ? format_date(*portfolio.equity_date) : std::string());
  return hasher.finish();
}

}  // namespace

Status InputFold::add(const InputIngested& event, std::string_view bytes) {
  const std::string_view file = event.file_name;
  switch (event.kind) {
    case InputKind::kPrices:
      RL_TRY(append(parse_prices(bytes, no_bound()), file, rows_.prices));
      break;
    case InputKind::kRates:
      RL_TRY(append(parse_rates(bytes, no_bound()), file, rows_.rates));
      break;
    case InputKind::kSectors:
      RL_TRY(append(parse_sectors(bytes), file, rows_.sectors));
      break;
    case InputKind::kQuotes:
      RL_TRY(append(parse_quotes(bytes, no_bound()), file, rows_.quotes));
      break;
    case InputKind::kSplits:
      RL_TRY(append(parse_splits(bytes, no_bound()), file, rows_.splits));
      break;
    case InputKind::kFlows:
      RL_TRY(append_flows(parse_flows(bytes, no_bound()), file, rows_.flows));
      break;
    case InputKind::kDividends:
      RL_TRY(append(parse_dividends(bytes, no_bound()), file, rows_.dividends));
      break;
    case InputKind::kParameters:
      RL_TRY(append(parse_parameters(bytes), file, rows_.parameters));
      break;
    case InputKind::kScenarios:
      // Scenarios are no rows; their bytes still decide what a run computes.
      break;
  }
  Hasher hasher;
  order_.push_back(hasher.add(to_string(event.kind)).add(event.content).finish());
  return {};
}

Status InputFold::add(const PortfolioImported& event, std::string_view bytes) {
  Portfolio portfolio{.id = event.portfolio,
                      .name = event.name,
                      .content = event.content,
                      .positions = {},
                      .equity = event.equity,
                      .equity_date = event.equity_date};
  const EntryDates any{.oldest = Date::min(), .newest = no_bound()};
  RL_TRY(append(parse_positions(bytes, any), event.file_name, portfolio.positions));
  const auto known = std::ranges::find(rows_.portfolios, event.portfolio, &Portfolio::id);
  if (known == rows_.portfolios.end()) {
    rows_.portfolios.push_back(std::move(portfolio));
  } else {
    *known = std::move(portfolio);
  }
  return {};
}

void InputFold::remove(const PortfolioDeleted& event) {
  std::erase_if(rows_.portfolios,
                [&](const Portfolio& portfolio) { return portfolio.id == event.portfolio; });
}

InputRows InputFold::take() {
  Hasher hasher;
  hasher.add(std::uint64_t{order_.size()});
  for (const Digest& digest : order_) {
    hasher.add(digest);
  }
  for (const Portfolio& portfolio : rows_.portfolios) {
    hasher.add(digest_of(portfolio));
  }
  rows_.hash = hasher.finish();
  order_.clear();
  return std::exchange(rows_, InputRows{});
}

}  // namespace runledger::engine
