#include "http/report/pages.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "http/report/sections.h"
#include "http/report/words.h"

namespace runledger::http::report {
namespace {

namespace mustache = kainjow::mustache;

// Looks of a cell, as classes of the page.
std::string class_of(const Cell& cell, Unit unit) {
  if (std::holds_alternative<Missing>(cell)) {
    return "unknown";
  }
  if (!is_numeric(unit)) {
    return unit == Unit::kCode ? "code" : "text";
  }
  const auto number = number_of(cell);
  const bool has_side = unit != Unit::kCount && unit != Unit::kDays;
  return has_side && number && *number < 0 ? "number negative" : "number";
}

mustache::data cell_data(const Cell& cell, Unit unit, Minus minus) {
  const auto* missing = std::get_if<Missing>(&cell);
  mustache::data data;
  data.set("text", format_cell(cell, unit, minus));
  data.set("class", class_of(cell, unit));
  data.set("why", missing == nullptr ? std::string() : full_words(missing->reason));
  return data;
}

/// Places of the columns that pages show, in parts of at most `columns_max`, the first in each.
std::vector<std::vector<std::size_t>> parts_of(const Table& table, std::size_t columns_max) {
  std::vector<std::vector<std::size_t>> parts(1);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!table.columns[i].on_pages) {
      continue;
    }
    if (columns_max > 0 && parts.back().size() == columns_max) {
      parts.push_back({0});
    }
    parts.back().push_back(i);
  }
  return parts;
}

mustache::data part_data(const Table& table,
                         const std::vector<std::size_t>& places,
                         bool continued,
                         Minus minus) {
  mustache::data data;
  data.set("id", table.id);
  data.set("title", continued ? table.title + ", continued" : table.title);
  mustache::data heads(mustache::data::type::list);
  for (const auto place : places) {
    const Column& column = table.columns[place];
    mustache::data head;
    head.set("text", column.title);
    head.set("class", is_numeric(column.unit) ? "number" : "text");
    heads.push_back(head);
  }
  data.set("heads", heads);
  const std::size_t skipped = table.page_rows > 0 && table.rows.size() > table.page_rows
                                  ? table.rows.size() - table.page_rows
                                  : 0;
  mustache::data rows(mustache::data::type::list);
  for (std::size_t i = skipped; i < table.rows.size(); ++i) {
    mustache::data cells(mustache::data::type::list);
    for (const auto place : places) {
      auto cell = cell_data(table.rows[i][place], table.columns[place].unit, minus);
      cell.set("first", mustache::data(place == 0));
      cell.set("other", mustache::data(place != 0));
      cells.push_back(cell);
    }
    mustache::data row;
    row.set("cells", cells);
    rows.push_back(row);
  }
  data.set("rows", rows);
  data.set("empty", mustache::data(table.rows.empty()));
  data.set("rest", skipped == 0 ? std::string()
                                : fmt::format("The last {} of {} rows; the json and csv formats "
                                              "have all of them.",
                                              table.page_rows, table.rows.size()));
  return data;
}

const Table* find_table(const Section& section, std::string_view id) {
  const auto found = std::ranges::find(section.tables, id, &Table::id);
  return found == section.tables.end() ? nullptr : &*found;
}

// What a picture shows, for those who do not see it.
std::string describe(const Chart& chart, const Table& table, Minus minus) {
  std::optional<double> least;
  std::optional<double> greatest;
  Unit unit = Unit::kNumber;
  for (std::size_t i = 1; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    const bool is_drawn =
        chart.values.empty() || std::ranges::find(chart.values, column.id) != chart.values.end();
    if (!is_drawn) {
      continue;
    }
    unit = column.unit;
    for (const auto& row : table.rows) {
      if (const auto number = number_of(row[i])) {
        least = std::min(least.value_or(*number), *number);
        greatest = std::max(greatest.value_or(*number), *number);
      }
    }
  }
  if (!least) {
    return chart.title + ".";
  }
  return fmt::format("{}: {} rows, from {} to {}. The table \"{}\" has the figures.", chart.title,
                     table.rows.size(), format_number(*least, unit, minus),
                     format_number(*greatest, unit, minus), table.title);
}

mustache::data charts_data(const Section& section, Minus minus) {
  mustache::data charts(mustache::data::type::list);
  for (const Chart& chart : section.charts) {
    const Table* table = find_table(section, chart.table);
    if (table == nullptr) {
      continue;
    }
    mustache::data data;
    data.set("id", chart.id);
    data.set("section", section.id);
    data.set("kind", std::string(to_string(chart.kind)));
    data.set("title", chart.title);
    data.set("description", describe(chart, *table, minus));
    charts.push_back(data);
  }
  return charts;
}

mustache::data texts_data(const std::vector<std::string>& texts) {
  mustache::data list(mustache::data::type::list);
  for (const auto& text : texts) {
    mustache::data data;
    data.set("text", text);
    list.push_back(data);
  }
  return list;
}

mustache::data gaps_data(const Section& section) {
  mustache::data gaps(mustache::data::type::list);
  for (const Gap& gap : section.gaps) {
    mustache::data data;
    data.set("job", std::string(title_of(gap.job)));
    data.set("status", short_words(gap.status));
    data.set("text", gap.text);
    gaps.push_back(data);
  }
  return gaps;
}

mustache::data section_data(const Section& section, const PageStyle& style) {
  mustache::data data;
  data.set("id", section.id);
  data.set("title", section.title);
  data.set("about", section.about);
  data.set("gaps", gaps_data(section));
  mustache::data figures(mustache::data::type::list);
  for (const Figure& figure : section.figures) {
    auto cell = cell_data(figure.value, figure.column.unit, style.minus);
    cell.set("title", figure.column.title);
    figures.push_back(cell);
  }
  data.set("figures", figures);
  data.set("has_figures", mustache::data(!section.figures.empty()));
  mustache::data tables(mustache::data::type::list);
  for (const Table& table : section.tables) {
    const auto parts = parts_of(table, style.columns_max);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      tables.push_back(part_data(table, parts[i], i > 0, style.minus));
    }
  }
  data.set("tables", tables);
  data.set("charts", charts_data(section, style.minus));
  data.set("notes", texts_data(section.notes));
  data.set("has_notes", mustache::data(!section.notes.empty()));
  return data;
}

std::string quality_words(std::string_view flag) {
  if (flag == "full") {
    return "Full: nothing of weight is missing.";
  }
  if (flag == "limited") {
    return "Limited: some figures are missing, or rest on part of the positions or a short "
           "history.";
  }
  if (flag == "failed") {
    return "Failed: the value of the day is missing, or a figure rests on less than half of the "
           "positions. Read with great care.";
  }
  return "Unknown: no job has made a result.";
}

}  // namespace

kainjow::mustache::data page_data(const Report& report, const PageStyle& style) {
  mustache::data data;
  data.set("portfolio", report.portfolio);
  data.set("portfolio_id", report.portfolio_id);
  data.set("as_of", report.as_of);
  data.set("run_id", report.run.id);
  data.set("run_status", report.run.status.empty() ? std::string("pruned from the log")
                                                   : short_words(report.run.status));
  data.set("run_finished",
           report.run.finished_at.empty() ? std::string("not known") : report.run.finished_at);
  data.set("run_by",
           report.run.triggered_by.empty() ? std::string("not known") : report.run.triggered_by);
  data.set("formula_version", std::to_string(report.formula_version));
  data.set("quality", report.quality);
  data.set("quality_words", quality_words(report.quality));
  mustache::data sections(mustache::data::type::list);
  for (const Section& section : report.sections) {
    sections.push_back(section_data(section, style));
  }
  data.set("sections", sections);
  return data;
}

}  // namespace runledger::http::report
