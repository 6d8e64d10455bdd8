#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "http/report/collect.h"
#include "http/report/model.h"

/// Documents of results to sections of the report: one function a section, all pure.
namespace runledger::http::report {

/// The whole report.
[[nodiscard]] Report make_report(const Material& material);

/// The member of a result: its value, or the reason beside it, or `not_reported`.
[[nodiscard]] Cell cell_of(const Json& object, std::string_view name);
/// A nested object, or null if there is none.
[[nodiscard]] const Json& member(const Json& object, std::string_view name);
/// The number in a cell.
[[nodiscard]] std::optional<double> number_of(const Cell& cell);

/// A section on its way. Figures of a job without a result become a gap.
class SectionBuilder {
 public:
  SectionBuilder(const Material& material, std::string id, std::string title, std::string about);

  /// The job's document, or null; then the section says why.
  const Json* document(JobType job);
  void figure(Column column, Cell value);
  void figures(const Json& object, std::initializer_list<Column> columns);
  /// An empty table, or null if the document has no such array or object: the section then shows
  /// the reason in its place.
  Table* table(std::string id, std::string title, std::vector<Column> columns);
  /// Rows of an array of objects.
  Table* rows_of(const Json& object,
                 std::string_view name,
                 std::string title,
                 std::vector<Column> columns);
  /// Rows of an object of objects; the keys are the first column.
  Table* groups_of(const Json& object,
                   std::string_view name,
                   std::string title,
                   std::vector<Column> columns);
  void chart(Chart chart);
  void note(std::string text);
  /// Says which underlyings did not take part in a series, and what was filled.
  void series_notes(const Json& document, std::string_view left_out);

  [[nodiscard]] Section take() { return std::move(section_); }

 private:
  const Json* missing_table(const Json& object, std::string_view name, const std::string& title);

  const Material& material_;
  Section section_;
};

/// How the job stands for the date: figures of its newest attempt, of an earlier one, or none.
[[nodiscard]] std::optional<Gap> gap_of(JobType job, const JobRecord& record);

// sections_value.cc
[[nodiscard]] Section summary_section(const Material& material);
[[nodiscard]] Section valuation_section(const Material& material);
[[nodiscard]] Section explain_section(const Material& material);
[[nodiscard]] Section exposure_section(const Material& material);
[[nodiscard]] Section greeks_section(const Material& material);
[[nodiscard]] Section concentration_section(const Material& material);
[[nodiscard]] Section history_section(const Material& material);

// sections_risk.cc
[[nodiscard]] Section factor_section(const Material& material);
[[nodiscard]] Section beta_section(const Material& material);
[[nodiscard]] Section decomposition_section(const Material& material);
[[nodiscard]] Section value_at_risk_section(const Material& material);
[[nodiscard]] Section rates_section(const Material& material);
[[nodiscard]] Section market_section(const Material& material);
[[nodiscard]] Section stress_section(const Material& material);
[[nodiscard]] Section volatility_section(const Material& material);
[[nodiscard]] Section correlation_section(const Material& material);

// sections_quality.cc
/// full, limited, failed or unknown: the worst that a job says of its figures. A figure that is
/// missing although there was something to calculate is no better than limited; without a snapshot,
/// failed.
[[nodiscard]] std::string worst_quality(const Material& material);
/// `others`: the sections so far, whose missing figures it lists.
[[nodiscard]] Section quality_section(const Material& material, const std::vector<Section>& others);
[[nodiscard]] Section sources_section(const Material& material);

}  // namespace runledger::http::report
