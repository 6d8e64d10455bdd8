#include <algorithm>
#include <array>
#include <cmath>

#include "http/report/sections.h"

namespace runledger::http::report {
namespace {

std::optional<double> gross_value(const Json& rows) {
  double gross = 0;
  for (const Json& row : rows) {
    gross += std::abs(number_of(cell_of(row, "market_value")).value_or(0.0));
  }
  return gross > 0 ? std::optional(gross) : std::nullopt;
}

std::string text_of(const Json& row, std::string_view name) {
  const Cell cell = cell_of(row, name);
  const auto* text = std::get_if<std::string>(&cell);
  return text == nullptr ? "?" : *text;
}

// Share of the gross market value, with the sign of the position.
Cell weight_of(const Json& row, std::optional<double> gross) {
  Cell value = cell_of(row, "market_value");
  const auto number = number_of(value);
  if (!number) {
    return value;
  }
  return gross ? Cell(*number / *gross) : Cell(Missing{"not_applicable"});
}

Cell worst_stress(const Material& material) {
  return cell_of(
      member(member(material.jobs.at(JobType::kStressTesting).document, "summary"), "worst"),
      "pnl");
}

const std::vector<Column> kGroupColumns = {{"name", "", Unit::kText},
                                           {"market_value", "Market value", Unit::kMoney},
                                           {"exposure", "Exposure", Unit::kMoney},
                                           {"positions", "Positions", Unit::kCount}};

void add_groups(SectionBuilder& section, const Json& document) {
  struct Group {
    const char* id;
    const char* title;
    const char* first;
    const char* chart;  ///< Tags overlap: no picture of them adds up.
  };
  constexpr std::array kGroups = {
      Group{"by_sector", "By sector", "Sector", "Value and exposure by sector"},
      Group{"by_type", "By type", "Type", "Value and exposure by type"},
      Group{"by_underlying", "By underlying", "Underlying", "Value and exposure by underlying"},
      Group{"by_tag", "By tag (tags overlap)", "Tag", nullptr}};
  for (const auto& group : kGroups) {
    auto columns = kGroupColumns;
    columns.front().title = group.first;
    if (group.chart == nullptr && member(document, group.id).empty()) {
      continue;
    }
    const Table* table = section.groups_of(document, group.id, group.title, std::move(columns));
    if (table != nullptr && !table->rows.empty() && group.chart != nullptr) {
      section.chart({.id = group.id,
                     .title = group.chart,
                     .kind = ChartKind::kBars,
                     .table = group.id,
                     .label = "name",
                     .values = {"market_value", "exposure"}});
    }
  }
}

}  // namespace

Section summary_section(const Material& material) {
  SectionBuilder section(material, "summary", "Summary",
                         "Where the portfolio stands at the close of the date.");
  if (const Json* snapshot = section.document(JobType::kPortfolioSnapshot)) {
    section.figures(*snapshot, {{"equity", "Equity", Unit::kMoney},
                                {"net_asset_value", "Net asset value", Unit::kMoney},
                                {"daily_pnl", "Day's profit and loss", Unit::kMoney},
                                {"daily_return", "Day's return", Unit::kRatio},
                                {"cumulative_pnl", "Profit and loss since start", Unit::kMoney},
                                {"cash", "Cash", Unit::kMoney},
                                {"gross_exposure", "Gross exposure", Unit::kMoney},
                                {"net_exposure", "Net exposure", Unit::kMoney},
                                {"market_beta", "Market beta", Unit::kNumber},
                                {"drawdown", "Drawdown", Unit::kRatio}});
  }
  // The other sections say why these are not there.
  if (const Json& risk = material.jobs.at(JobType::kMarketRiskScenarios).document;
      risk.is_object()) {
    section.figures(risk, {{"var_hist_95", "Value at risk, 1 day, 95 %", Unit::kMoney}});
  }
  if (material.jobs.at(JobType::kStressTesting).document.is_object()) {
    section.figure({"worst_stress_pnl", "Worst stress scenario", Unit::kMoney},
                   worst_stress(material));
  }
  return section.take();
}

Section valuation_section(const Material& material) {
  SectionBuilder section(material, "valuation", "Valuation and positions",
                         "Market values at the close. Weights are shares of the gross market value "
                         "(the sum of absolute market values) with the sign of the position.");
  const Json* document = section.document(JobType::kPositionValuesUpdate);
  if (document == nullptr) {
    return section.take();
  }
  section.figures(*document, {{"market_value", "Market value", Unit::kMoney},
                              {"cost_basis", "Cost basis", Unit::kMoney},
                              {"unrealized_pnl", "Unrealized", Unit::kMoney},
                              {"realized_pnl", "Realized today", Unit::kMoney},
                              {"daily_pnl", "Day's profit and loss", Unit::kMoney},
                              {"positions", "Positions", Unit::kCount},
                              {"positions_priced", "Priced", Unit::kCount},
                              {"stale_positions", "With stale prices", Unit::kCount},
                              {"coverage", "Coverage", Unit::kRatio}});
  Table* table = section.rows_of(*document, "positions_detail", "Positions",
                                 {{"name", "Position", Unit::kText},
                                  {"position", "Number", Unit::kText, false},
                                  {"symbol", "Symbol", Unit::kText, false},
                                  {"type", "Type", Unit::kText},
                                  {"quantity", "Quantity", Unit::kNumber},
                                  {"price", "Price", Unit::kPrice},
                                  {"price_date", "Price of", Unit::kDate, false},
                                  {"stale_days", "Stale days", Unit::kDays},
                                  {"market_value", "Market value", Unit::kMoney},
                                  {"weight", "Weight", Unit::kRatio},
                                  {"cost_basis", "Cost basis", Unit::kMoney},
                                  {"unrealized_pnl", "Unrealized", Unit::kMoney},
                                  {"unrealized_pct", "Unrealized, share", Unit::kRatio},
                                  {"daily_pnl", "Day's P&L", Unit::kMoney}});
  if (table == nullptr) {
    return section.take();
  }
  const Json& rows = document->at("positions_detail");
  const auto gross = gross_value(rows);
  const auto weight = std::ranges::find(table->columns, "weight", &Column::id);
  const auto index = static_cast<std::size_t>(weight - table->columns.begin());
  for (std::size_t i = 0; i < table->rows.size(); ++i) {
    table->rows[i].front() = text_of(rows[i], "position") + " " + text_of(rows[i], "symbol");
    table->rows[i][index] = weight_of(rows[i], gross);
  }
  table->id = "positions";
  section.chart({.id = "position_pnl",
                 .title = "Day's profit and loss by position",
                 .kind = ChartKind::kBars,
                 .table = "positions",
                 .label = "name",
                 .values = {"daily_pnl"},
                 .sorted = true});
  return section.take();
}

Section explain_section(const Material& material) {
  SectionBuilder section(material, "pnl_explain", "Profit and loss explained",
                         "What moved the value since the close before: the parts add up to the "
                         "day's profit and loss.");
  const Json* document = section.document(JobType::kPositionValuesUpdate);
  if (document == nullptr) {
    return section.take();
  }
  struct Part {
    const char* id;
    const char* title;
  };
  constexpr std::array kParts = {
      Part{"price", "Price of stocks held"}, Part{"dividends", "Dividends"},
      Part{"entered", "Positions entered"},  Part{"exited", "Positions exited"},
      Part{"delta", "Options: delta"},       Part{"gamma", "Options: gamma"},
      Part{"theta", "Options: theta"},       Part{"vega", "Options: vega"},
      Part{"rho", "Options: rho"},           Part{"residual", "Options: residual"}};
  const auto explain = document->find("pnl_explain");
  if (explain == document->end() || !explain->is_object()) {
    section.figure({"pnl_explain", "Explanation"}, cell_of(*document, "pnl_explain"));
    return section.take();
  }
  Table* table = section.table("parts", "Parts of the day's profit and loss",
                               {{"name", "Part", Unit::kText},
                                {"part", "Id", Unit::kText, false},
                                {"pnl", "Profit and loss", Unit::kMoney}});
  double sum = 0;
  for (const auto& part : kParts) {
    if (!explain->contains(part.id)) {
      continue;  // a result of an earlier version
    }
    Cell value = cell_of(*explain, part.id);
    sum += number_of(value).value_or(0.0);
    table->rows.push_back({std::string(part.title), std::string(part.id), std::move(value)});
  }
  const Cell daily = cell_of(*document, "daily_pnl");
  table->rows.push_back({std::string("Day's profit and loss"), std::string("daily_pnl"), daily});
  section.figure({"sum_of_parts", "Sum of the parts", Unit::kMoney}, sum);
  section.figure({"daily_pnl", "Day's profit and loss", Unit::kMoney}, daily);
  if (const auto total = number_of(daily)) {
    section.figure({"difference", "Difference", Unit::kMoney}, *total - sum);
  }
  section.chart({.id = "pnl_explain",
                 .title = "From the parts to the day's profit and loss",
                 .kind = ChartKind::kWaterfall,
                 .table = "parts",
                 .label = "name",
                 .values = {"pnl"}});
  return section.take();
}

Section exposure_section(const Material& material) {
  SectionBuilder section(material, "exposures", "Exposures",
                         "An exposure is delta times quantity times the price of the underlying; "
                         "for a stock its market value. Ratios are to equity.");
  const Json* document = section.document(JobType::kPortfolioAggregation);
  if (document == nullptr) {
    return section.take();
  }
  section.figures(*document, {{"gross_exposure", "Gross market value", Unit::kMoney},
                              {"net_exposure", "Net market value", Unit::kMoney},
                              {"long_exposure", "Long", Unit::kMoney},
                              {"short_exposure", "Short", Unit::kMoney},
                              {"delta_gross", "Gross exposure (delta)", Unit::kMoney},
                              {"delta_net", "Net exposure (delta)", Unit::kMoney},
                              {"beta_dollar", "Beta-weighted exposure", Unit::kMoney},
                              {"gross_leverage", "Gross leverage", Unit::kRatio},
                              {"net_leverage", "Net leverage", Unit::kRatio},
                              {"equity", "Equity", Unit::kMoney},
                              {"cash", "Cash", Unit::kMoney},
                              {"positions", "Positions", Unit::kCount},
                              {"long_positions", "Long positions", Unit::kCount},
                              {"short_positions", "Short positions", Unit::kCount},
                              {"options", "Options", Unit::kCount},
                              {"coverage", "Coverage", Unit::kRatio}});
  add_groups(section, *document);
  return section.take();
}

Section greeks_section(const Material& material) {
  SectionBuilder section(
      material, "greeks", "Greeks",
      "Sensitivities of the options, in money: delta for the whole underlying, gamma for a move of "
      "1 %, vega for a volatility point, theta for a calendar day, rho for a rate point.");
  const Json* document = section.document(JobType::kGreeksCalculation);
  if (document == nullptr) {
    return section.take();
  }
  section.figures(*document, {{"options", "Options", Unit::kCount},
                              {"options_valued", "Valued", Unit::kCount},
                              {"delta_shares", "Delta, shares", Unit::kNumber},
                              {"delta_dollar", "Delta", Unit::kMoney},
                              {"gamma_dollar_1pct", "Gamma, 1 %", Unit::kMoney},
                              {"vega_dollar", "Vega, 1 point", Unit::kMoney},
                              {"theta_dollar", "Theta, 1 day", Unit::kMoney},
                              {"rho_dollar", "Rho, 1 point", Unit::kMoney}});
  Table* table = section.rows_of(*document, "options_detail", "Options",
                                 {{"name", "Position", Unit::kText},
                                  {"position", "Number", Unit::kText, false},
                                  {"underlying", "Underlying", Unit::kText, false},
                                  {"strike", "Strike", Unit::kPrice},
                                  {"style", "Style", Unit::kText, false},
                                  {"t_years", "Years", Unit::kNumber},
                                  {"spot", "Spot", Unit::kPrice},
                                  {"rate", "Rate", Unit::kRatio, false},
                                  {"dividend_yield", "Dividend", Unit::kRatio, false},
                                  {"volatility", "Volatility", Unit::kRatio},
                                  {"vol_source", "Source", Unit::kText},
                                  {"price", "Price", Unit::kPrice},
                                  {"delta", "Delta", Unit::kNumber},
                                  {"gamma", "Gamma", Unit::kNumber, false},
                                  {"theta", "Theta", Unit::kNumber, false},
                                  {"vega", "Vega", Unit::kNumber, false},
                                  {"rho", "Rho", Unit::kNumber, false},
                                  {"delta_dollar", "Delta, money", Unit::kMoney},
                                  {"gamma_dollar_1pct", "Gamma, 1 %", Unit::kMoney},
                                  {"vega_dollar", "Vega, 1 point", Unit::kMoney},
                                  {"theta_dollar", "Theta, 1 day", Unit::kMoney},
                                  {"rho_dollar", "Rho, 1 point", Unit::kMoney}});
  if (table != nullptr && !table->rows.empty()) {
    const Json& rows = document->at("options_detail");
    for (std::size_t i = 0; i < table->rows.size(); ++i) {
      table->rows[i].front() = text_of(rows[i], "position") + " " + text_of(rows[i], "underlying");
    }
    table->id = "options";
    section.chart({.id = "greeks",
                   .title = "Delta by option",
                   .kind = ChartKind::kBars,
                   .table = "options",
                   .label = "name",
                   .values = {"delta_dollar"},
                   .sorted = true});
  }
  return section.take();
}

Section concentration_section(const Material& material) {
  SectionBuilder section(material, "concentration", "Concentration",
                         "How few names carry the exposure. Effective positions: as many equal "
                         "ones would be as concentrated.");
  const Json* document = section.document(JobType::kSectorConcentration);
  if (document == nullptr) {
    return section.take();
  }
  section.figures(*document, {{"hhi", "Herfindahl index (10,000: one name)", Unit::kNumber},
                              {"effective_positions", "Effective positions", Unit::kNumber},
                              {"top_3", "Largest three", Unit::kRatio},
                              {"top_10", "Largest ten", Unit::kRatio}});
  const Table* table = section.groups_of(*document, "sectors", "Sectors",
                                         {{"sector", "Sector", Unit::kText},
                                          {"gross_weight", "Gross weight", Unit::kRatio},
                                          {"net_weight", "Net weight", Unit::kRatio},
                                          {"positions", "Positions", Unit::kCount}});
  if (table != nullptr && !table->rows.empty()) {
    section.chart({.id = "sectors",
                   .title = "Weights of the sectors",
                   .kind = ChartKind::kBars,
                   .table = "sectors",
                   .label = "sector",
                   .values = {"gross_weight", "net_weight"}});
  }
  return section.take();
}

Section history_section(const Material& material) {
  constexpr std::size_t kPageRows = 25;
  SectionBuilder section(material, "history", "Through time",
                         "From the stored snapshot of every trading day up to the date. The index "
                         "is time-weighted: it starts at 1 and leaves flows out.");
  if (const Json* document = section.document(JobType::kPortfolioSnapshot)) {
    section.figures(*document, {{"twr_index", "Time-weighted index", Unit::kNumber},
                                {"drawdown", "Drawdown", Unit::kRatio},
                                {"max_drawdown", "Largest drawdown", Unit::kRatio},
                                {"volatility", "Volatility, annual", Unit::kRatio},
                                {"sharpe", "Sharpe ratio", Unit::kNumber},
                                {"sortino", "Sortino ratio", Unit::kNumber},
                                {"cumulative_pnl", "Profit and loss", Unit::kMoney},
                                {"cumulative_realized", "Realized", Unit::kMoney},
                                {"cumulative_flow", "Flows", Unit::kMoney}});
  }
  if (material.snapshots.empty()) {
    section.note("There is no snapshot up to this date.");
    return section.take();
  }
  Table* table = section.table("days", "Trading days",
                               {{"as_of", "Date", Unit::kDate},
                                {"equity", "Equity", Unit::kMoney},
                                {"flow", "Flow", Unit::kMoney},
                                {"daily_pnl", "Day's P&L", Unit::kMoney},
                                {"daily_return", "Return", Unit::kRatio},
                                {"cumulative_pnl", "P&L since start", Unit::kMoney},
                                {"twr_index", "Index", Unit::kNumber},
                                {"drawdown", "Drawdown", Unit::kRatio},
                                {"realized_vol_21", "Realized volatility", Unit::kMoney},
                                {"expected_vol_21", "Expected volatility", Unit::kMoney}});
  for (const Snapshot& snapshot : material.snapshots) {
    auto& cells = table->rows.emplace_back();
    cells.emplace_back(format_date(snapshot.as_of));
    for (std::size_t i = 1; i < table->columns.size(); ++i) {
      cells.push_back(cell_of(snapshot.document, table->columns[i].id));
    }
  }
  table->page_rows = kPageRows;
  const auto line = [&](const char* id, const char* title, std::vector<std::string> values) {
    section.chart({.id = id,
                   .title = title,
                   .kind = ChartKind::kLines,
                   .table = "days",
                   .label = "as_of",
                   .values = std::move(values)});
  };
  line("twr_index", "Time-weighted index", {"twr_index"});
  line("drawdown", "Drawdown from the highest index", {"drawdown"});
  line("volatility", "Volatility of 21 days, realized and expected",
       {"realized_vol_21", "expected_vol_21"});
  return section.take();
}

}  // namespace runledger::http::report
