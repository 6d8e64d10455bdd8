#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/inputs/csv_reader.h"
#include "engine/inputs/issue_log.h"
#include "schema/time.h"

namespace runledger::engine {

/// Largest amount of money, quantity or price that a file may hold.
inline constexpr double kAmountMax = 1e12;

/// Codes of one date column.
struct DateCodes {
  const char* malformed;    ///< Missing, or not YYYY-MM-DD.
  const char* future;       ///< After today.
  const char* not_session;  ///< Not a trading day; only for session().
};

/// Codes of one number column.
struct NumberCodes {
  const char* malformed;     ///< Not a number.
  const char* out_of_range;  ///< Outside the limits.
};

/// Closed or half-open limits of a number column, with the words for a message.
struct NumberLimits {
  double least = 0;
  bool least_allowed = true;
  double most = kAmountMax;
};
inline constexpr NumberLimits kPositiveAmount = {
    .least = 0, .least_allowed = false, .most = kAmountMax};

/// Checks the cells of one row after another and reports what is wrong with its line and symbol.
/// Each check returns the value, or nullopt and an error in the log; blank optional cells are
/// nullopt without an error. Not thread-safe.
class RowChecks {
 public:
  /// References are kept.
  RowChecks(const CsvLayout& layout, Date today, IssueLog& log)
      : layout_(layout), today_(today), log_(log) {}

  /// Begins a row; the cell of `symbol_column` names it in errors.
  void begin(const CsvRow& row, std::size_t symbol_column) noexcept {
    row_ = &row;
    symbol_column_ = symbol_column;
    errors_before_ = log_.error_count();
  }
  /// Whether the row has no error so far.
  [[nodiscard]] bool ok() const noexcept { return log_.error_count() == errors_before_; }
  [[nodiscard]] std::uint32_t line() const noexcept { return row_->line; }
  [[nodiscard]] Date today() const noexcept { return today_; }
  [[nodiscard]] std::string_view text(std::size_t column) const noexcept {
    return row_->values[column];
  }

  void error(const char* code, std::size_t column, std::string message);
  void note(const char* code, std::size_t column, std::string message);

  /// An upper-cased symbol of [A-Z0-9._-]{1,100}; empty after an error.
  [[nodiscard]] std::string symbol(std::size_t column, const char* code);
  /// A day that is not after today.
  [[nodiscard]] std::optional<Date> date(std::size_t column, const DateCodes& codes);
  /// A trading day that is not after today. A day before the calendar passes (see is_too_old).
  [[nodiscard]] std::optional<Date> session(std::size_t column, const DateCodes& codes);
  /// A number within `limits`.
  [[nodiscard]] std::optional<double> number(std::size_t column,
                                             const NumberCodes& codes,
                                             const NumberLimits& limits);

 private:
  const CsvLayout& layout_;
  Date today_;
  IssueLog& log_;
  const CsvRow* row_ = nullptr;
  std::size_t symbol_column_ = 0;
  std::uint64_t errors_before_ = 0;
};

/// Whether `date` lies before the first session of the calendar. Such rows of market data are of no
/// use and are left out.
[[nodiscard]] bool is_too_old(Date date) noexcept;
/// Notes that `count` rows were left out as too old, if any.
void note_too_old(IssueLog& log, std::uint64_t count);

}  // namespace runledger::engine
