#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/risk/distributions.h"
#include "http/report/sections.h"
#include "http/report/words.h"

namespace runledger::http::report {
namespace {

using Row = std::vector<Cell>;

/// Sorts by `key`, ascending; of equals the order stays.
template <class Key>
void sort_rows(std::vector<Row>& rows, Key key) {
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    order.emplace_back(key(rows[i]), i);
  }
  std::ranges::sort(order);
  std::vector<Row> sorted;
  for (const auto& [value, index] : order) {
    sorted.push_back(std::move(rows[index]));
  }
  rows = std::move(sorted);
}

constexpr std::array kFactors = {"MARKET",  "VALUE", "GROWTH",        "MOMENTUM",
                                 "QUALITY", "SIZE",  "LOW_VOLATILITY"};
constexpr std::array kStyles = {"VALUE", "GROWTH", "MOMENTUM", "QUALITY", "SIZE", "LOW_VOLATILITY"};
constexpr std::array kSpreads = {"growth_value", "momentum", "size", "quality"};
// Coefficients of the joint regression: seven factors and the intercept.
constexpr double kCoefficients = 8;
constexpr double kIntervalTails = 0.05;

// A block of a result is an object, or null with its reason: then every figure in it has that one.
Cell block_cell(const Json& document, std::string_view block, std::string_view name) {
  const Json& inner = member(document, block);
  return inner.empty() ? cell_of(document, block) : cell_of(inner, name);
}

Cell block_cell(const Json& document,
                std::string_view block,
                std::string_view inner,
                std::string_view name) {
  const Json& object = member(document, block);
  return object.empty() ? cell_of(document, block) : block_cell(object, inner, name);
}

Cell shifted(const Cell& middle, const Cell& error, double times) {
  const auto value = number_of(middle);
  const auto width = number_of(error);
  if (!value || !width) {
    return value ? error : middle;
  }
  return *value + times * *width;
}

Cell share(const Cell& part, const Cell& whole) {
  const auto value = number_of(part);
  const auto total = number_of(whole);
  if (!value || !total) {
    return value ? whole : part;
  }
  return *total != 0 ? Cell(*value / *total) : Cell(Missing{"not_applicable"});
}

void add_joint_figures(SectionBuilder& section, const Json& document) {
  for (const Column& column :
       std::initializer_list<Column>{{"r_squared", "R squared", Unit::kRatio},
                                     {"adj_r_squared", "R squared, adjusted", Unit::kRatio},
                                     {"alpha", "Alpha, a day", Unit::kMoney},
                                     {"residual_sd", "Residual deviation, a day", Unit::kMoney},
                                     {"n_obs", "Observations", Unit::kDays},
                                     {"hac_lag", "Lag of the errors", Unit::kDays},
                                     {"condition_number", "Condition number", Unit::kNumber}}) {
    section.figure(column, block_cell(document, "joint", column.id));
  }
}

void add_beta_row(Table& table,
                  std::string name,
                  const Json& value,
                  const Json& document,
                  std::string_view block) {
  auto& cells = table.rows.emplace_back();
  cells.emplace_back(std::move(name));
  for (const auto* field : {"exposure_dollar", "beta", "coverage"}) {
    cells.push_back(value.is_object() ? cell_of(value, field) : cell_of(document, block));
  }
}

std::string shocks_of(const Json& scenario) {
  std::string text;
  for (const auto& [factor, size] : member(scenario, "shocks").items()) {
    const double percent = size.is_number() ? size.get<double>() * 100 : 0;
    text += text.empty() ? "" : ", ";
    text += factor == "RATE" ? fmt::format("Rates {:+.0f} bp", percent * 100)
                             : fmt::format("{} {:+.0f} %", from_snake(factor), percent);
  }
  return text;
}

void fill_symbol_row(std::vector<Cell>& cells, const Json& symbol) {
  for (const auto* name : {"market_beta", "rate_beta"}) {
    cells.push_back(block_cell(symbol, name, "beta"));
  }
  for (const auto* name : kSpreads) {
    cells.push_back(block_cell(symbol, "spread_betas", name, "beta"));
  }
  for (const auto* name : kStyles) {
    cells.push_back(block_cell(symbol, "style_betas", name));
  }
}

void add_symbols(SectionBuilder& section, const Json& document) {
  const Json& symbols = member(document, "symbols");
  if (symbols.empty()) {
    return;
  }
  std::vector<Column> columns = {{"symbol", "Symbol"},
                                 {"market_beta", "Market", Unit::kNumber},
                                 {"rate_beta", "Rates", Unit::kNumber}};
  for (const auto* name : kSpreads) {
    const std::string title = name == std::string_view("growth_value")
                                  ? "Growth less value"
                                  : from_snake(name) + " spread";
    columns.push_back({"spread_" + std::string(name), title, Unit::kNumber});
  }
  for (const std::string name : kStyles) {
    columns.push_back({"style_" + name, from_snake(name) + " style", Unit::kNumber});
  }
  Table* table = section.table("symbols", "Betas of the symbols", std::move(columns));
  for (const auto& [name, symbol] : symbols.items()) {
    auto& cells = table->rows.emplace_back();
    cells.emplace_back(name);
    fill_symbol_row(cells, symbol);
  }
}

}  // namespace

Section factor_section(const Material& material) {
  SectionBuilder section(
      material, "factors", "Factors together",
      "One regression of the portfolio's profit and loss on seven factors, 252 days. The interval "
      "is the estimate plus and minus the 97.5 % quantile of Student's t with n \u2212 8 degrees "
      "of "
      "freedom times the standard error of Newey and West (HAC). The factors are nearly collinear: "
      "a large inflation factor means that a single estimate says little.");
  const Json* document = section.document(JobType::kFactorAnalysis);
  if (document == nullptr) {
    return section.take();
  }
  add_joint_figures(section, *document);
  Table* table = section.table("joint", "Exposure to each factor, the others held still",
                               {{"name", "Factor", Unit::kText},
                                {"factor", "Id", Unit::kText, false},
                                {"beta_dollar", "Exposure", Unit::kMoney},
                                {"low_95", "95 % from", Unit::kMoney},
                                {"high_95", "95 % to", Unit::kMoney},
                                {"std_error", "Standard error", Unit::kMoney},
                                {"t_stat", "t", Unit::kNumber},
                                {"p_value", "p", Unit::kNumber},
                                {"vif", "Inflation factor", Unit::kNumber}});
  const auto observed = number_of(block_cell(*document, "joint", "n_obs"));
  const double times = observed && *observed > kCoefficients
                           ? risk::student_two_sided(kIntervalTails, *observed - kCoefficients)
                           : 0.0;
  for (const std::string factor : kFactors) {
    const auto cell = [&](std::string_view block) {
      return block_cell(*document, "joint", block, factor);
    };
    const Cell beta = cell("beta_dollar");
    const Cell error = cell("std_error");
    table->rows.push_back({from_snake(factor), factor, beta, shifted(beta, error, -times),
                           shifted(beta, error, times), error, cell("t_stat"), cell("p_value"),
                           cell("vif")});
  }
  if (number_of(table->rows.front()[2])) {
    section.chart({.id = "factors",
                   .title = "Exposure to each factor with its 95 % interval",
                   .kind = ChartKind::kIntervals,
                   .table = "joint",
                   .label = "name",
                   .values = {"beta_dollar"},
                   .low = "low_95",
                   .high = "high_95"});
  }
  section.series_notes(*document, "series_left_out");
  return section.take();
}

Section beta_section(const Material& material) {
  SectionBuilder section(material, "betas", "Betas one by one",
                         "Betas of the holdings to one factor at a time, weighted by exposure; "
                         "styles from a ridge regression. Beta is exposure over equity.");
  const Json* document = section.document(JobType::kFactorAnalysis);
  if (document == nullptr) {
    return section.take();
  }
  Table* table = section.table("portfolio", "Betas of the portfolio",
                               {{"beta_to", "To", Unit::kText},
                                {"exposure_dollar", "Exposure", Unit::kMoney},
                                {"beta", "Beta", Unit::kNumber},
                                {"coverage", "Coverage", Unit::kRatio}});
  add_beta_row(*table, "Market", member(*document, "market_beta"), *document, "market_beta");
  add_beta_row(*table, "Rates", member(*document, "rate_beta"), *document, "rate_beta");
  for (const std::string_view block : {"spread_betas", "style_betas"}) {
    for (const auto& [name, value] : member(*document, block).items()) {
      add_beta_row(*table, from_snake(name) + (block == "spread_betas" ? " spread" : " style"),
                   value, *document, block);
    }
  }
  section.chart({.id = "betas",
                 .title = "Exposure of the portfolio, one factor at a time",
                 .kind = ChartKind::kBars,
                 .table = "portfolio",
                 .label = "beta_to",
                 .values = {"exposure_dollar"}});
  add_symbols(section, *document);
  return section.take();
}

Section decomposition_section(const Material& material) {
  SectionBuilder section(material, "risk", "Where the risk comes from",
                         "Variance of a year, split into what the seven factors explain and what "
                         "they do not. A negative share lowers the risk.");
  const Json* document = section.document(JobType::kFactorAnalysis);
  if (document == nullptr) {
    return section.take();
  }
  for (const Column& column : std::initializer_list<Column>{
           {"total_variance", "Total variance", Unit::kMoneySquared},
           {"systematic_variance", "Explained by factors", Unit::kMoneySquared},
           {"idiosyncratic_variance", "Not explained", Unit::kMoneySquared},
           {"systematic_share", "Share explained", Unit::kRatio},
           {"idiosyncratic_share", "Share not explained", Unit::kRatio}}) {
    section.figure(column, block_cell(*document, "risk", column.id));
  }
  Table* table = section.table("contributions", "Contribution of each factor",
                               {{"name", "Factor", Unit::kText},
                                {"factor", "Id", Unit::kText, false},
                                {"factor_contribution", "Variance", Unit::kMoneySquared},
                                {"factor_share", "Share of total", Unit::kRatio}});
  const auto add = [&](const std::string& id, Cell variance, Cell part) {
    table->rows.push_back({from_snake(id), id, std::move(variance), std::move(part)});
  };
  for (const std::string factor : kFactors) {
    add(factor, block_cell(*document, "risk", "factor_contribution", factor),
        block_cell(*document, "risk", "factor_share", factor));
  }
  add("not_explained", block_cell(*document, "risk", "idiosyncratic_variance"),
      block_cell(*document, "risk", "idiosyncratic_share"));
  if (number_of(table->rows.front()[3])) {
    section.chart({.id = "risk",
                   .title = "Shares of the variance",
                   .kind = ChartKind::kBars,
                   .table = "contributions",
                   .label = "name",
                   .values = {"factor_share"}});
  }
  return section.take();
}

Section value_at_risk_section(const Material& material) {
  SectionBuilder section(material, "value_at_risk", "Value at risk",
                         "Loss of one day that is exceeded once in twenty (95 %) or a hundred "
                         "(99 %) days, and the mean loss on those days. Losses are positive. "
                         "Components add up to the parametric value at 95 %.");
  const Json* document = section.document(JobType::kMarketRiskScenarios);
  if (document == nullptr) {
    return section.take();
  }
  section.figures(*document, {{"volatility_sample", "Volatility, sample", Unit::kMoney},
                              {"volatility_ewma", "Volatility, weighted", Unit::kMoney},
                              {"volatility_shrunk", "Volatility, shrunk", Unit::kMoney},
                              {"shrinkage", "Shrinkage", Unit::kRatio},
                              {"n_obs", "Observations", Unit::kDays},
                              {"filled_returns", "Filled returns", Unit::kCount},
                              {"coverage", "Coverage", Unit::kRatio}});
  Table* table = section.table("measures", "One day ahead",
                               {{"measure", "Measure", Unit::kText},
                                {"value_at_risk", "Value at risk", Unit::kMoney},
                                {"expected_shortfall", "Expected shortfall", Unit::kMoney}});
  struct Measure {
    const char* title;
    const char* suffix;
  };
  for (const auto& measure :
       {Measure{"Historical, 95 %", "hist_95"}, Measure{"Historical, 99 %", "hist_99"},
        Measure{"Parametric, 95 %", "param_95"}, Measure{"Parametric, 99 %", "param_99"}}) {
    table->rows.push_back({std::string(measure.title),
                           cell_of(*document, std::string("var_") + measure.suffix),
                           cell_of(*document, std::string("es_") + measure.suffix)});
  }
  section.chart({.id = "value_at_risk",
                 .title = "Value at risk and expected shortfall of one day",
                 .kind = ChartKind::kBars,
                 .table = "measures",
                 .label = "measure",
                 .values = {"value_at_risk", "expected_shortfall"}});
  const Json& components = member(*document, "component_var_95");
  if (components.empty()) {
    section.figure({"component_var_95", "Components"}, cell_of(*document, "component_var_95"));
    return section.take();
  }
  const Cell total = cell_of(*document, "var_param_95");
  Table* parts = section.table("components", "Components of the parametric value at 95 %",
                               {{"underlying", "Underlying", Unit::kText},
                                {"component_var_95", "Value at risk", Unit::kMoney},
                                {"share", "Share", Unit::kRatio}});
  for (const auto& [name, value] : components.items()) {
    const Cell part = cell_of(components, name);
    parts->rows.push_back({name, part, share(part, total)});
  }
  sort_rows(parts->rows, [](const Row& cells) { return -number_of(cells[1]).value_or(0.0); });
  section.chart({.id = "components",
                 .title = "Which underlyings make the value at risk",
                 .kind = ChartKind::kBars,
                 .table = "components",
                 .label = "underlying",
                 .values = {"component_var_95"}});
  section.series_notes(*document, "left_out");
  return section.take();
}

Section rates_section(const Material& material) {
  SectionBuilder section(material, "rates", "Interest rates",
                         "Profit and loss when all yields shift in parallel, through the "
                         "portfolio's exposure to long government bonds.");
  const Json* document = section.document(JobType::kMarketRiskScenarios);
  if (document == nullptr) {
    return section.take();
  }
  section.figures(*document, {{"dv01", "Yields up 1 bp", Unit::kMoney},
                              {"rate_exposure", "Exposure to rates", Unit::kMoney}});
  if (section.rows_of(*document, "rate_pnl", "Shifts of the yield curve",
                      {{"shift", "Shift", Unit::kRateChange},
                       {"pnl", "Profit and loss", Unit::kMoney}}) != nullptr) {
    section.chart({.id = "rate_pnl",
                   .title = "Profit and loss by shift of the yields",
                   .kind = ChartKind::kBars,
                   .table = "rate_pnl",
                   .label = "shift",
                   .values = {"pnl"}});
  }
  return section.take();
}

Section market_section(const Material& material) {
  SectionBuilder section(material, "market", "Market moves",
                         "Profit and loss when the market moves at once, by the betas of the "
                         "holdings and the full value of the options.");
  const Json* document = section.document(JobType::kMarketRiskScenarios);
  if (document == nullptr) {
    return section.take();
  }
  if (section.rows_of(
          *document, "market_pnl", "Moves of the market",
          {{"shock", "Move", Unit::kRatio}, {"pnl", "Profit and loss", Unit::kMoney}}) != nullptr) {
    section.chart({.id = "market_pnl",
                   .title = "Profit and loss by move of the market",
                   .kind = ChartKind::kLines,
                   .table = "market_pnl",
                   .label = "shock",
                   .values = {"pnl"}});
  }
  return section.take();
}

Section stress_section(const Material& material) {
  SectionBuilder section(material, "stress", "Stress tests",
                         "Each scenario shocks factors; the shocks are completed by their "
                         "correlations, so overlapping factors are not counted twice. Options are "
                         "valued again. Worst first; nothing is capped.");
  const Json* document = section.document(JobType::kStressTesting);
  if (document == nullptr) {
    return section.take();
  }
  const Json& summary = member(*document, "summary");
  for (const auto* which : {"worst", "best"}) {
    const std::string id = which;
    section.figure({id + "_pnl", from_snake(id), Unit::kMoney}, block_cell(summary, id, "pnl"));
    Cell scenario = block_cell(summary, id, "id");
    if (const auto* name = std::get_if<std::string>(&scenario)) {
      scenario = from_snake(*name);
    }
    section.figure({id + "_scenario", from_snake(id) + " scenario"}, std::move(scenario));
  }
  section.figures(summary, {{"mean", "Mean", Unit::kMoney},
                            {"median", "Median", Unit::kMoney},
                            {"standard_deviation", "Standard deviation", Unit::kMoney},
                            {"negative", "Scenarios with a loss", Unit::kCount},
                            {"positive", "Scenarios with a gain", Unit::kCount}});
  Table* table = section.rows_of(*document, "scenarios", "Scenarios",
                                 {{"id", "Id", Unit::kText, false},
                                  {"name", "Scenario", Unit::kText},
                                  {"shocks", "Shocks", Unit::kText},
                                  {"method", "Method", Unit::kText, false},
                                  {"direct_pnl", "Direct", Unit::kMoney, false},
                                  {"correlated_pnl", "Correlated", Unit::kMoney},
                                  {"correlation_effect", "Effect", Unit::kMoney, false},
                                  {"market_move", "Market move", Unit::kRatio, false},
                                  {"option_convexity", "Options", Unit::kMoney},
                                  {"pnl", "Profit and loss", Unit::kMoney},
                                  {"pnl_pct_equity", "Of equity", Unit::kRatio},
                                  {"exceeds_equity", "Beyond equity", Unit::kText}});
  if (table == nullptr) {
    return section.take();
  }
  const Json& rows = document->at("scenarios");
  for (std::size_t i = 0; i < table->rows.size(); ++i) {
    table->rows[i][1] = from_snake(rows[i].value("id", "?"));
    table->rows[i][2] = shocks_of(rows[i]);
  }
  // What is not known comes last.
  sort_rows(table->rows, [](const Row& cells) {
    return number_of(cells[9]).value_or(std::numeric_limits<double>::infinity());
  });
  section.chart({.id = "stress",
                 .title = "Scenarios, worst first",
                 .kind = ChartKind::kBars,
                 .table = "scenarios",
                 .label = "name",
                 .values = {"pnl"}});
  return section.take();
}

Section volatility_section(const Material& material) {
  SectionBuilder section(material, "volatility", "Volatility",
                         "Annual volatility of today's positions: realized over 21 and 63 days, "
                         "expected for the next 21.");
  const Json* document = section.document(JobType::kVolatilityAnalytics);
  if (document == nullptr) {
    return section.take();
  }
  section.figures(*document, {{"vol_trend", "Trend", Unit::kText},
                              {"vol_trend_slope", "Slope, a day", Unit::kRatio},
                              {"vol_trend_r_squared", "R squared of the trend", Unit::kRatio},
                              {"vol_percentile", "Days of the last year below today", Unit::kRatio},
                              {"har_r_squared", "R squared of the forecast", Unit::kRatio},
                              {"n_obs", "Observations", Unit::kDays},
                              {"coverage", "Coverage", Unit::kRatio}});
  Table* table = section.table("volatilities", "Annual volatility",
                               {{"measure", "Measure", Unit::kText},
                                {"money", "Money", Unit::kMoney},
                                {"ratio", "Of equity", Unit::kRatio}});
  struct Measure {
    const char* title;
    const char* id;
  };
  for (const auto& measure : {Measure{"Realized, 21 days", "realized_vol_21"},
                              Measure{"Realized, 63 days", "realized_vol_63"},
                              Measure{"Expected, next 21 days", "expected_vol_21"}}) {
    table->rows.push_back({std::string(measure.title), cell_of(*document, measure.id),
                           cell_of(*document, std::string(measure.id) + "_ratio")});
  }
  section.chart({.id = "volatility",
                 .title = "Realized and expected volatility",
                 .kind = ChartKind::kBars,
                 .table = "volatilities",
                 .label = "measure",
                 .values = {"money"}});
  section.series_notes(*document, "left_out");
  return section.take();
}

}  // namespace runledger::http::report
