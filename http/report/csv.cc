#include <fmt/format.h>

#include "http/report/render.h"

namespace runledger::http::report {
namespace {

bool looks_like_formula(std::string_view text) noexcept {
  return !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
}

std::string quoted(std::string_view text) {
  std::string field(looks_like_formula(text) ? "'" : "");
  field += text;
  if (field.find_first_of(",\"\r\n") == std::string::npos) {
    return field;
  }
  std::string result = "\"";
  for (const char c : field) {
    result += c;
    if (c == '"') {
      result += '"';
    }
  }
  return result + '"';
}

// A number is never taken for a formula: it stays as it is, with its sign.
std::string field_of(const Cell& cell) {
  if (const auto* number = std::get_if<double>(&cell)) {
    return fmt::format("{}", *number);
  }
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    return fmt::format("{}", *whole);
  }
  if (const auto* flag = std::get_if<bool>(&cell)) {
    return *flag ? "true" : "false";
  }
  const auto* text = std::get_if<std::string>(&cell);
  return text == nullptr ? "" : quoted(*text);
}

/// Adds rows one below the other.
class Rows {
 public:
  void add(std::string_view section,
           std::string_view name,
           std::string_view item,
           const Cell& cell,
           Unit unit) {
    const auto* missing = std::get_if<Missing>(&cell);
    text_ += fmt::format("{},{},{},{},{},{}\r\n", quoted(section), quoted(name), quoted(item),
                         field_of(cell), to_string(unit),
                         missing == nullptr ? "" : quoted(missing->reason));
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_ = "section,name,item,value,unit,reason\r\n";
};

void add_head(Rows& rows, const Report& report) {
  const auto text = [&](std::string_view name, const std::string& value, Unit unit) {
    rows.add("report", name, "", value, unit);
  };
  text("portfolio", report.portfolio, Unit::kText);
  text("portfolio_id", report.portfolio_id, Unit::kCode);
  text("as_of", report.as_of, Unit::kDate);
  text("run_id", report.run.id, Unit::kCode);
  text("run_status", report.run.status, Unit::kText);
  text("run_finished_at", report.run.finished_at, Unit::kText);
  rows.add("report", "formula_version", "", report.formula_version, Unit::kCount);
  text("quality_flag", report.quality, Unit::kText);
}

std::string item_of(const std::vector<Cell>& row) {
  const Cell& first = row.front();
  const auto* text = std::get_if<std::string>(&first);
  return text == nullptr ? field_of(first) : *text;
}

void add_section(Rows& rows, const Section& section) {
  for (const Gap& gap : section.gaps) {
    const std::string job(to_string(gap.job));
    rows.add(section.id, "job_status", job, gap.status, Unit::kText);
    rows.add(section.id, "job_reason", job, gap.text, Unit::kText);
  }
  for (const Figure& figure : section.figures) {
    rows.add(section.id, figure.column.id, "", figure.value, figure.column.unit);
  }
  for (const Table& table : section.tables) {
    for (const auto& row : table.rows) {
      const auto item = item_of(row);
      for (std::size_t i = 1; i < row.size(); ++i) {
        rows.add(section.id, table.id + "." + table.columns[i].id, item, row[i],
                 table.columns[i].unit);
      }
    }
  }
  for (const auto& note : section.notes) {
    rows.add(section.id, "note", "", note, Unit::kText);
  }
}

}  // namespace

std::string to_csv(const Report& report) {
  Rows rows;
  add_head(rows, report);
  for (const Section& section : report.sections) {
    add_section(rows, section);
  }
  return rows.take();
}

}  // namespace runledger::http::report
