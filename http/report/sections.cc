#include "http/report/sections.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "http/report/words.h"

namespace runledger::http::report {
namespace {

Cell cell_of_value(const Json& value) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return value.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return value.get<std::int64_t>();
    case Json::value_t::number_float:
      return value.get<double>();
    case Json::value_t::string:
      return value.get<std::string>();
    case Json::value_t::null:
    case Json::value_t::object:
    case Json::value_t::array:
    case Json::value_t::binary:
    case Json::value_t::discarded:
      break;
  }
  return Missing{"not_reported"};
}

// A picture of nothing is none: the table says why.
void drop_empty_charts(Section& section) {
  std::erase_if(section.charts, [&](const Chart& chart) {
    const auto table = std::ranges::find(section.tables, chart.table, &Table::id);
    if (table == section.tables.end()) {
      return true;
    }
    for (std::size_t i = 1; i < table->columns.size(); ++i) {
      const bool is_drawn =
          chart.values.empty() ||
          std::ranges::find(chart.values, table->columns[i].id) != chart.values.end();
      if (is_drawn && std::ranges::any_of(table->rows, [i](const auto& row) {
            return number_of(row[i]).has_value();
          })) {
        return false;
      }
    }
    return true;
  });
}

}  // namespace

const Json& member(const Json& object, std::string_view name) {
  static const Json empty = Json::object();
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() || !found->is_object() ? empty : *found;
}

Cell cell_of(const Json& object, std::string_view name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (found == object.end()) {
    return Missing{"not_reported"};
  }
  if (!found->is_null()) {
    return cell_of_value(*found);
  }
  const auto reason = object.find(std::string(name) + "_reason");
  return Missing{reason != object.end() && reason->is_string() ? reason->get<std::string>()
                                                               : "not_reported"};
}

std::optional<double> number_of(const Cell& cell) {
  if (const auto* number = std::get_if<double>(&cell)) {
    return *number;
  }
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    return static_cast<double>(*whole);
  }
  return std::nullopt;
}

std::optional<Gap> gap_of(JobType job, const JobRecord& record) {
  const auto& newest = record.newest;
  const bool is_newest = record.latest && newest && newest->sequence <= record.latest->sequence;
  if (record.document.is_object() && (is_newest || !newest)) {
    return std::nullopt;
  }
  Gap gap{.job = job, .status = "not_run", .reason = "not_run", .text = full_words("not_run")};
  gap.figures_shown = record.document.is_object();
  if (record.latest && record.latest->skip_reason && (is_newest || !newest)) {
    gap.status = "skipped";
    gap.reason = to_string(*record.latest->skip_reason);
    gap.text = full_words(gap.reason);
  } else if (newest) {
    gap.status = to_string(newest->status);
    if (newest->skip_reason) {
      gap.reason = to_string(*newest->skip_reason);
      gap.text = full_words(gap.reason);
    } else if (newest->status == JobStatus::kFailed) {
      gap.reason = newest->error;
      gap.text = newest->detail.empty() ? full_words(newest->error) : newest->detail;
    } else {
      gap.reason = gap.status;
      gap.text = full_words(gap.status);
    }
  }
  if (gap.figures_shown) {
    gap.text += " The figures shown are those of an earlier run for the same date.";
  }
  return gap;
}

SectionBuilder::SectionBuilder(const Material& material,
                               std::string id,
                               std::string title,
                               std::string about)
    : material_(material),
      section_{.id = std::move(id), .title = std::move(title), .about = std::move(about)} {}

const Json* SectionBuilder::document(JobType job) {
  const JobRecord& record = material_.jobs.at(job);
  if (auto gap = gap_of(job, record)) {
    section_.gaps.push_back(std::move(*gap));
  }
  return record.document.is_object() ? &record.document : nullptr;
}

void SectionBuilder::figure(Column column, Cell value) {
  section_.figures.push_back({std::move(column), std::move(value)});
}

void SectionBuilder::figures(const Json& object, std::initializer_list<Column> columns) {
  for (const Column& column : columns) {
    figure(column, cell_of(object, column.id));
  }
}

Table* SectionBuilder::table(std::string id, std::string title, std::vector<Column> columns) {
  section_.tables.push_back(
      {.id = std::move(id), .title = std::move(title), .columns = std::move(columns), .rows = {}});
  return &section_.tables.back();
}

const Json* SectionBuilder::missing_table(const Json& object,
                                          std::string_view name,
                                          const std::string& title) {
  const auto found = object.find(name);
  if (found != object.end() && found->is_structured()) {
    return &*found;
  }
  figure({std::string(name), title}, cell_of(object, name));
  return nullptr;
}

Table* SectionBuilder::rows_of(const Json& object,
                               std::string_view name,
                               std::string title,
                               std::vector<Column> columns) {
  const Json* rows = missing_table(object, name, title);
  if (rows == nullptr) {
    return nullptr;
  }
  Table* made = table(std::string(name), std::move(title), std::move(columns));
  for (const Json& row : *rows) {
    auto& cells = made->rows.emplace_back();
    for (const Column& column : made->columns) {
      cells.push_back(cell_of(row, column.id));
    }
  }
  return made;
}

Table* SectionBuilder::groups_of(const Json& object,
                                 std::string_view name,
                                 std::string title,
                                 std::vector<Column> columns) {
  const Json* groups = missing_table(object, name, title);
  if (groups == nullptr) {
    return nullptr;
  }
  Table* made = table(std::string(name), std::move(title), std::move(columns));
  for (const auto& [key, group] : groups->items()) {
    auto& cells = made->rows.emplace_back();
    cells.emplace_back(key);
    for (std::size_t i = 1; i < made->columns.size(); ++i) {
      cells.push_back(cell_of(group, made->columns[i].id));
    }
  }
  return made;
}

void SectionBuilder::chart(Chart chart) {
  section_.charts.push_back(std::move(chart));
}

void SectionBuilder::note(std::string text) {
  section_.notes.push_back(std::move(text));
}

void SectionBuilder::series_notes(const Json& document, std::string_view left_out) {
  if (const auto found = document.find(left_out); found != document.end() && !found->empty()) {
    std::string names;
    for (const Json& item : *found) {
      names += names.empty() ? "" : ", ";
      names += item.is_string() ? item.get<std::string>() : item.value("symbol", item.dump());
    }
    note("Left out of the profit and loss series for too short a history: " + names + ".");
  }
  if (const auto filled = number_of(cell_of(document, "filled_returns")); filled && *filled > 0) {
    note(fmt::format("{:.0f} missing returns were filled with market beta times the market's.",
                     *filled));
  }
}

Report make_report(const Material& material) {
  Report report;
  report.portfolio = material.portfolio.name;
  report.portfolio_id = to_string(material.portfolio.id);
  report.as_of = format_date(material.as_of);
  report.run.id = to_string(material.run_id);
  if (material.run) {
    report.run.status = to_string(material.run->status);
    report.run.triggered_by = material.run->triggered_by;
    report.run.finished_at =
        material.run->finished_at ? format_time(*material.run->finished_at) : "";
  }
  for (const auto& [type, record] : material.jobs) {
    if (record.latest && record.document.is_object()) {
      report.formula_version =
          std::max<std::int64_t>(report.formula_version, record.latest->formula_version);
    }
  }
  report.quality = worst_quality(material);
  for (const auto make :
       {summary_section, valuation_section, explain_section, exposure_section, greeks_section,
        factor_section, beta_section, decomposition_section, value_at_risk_section, rates_section,
        market_section, stress_section, volatility_section, correlation_section,
        concentration_section, history_section}) {
    report.sections.push_back(make(material));
  }
  report.sections.push_back(quality_section(material, report.sections));
  report.sections.push_back(sources_section(material));
  std::ranges::for_each(report.sections, drop_empty_charts);
  return report;
}

}  // namespace runledger::http::report
