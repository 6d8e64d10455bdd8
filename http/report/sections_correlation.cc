#include <algorithm>

#include <fmt/format.h>

#include "http/report/sections.h"

namespace runledger::http::report {
namespace {

std::vector<std::string> texts_of(const Json& object, std::string_view name) {
  std::vector<std::string> texts;
  const auto found = object.find(name);
  if (found != object.end() && found->is_array()) {
    for (const Json& item : *found) {
      texts.push_back(item.is_string() ? item.get<std::string>() : item.dump());
    }
  }
  return texts;
}

std::string join(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

const Json& clusters_of(const Json& document) {
  static const Json none = Json::array();
  const auto found = document.find("clusters");
  return found == document.end() || !found->is_array() ? none : *found;
}

// Places in the matrix: members of a cluster stand together, the others keep their order.
std::vector<std::size_t> order_of(const Json& document, const std::vector<std::string>& symbols) {
  std::vector<std::size_t> order;
  const auto add = [&](const std::string& symbol) {
    const auto at = std::ranges::find(symbols, symbol);
    const auto place = static_cast<std::size_t>(at - symbols.begin());
    if (at != symbols.end() && std::ranges::find(order, place) == order.end()) {
      order.push_back(place);
    }
  };
  for (const Json& cluster : clusters_of(document)) {
    std::ranges::for_each(texts_of(cluster, "symbols"), add);
  }
  std::ranges::for_each(symbols, add);
  return order;
}

Cell matrix_cell(const Json& document, std::size_t row, std::size_t column) {
  const auto matrix = document.find("matrix");
  if (matrix == document.end() || !matrix->is_array() || row >= matrix->size() ||
      !(*matrix)[row].is_array() || column >= (*matrix)[row].size() ||
      !(*matrix)[row][column].is_number()) {
    return Missing{"not_reported"};
  }
  return (*matrix)[row][column].get<double>();
}

void add_matrix(SectionBuilder& section, const Json& document) {
  const auto symbols = texts_of(document, "symbols");
  const auto order = order_of(document, symbols);
  if (order.empty()) {
    return;
  }
  std::vector<Column> columns = {{"symbol", "Symbol"}};
  for (const auto place : order) {
    columns.push_back({symbols[place], symbols[place], Unit::kNumber});
  }
  Table* table = section.table("matrix", "Correlations of daily returns", std::move(columns));
  for (const auto row : order) {
    auto& cells = table->rows.emplace_back();
    cells.emplace_back(symbols[row]);
    for (const auto column : order) {
      cells.push_back(matrix_cell(document, row, column));
    }
  }
  section.chart({.id = "correlations",
                 .title = "Correlations of daily returns",
                 .kind = ChartKind::kHeatmap,
                 .table = "matrix",
                 .label = "symbol",
                 .values = {}});
}

void add_pairs(SectionBuilder& section, const Json& document) {
  for (const auto& [id, title] :
       {std::pair{"most_positive", "Most alike"}, std::pair{"most_negative", "Most opposed"}}) {
    const Json& pair = member(document, id);
    const std::string name = id;
    if (pair.empty()) {
      section.figure({name, title, Unit::kNumber}, cell_of(document, id));
      continue;
    }
    section.figure({name + "_pair", title},
                   pair.value("a", std::string("?")) + " and " + pair.value("b", std::string("?")));
    section.figure({name, std::string(title) + ", correlation", Unit::kNumber},
                   cell_of(pair, "rho"));
  }
}

}  // namespace

Section correlation_section(const Material& material) {
  SectionBuilder section(material, "correlations", "Correlations",
                         "Of daily returns over 63 days, for holdings of weight. Members of a "
                         "cluster are linked by 0.7 or more and stand together.");
  const Json* document = section.document(JobType::kPositionCorrelations);
  if (document == nullptr) {
    return section.take();
  }
  section.figures(*document, {{"overall", "Mean, without sign", Unit::kNumber},
                              {"effective_positions", "Effective positions", Unit::kNumber},
                              {"n_obs_least", "Least observations", Unit::kDays},
                              {"n_obs_greatest", "Most observations", Unit::kDays}});
  add_pairs(section, *document);
  add_matrix(section, *document);
  if (!clusters_of(*document).empty()) {
    Table* table = section.table("clusters", "Clusters",
                                 {{"cluster", "Cluster", Unit::kText},
                                  {"symbols", "Symbols", Unit::kText},
                                  {"share", "Share of value", Unit::kRatio}});
    for (const Json& cluster : clusters_of(*document)) {
      table->rows.push_back({fmt::format("{}", table->rows.size() + 1),
                             join(texts_of(cluster, "symbols")), cell_of(cluster, "share")});
    }
  } else {
    section.note("No two holdings are correlated by 0.7 or more: there is no cluster.");
  }
  if (const auto dropped = texts_of(*document, "dropped"); !dropped.empty()) {
    section.note("Left out for too short a history: " + join(dropped) + ".");
  }
  if (document->value("repaired", false)) {
    section.note("The matrix was not positive semidefinite and has been repaired.");
  }
  return section.take();
}

}  // namespace runledger::http::report
