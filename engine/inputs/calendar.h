#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "schema/error.h"
#include "schema/time.h"

namespace runledger::engine {

/// Sessions of the New York Stock Exchange from 1990 to 2099: rules for the holidays, plus the
/// exceptional closures and half days. Immutable after construction; thread-safe.
/// Source: NYSE rule 7.2 and its published holiday lists; closures by their announcements.
/// Limitations: halts within a session (weather, circuit breakers, failures) are not closes.
class Calendar {
 public:
  /// The one calendar of the program, built at first use. Cost: O(1) after that.
  [[nodiscard]] static const Calendar& nyse();

  [[nodiscard]] bool is_trading_day(Date date) const noexcept;
  /// The session before / after `date`, which need not be a session nor lie within the calendar.
  /// Asserts that there is one.
  [[nodiscard]] Date previous(Date date) const noexcept;
  [[nodiscard]] Date next(Date date) const noexcept;
  /// `date` if it is a session, else the one before / after it.
  [[nodiscard]] Date on_or_before(Date date) const noexcept;
  [[nodiscard]] Date on_or_after(Date date) const noexcept;
  /// Sessions in [from, to].
  [[nodiscard]] std::vector<Date> sessions(Date from, Date to) const;

  /// Number of a session, counted from the first of the calendar; for aligned arrays.
  /// Asserts that `date` is a session.
  [[nodiscard]] std::int32_t index_of(Date date) const noexcept;
  [[nodiscard]] Date date_at(std::int32_t index) const noexcept;
  /// Index of the session on or before `date`; -1 before the first.
  [[nodiscard]] std::int32_t index_on_or_before(Date date) const noexcept;

  /// Close of a session: 16:00 New York, 13:00 on half days (14:00 until 1992), as UTC.
  [[nodiscard]] UtcTime close_of(Date date) const;
  /// The day after Thanksgiving since 1992, Christmas Eve, July 3 since 1995 (a Wednesday since
  /// 2013; until then July 5 if a Friday), and single days around Christmas.
  [[nodiscard]] bool is_half_day(Date date) const noexcept;
  /// Newest session whose close is at or before `now`.
  [[nodiscard]] Date last_closed(UtcTime now) const;

  [[nodiscard]] Date first() const noexcept;
  [[nodiscard]] Date last() const noexcept;

 private:
  Calendar();
  std::vector<Date> sessions_;
  std::vector<std::int32_t> index_by_day_;  ///< Of the session on or before each calendar day.
  std::vector<Date> half_days_;
};

}  // namespace runledger::engine
