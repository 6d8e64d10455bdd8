#include "http/report/render.h"
#include "schema/json_writer.h"

namespace runledger::http::report {
namespace {

void write_cell(JsonWriter& json, const std::string& name, const Cell& cell) {
  json.key(name);
  if (const auto* missing = std::get_if<Missing>(&cell)) {
    json.null();
    json.field(name + "_reason", missing->reason);
  } else if (const auto* number = std::get_if<double>(&cell)) {
    json.value(*number);
  } else if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    json.value(*whole);
  } else if (const auto* flag = std::get_if<bool>(&cell)) {
    json.value(*flag);
  } else {
    json.value(std::get<std::string>(cell));
  }
}

void write_text_or_null(JsonWriter& json, std::string_view name, const std::string& text) {
  json.key(name);
  text.empty() ? json.null() : json.value(text);
}

void write_gaps(JsonWriter& json, const Section& section) {
  json.key("gaps").begin_array();
  for (const Gap& gap : section.gaps) {
    json.begin_object();
    json.field("job_type", to_string(gap.job));
    json.field("status", gap.status).field("reason", gap.reason).field("text", gap.text);
    json.field("figures_shown", gap.figures_shown);
    json.end_object();
  }
  json.end_array();
}

void write_figures(JsonWriter& json, const Section& section) {
  json.key("figures").begin_object();
  for (const Figure& figure : section.figures) {
    json.key(figure.column.id).begin_object();
    json.field("title", figure.column.title).field("unit", to_string(figure.column.unit));
    write_cell(json, "value", figure.value);
    json.end_object();
  }
  json.end_object();
}

void write_table(JsonWriter& json, const Table& table) {
  json.key(table.id).begin_object();
  json.field("title", table.title);
  json.key("columns").begin_array();
  for (const Column& column : table.columns) {
    json.begin_object();
    json.field("id", column.id).field("title", column.title);
    json.field("unit", to_string(column.unit));
    json.end_object();
  }
  json.end_array();
  json.key("rows").begin_array();
  for (const auto& row : table.rows) {
    json.begin_object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      write_cell(json, table.columns[i].id, row[i]);
    }
    json.end_object();
  }
  json.end_array().end_object();
}

void write_charts(JsonWriter& json, const Section& section) {
  json.key("charts").begin_array();
  for (const Chart& chart : section.charts) {
    json.begin_object();
    json.field("id", chart.id).field("title", chart.title);
    json.field("kind", to_string(chart.kind));
    json.field("table", chart.table).field("label", chart.label);
    json.key("values").begin_array();
    for (const auto& value : chart.values) {
      json.value(value);
    }
    json.end_array();
    write_text_or_null(json, "low", chart.low);
    write_text_or_null(json, "high", chart.high);
    json.field("sorted", chart.sorted);
    json.end_object();
  }
  json.end_array();
}

void write_section(JsonWriter& json, const Section& section) {
  json.key(section.id).begin_object();
  json.field("title", section.title).field("about", section.about);
  write_gaps(json, section);
  write_figures(json, section);
  json.key("tables").begin_object();
  for (const Table& table : section.tables) {
    write_table(json, table);
  }
  json.end_object();
  write_charts(json, section);
  json.key("notes").begin_array();
  for (const auto& note : section.notes) {
    json.value(note);
  }
  json.end_array().end_object();
}

}  // namespace

std::string to_json(const Report& report) {
  JsonWriter json;
  json.begin_object();
  json.field("report_version", kReportVersion);
  json.field("portfolio", report.portfolio).field("portfolio_id", report.portfolio_id);
  json.field("as_of", report.as_of);
  json.key("run").begin_object();
  json.field("run_id", report.run.id);
  write_text_or_null(json, "status", report.run.status);
  write_text_or_null(json, "triggered_by", report.run.triggered_by);
  write_text_or_null(json, "finished_at", report.run.finished_at);
  json.end_object();
  json.field("formula_version", report.formula_version);
  json.field("quality_flag", report.quality);
  json.key("sections").begin_object();
  for (const Section& section : report.sections) {
    write_section(json, section);
  }
  json.end_object().end_object();
  return json.take();
}

}  // namespace runledger::http::report
