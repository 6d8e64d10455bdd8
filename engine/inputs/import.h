#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/inputs/rows.h"
#include "schema/error.h"
#include "schema/events.h"

/// Files to rows. Every error of a file is reported in one pass, with its true line number.
namespace runledger::engine {

inline constexpr std::size_t kPositionsFileBytesMax = 10U << 20U;
inline constexpr std::size_t kInputFileBytesMax = 256U << 20U;

/// One finding about a line of a file.
struct ImportIssue {
  std::uint32_t line = 0;  ///< From 1 in the file as it is; 0: the whole file.
  std::string symbol;
  std::string code;     ///< "ERR_POS_005", "ERR_PRICE_002" (docs/import.md lists them).
  std::string message;  ///< What is wrong and what to do.
  std::string field;    ///< Column name.

  friend bool operator==(const ImportIssue&, const ImportIssue&) = default;
};

/// Outcome of reading a file: rows if there is no error; notes in any case.
template <class Rows>
struct Parsed {
  Rows rows;
  std::vector<ImportIssue> errors;  ///< At most kIssuesMax, then one that says how many more.
  std::vector<ImportIssue> notes;   ///< Ignored columns and the like; not errors.
  std::uint64_t data_rows = 0;
  [[nodiscard]] bool ok() const noexcept { return errors.empty(); }
};
inline constexpr std::size_t kIssuesMax = 1000;

/// `today` bounds dates: nothing may be dated after it.
/// All accept a byte order mark, CRLF, any column order and letter case of the header, quoted
/// fields with line breaks; extra columns are ignored with a note. Malformed CSV, a missing column
/// and bytes that are not UTF-8 are errors.
[[nodiscard]] Parsed<std::vector<Position>> parse_positions(std::string_view text, Date today);
[[nodiscard]] Parsed<std::vector<PriceRow>> parse_prices(std::string_view text, Date today);
[[nodiscard]] Parsed<std::vector<RateRow>> parse_rates(std::string_view text, Date today);
[[nodiscard]] Parsed<std::vector<SectorRow>> parse_sectors(std::string_view text);
[[nodiscard]] Parsed<std::vector<QuoteRow>> parse_quotes(std::string_view text, Date today);
[[nodiscard]] Parsed<std::vector<SplitRow>> parse_splits(std::string_view text, Date today);
[[nodiscard]] Parsed<std::vector<DividendRow>> parse_dividends(std::string_view text, Date today);
[[nodiscard]] Parsed<std::vector<ParameterRow>> parse_parameters(std::string_view text);
[[nodiscard]] Parsed<std::vector<FlowRow>> parse_flows(std::string_view text, Date today);

/// One imported file as the log has it.
struct ImportedFile {
  std::variant<PortfolioImported, InputIngested> event;
  std::string bytes;
};

/// A file that has been checked, ready to be appended.
struct PreparedImport {
  ImportedFile file;
  std::vector<ImportIssue> notes;
};

/// Checks an input file of `kind` (not kScenarios: asserts) and makes its event. A file name must
/// end in .csv; it may be empty if there is none.
[[nodiscard]] std::expected<PreparedImport, std::vector<ImportIssue>> prepare_input(
    InputKind kind, std::string file_name, std::string bytes, Date today);

/// Checks a positions file and makes its event. The name must be 1..100 printable characters,
/// equity > 0 and <= 1e12, and its date a trading day not after today (ERR_PORT_*).
struct PortfolioImportRequest {
  PortfolioId id;  ///< New, or that of the portfolio with this name.
  std::string name;
  std::string file_name;
  std::string bytes;
  std::optional<double> equity;
  std::optional<Date> equity_date;
};
[[nodiscard]] std::expected<PreparedImport, std::vector<ImportIssue>> prepare_portfolio(
    PortfolioImportRequest request, Date today);

/// Folds the imported files, in log order, into rows. A later positions file of a portfolio
/// replaces the earlier one; a deleted portfolio leaves. The files were checked when they came in,
/// so an error here is kCorruption.
class InputFold {
 public:
  [[nodiscard]] Status add(const InputIngested& event, std::string_view bytes);
  [[nodiscard]] Status add(const PortfolioImported& event, std::string_view bytes);
  void remove(const PortfolioDeleted& event);
  [[nodiscard]] InputRows take();

 private:
  InputRows rows_;
  std::vector<Digest> order_;
};

}  // namespace runledger::engine
