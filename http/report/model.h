#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/ids.h"
#include "schema/time.h"
#include "schema/vocabulary.h"

/// The report of a portfolio as of a date, as plain values: what is said, not how it looks.
/// Each renderer (json, csv, md, html) is a pure function of it.
namespace runledger::http::report {

/// What a number is, and so how people read it.
enum class Unit : std::uint8_t {
  kText,
  kMoney,         ///< In the portfolio's currency.
  kPrice,         ///< Money for one share or contract.
  kRatio,         ///< Decimal; people read percent.
  kRateChange,    ///< Decimal; people read basis points.
  kNumber,        ///< Without a unit.
  kCount,         ///< A whole number.
  kDays,          ///< Trading days.
  kDate,          ///< YYYY-MM-DD.
  kMoneySquared,  ///< A variance of money.
  kCode,          ///< An id or hash.
};
/// "money", "ratio": stable, documented in docs/api.md.
[[nodiscard]] std::string_view to_string(Unit unit) noexcept;

/// A figure that is not there, and the stable word that says why.
struct Missing {
  std::string reason;
};

using Cell = std::variant<Missing, double, std::int64_t, bool, std::string>;

/// What a figure or a column is called, and what it is in.
struct Column {
  std::string id;  ///< Stable name.
  std::string title;
  Unit unit = Unit::kText;
  bool on_pages = true;  ///< Pages leave out what only programs need.
};

struct Figure {
  Column column;
  Cell value;
};

/// Rows of as many cells as there are columns; the first column names the row.
struct Table {
  std::string id;
  std::string title;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::size_t page_rows = 0;  ///< Pages show so many of the last rows; 0: all.
};

enum class ChartKind : std::uint8_t { kWaterfall, kBars, kIntervals, kLines, kHeatmap };
[[nodiscard]] std::string_view to_string(ChartKind kind) noexcept;

/// A picture of columns of a table of the same section.
struct Chart {
  std::string id;
  std::string title;
  ChartKind kind = ChartKind::kBars;
  std::string table;
  std::string label;                ///< Column that names the points.
  std::vector<std::string> values;  ///< Columns that are drawn; of a heat map: none.
  std::string low = {};             ///< Column of an interval's lower end.
  std::string high = {};            ///< Column of an interval's upper end.
  bool sorted = false;              ///< Draw the points by value, not in the order of the table.
};

/// A job whose figures are not there, or are older than its newest attempt.
struct Gap {
  JobType job{};
  std::string status;          ///< skipped, failed, cancelled, not_run.
  std::string reason;          ///< Stable word.
  std::string text;            ///< For people: what happened and what is shown instead.
  bool figures_shown = false;  ///< Those of an earlier run.
};

struct Section {
  std::string id;
  std::string title;
  std::string about;  ///< What the figures are, in a sentence.
  std::vector<Gap> gaps = {};
  std::vector<Figure> figures = {};
  std::vector<Table> tables = {};
  std::vector<Chart> charts = {};
  std::vector<std::string> notes = {};
};

/// The run that made the newest of the results.
struct RunNote {
  std::string id;
  std::string status;  ///< Empty if the run has been pruned.
  std::string triggered_by;
  std::string finished_at;
};

struct Report {
  std::string portfolio;
  std::string portfolio_id;
  std::string as_of;
  RunNote run;
  std::int64_t formula_version = 0;
  std::string quality;  ///< full, limited, failed, or unknown (worst_quality).
  std::vector<Section> sections;
};

/// Version of the names in the model.
inline constexpr std::int64_t kReportVersion = 1;

}  // namespace runledger::http::report
