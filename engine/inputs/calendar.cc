#include "engine/inputs/calendar.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "schema/invariant.h"

namespace runledger::engine {
namespace {

using std::chrono::April;
using std::chrono::days;
using std::chrono::December;
using std::chrono::February;
using std::chrono::Friday;
using std::chrono::hours;
using std::chrono::January;
using std::chrono::July;
using std::chrono::June;
using std::chrono::last;
using std::chrono::March;
using std::chrono::May;
using std::chrono::Monday;
using std::chrono::month_day;
using std::chrono::November;
using std::chrono::October;
using std::chrono::Saturday;
using std::chrono::September;
using std::chrono::Sunday;
using std::chrono::Thursday;
using std::chrono::Wednesday;
using std::chrono::weekday;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr year kFirstYear{1990};
constexpr year kLastYear{2099};
constexpr Date kFirstDay{kFirstYear / January / 1};
constexpr Date kLastDay{kLastYear / December / 31};

constexpr Date day(int y, unsigned m, unsigned d) {
  return Date{year{y} / std::chrono::month{m} / std::chrono::day{d}};
}

// Closures that no rule gives. Sorted.
constexpr std::array kClosures = {
    day(1994, 4, 27),   // mourning for President Nixon
    day(2001, 9, 11),   // attacks of 11 September
    day(2001, 9, 12),   //
    day(2001, 9, 13),   //
    day(2001, 9, 14),   //
    day(2004, 6, 11),   // mourning for President Reagan
    day(2007, 1, 2),    // mourning for President Ford
    day(2012, 10, 29),  // hurricane Sandy
    day(2012, 10, 30),  //
    day(2018, 12, 5),   // mourning for President G. H. W. Bush
    day(2025, 1, 9),    // mourning for President Carter
};

// Half days that no rule gives. Sorted.
constexpr std::array kExtraHalfDays = {
    day(1997, 12, 26),
    day(1999, 12, 31),
    day(2003, 12, 26),
};

// Easter Sunday of the Gregorian calendar (Meeus 1991, chapter 8: the method of Butcher).
constexpr Date easter(year of) {
  const int y = static_cast<int>(of);
  const int a = y % 19;
  const int b = y / 100;
  const int c = y % 100;
  const int d = b / 4;
  const int e = b % 4;
  const int g = (b - (b + 8) / 25 + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30;
  const int l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
  const int m = (a + 11 * h + 22 * l) / 451;
  const int n = h + l - 7 * m + 114;
  return day(y, static_cast<unsigned>(n / 31), static_cast<unsigned>(n % 31 + 1));
}
static_assert(easter(year{2017}) == day(2017, 4, 16));

// The weekday on which a holiday of a fixed date is kept.
constexpr Date observed(Date holiday) {
  const weekday on{holiday};
  if (on == Saturday) {
    return holiday - days{1};
  }
  return on == Sunday ? holiday + days{1} : holiday;
}

// New Year's Day on a Saturday is not kept on the Friday, which ends the accounting year.
constexpr Date new_year_observed(year y) {
  const Date holiday{y / January / 1};
  return weekday{holiday} == Saturday ? holiday : observed(holiday);
}

bool is_holiday(Date date) {
  const year_month_day ymd{date};
  const year y = ymd.year();
  if (date == new_year_observed(y) || date == Date{y / February / Monday[3]} ||
      date == easter(y) - days{2} || date == Date{y / May / Monday[last]} ||
      date == observed(Date{y / July / 4}) || date == Date{y / September / Monday[1]} ||
      date == Date{y / November / Thursday[4]} || date == observed(Date{y / December / 25})) {
    return true;
  }
  if (y >= year{1998} && date == Date{y / January / Monday[3]}) {
    return true;
  }
  return y >= year{2022} && date == observed(Date{y / June / 19});
}

// Whether a session next to Independence Day closes early: July 3 from Monday to Thursday since
// 1995, where a Wednesday counts only since 2013; before, the Friday after the holiday did.
bool is_half_day_of_july(const year_month_day& date, weekday on) {
  if (date.year() < year{1995}) {
    return false;
  }
  const month_day in_year{date.month() / date.day()};
  if (in_year == July / 3) {
    return on != Wednesday || date.year() >= year{2013};
  }
  return in_year == July / 5 && on == Friday && date.year() < year{2013};
}

// `session` must be one: a Friday before a holiday on Saturday is then excluded already.
bool closes_early(Date session) {
  const year_month_day ymd{session};
  const year y = ymd.year();
  const bool after_thanksgiving = session == Date{y / November / Thursday[4]} + days{1};
  if (after_thanksgiving && y >= year{1992}) {
    return true;
  }
  return session == Date{y / December / 24} || is_half_day_of_july(ymd, weekday{session}) ||
         std::ranges::binary_search(kExtraHalfDays, session);
}

// Daylight saving time of New York in the afternoon of `date`.
// Sources: 15 USC 260a as amended in 1986 (from 1987) and by the Energy Policy Act of 2005 (2007).
bool is_daylight_saving(Date date) {
  const year y = year_month_day{date}.year();
  if (y >= year{2007}) {
    return date >= Date{y / March / Sunday[2]} && date < Date{y / November / Sunday[1]};
  }
  return date >= Date{y / April / Sunday[1]} && date < Date{y / October / Sunday[last]};
}

std::size_t offset_of(Date date) noexcept {
  RL_ASSERT(date >= kFirstDay);
  RL_ASSERT(date <= kLastDay);
  return static_cast<std::size_t>((date - kFirstDay).count());
}

}  // namespace

Calendar::Calendar() {
  index_by_day_.reserve(offset_of(kLastDay) + 1);
  for (Date date = kFirstDay; date <= kLastDay; date += days{1}) {
    const weekday on{date};
    const bool weekend = on == Saturday || on == Sunday;
    if (!weekend && !is_holiday(date) && !std::ranges::binary_search(kClosures, date)) {
      sessions_.push_back(date);
      if (closes_early(date)) {
        half_days_.push_back(date);
      }
    }
    index_by_day_.push_back(static_cast<std::int32_t>(sessions_.size()) - 1);
  }
}

const Calendar& Calendar::nyse() {
  static const Calendar calendar;
  return calendar;
}

bool Calendar::is_trading_day(Date date) const noexcept {
  if (date < kFirstDay || date > kLastDay) {
    return false;
  }
  const std::int32_t index = index_by_day_[offset_of(date)];
  return index >= 0 && sessions_[static_cast<std::size_t>(index)] == date;
}

Date Calendar::previous(Date date) const noexcept {
  return on_or_before(date - days{1});
}

Date Calendar::next(Date date) const noexcept {
  return date_at(index_on_or_before(date) + 1);
}

Date Calendar::on_or_before(Date date) const noexcept {
  return date_at(index_on_or_before(date));
}

Date Calendar::on_or_after(Date date) const noexcept {
  return is_trading_day(date) ? date : next(date);
}

std::vector<Date> Calendar::sessions(Date from, Date to) const {
  const auto begin = std::ranges::lower_bound(sessions_, from);
  const auto end = std::ranges::upper_bound(sessions_, to);
  return begin < end ? std::vector<Date>(begin, end) : std::vector<Date>{};
}

std::int32_t Calendar::index_of(Date date) const noexcept {
  RL_ASSERT(is_trading_day(date));
  return index_by_day_[offset_of(date)];
}

Date Calendar::date_at(std::int32_t index) const noexcept {
  RL_ASSERT(index >= 0);
  RL_ASSERT(static_cast<std::size_t>(index) < sessions_.size());
  return sessions_[static_cast<std::size_t>(index)];
}

std::int32_t Calendar::index_on_or_before(Date date) const noexcept {
  if (date < kFirstDay) {
    return -1;
  }
  return index_by_day_[offset_of(std::min(date, kLastDay))];
}

UtcTime Calendar::close_of(Date date) const {
  RL_ASSERT(is_trading_day(date));
  const hours early{year_month_day{date}.year() < year{1993} ? 14 : 13};
  const hours local = is_half_day(date) ? early : hours{16};
  return UtcTime{date} + local + hours{is_daylight_saving(date) ? 4 : 5};
}

bool Calendar::is_half_day(Date date) const noexcept {
  return std::ranges::binary_search(half_days_, date);
}

Date Calendar::last_closed(UtcTime now) const {
  // Every close falls on the same day in UTC as in New York.
  const Date newest = on_or_before(std::chrono::floor<days>(now));
  return close_of(newest) <= now ? newest : previous(newest);
}

Date Calendar::first() const noexcept {
  return sessions_.front();
}

Date Calendar::last() const noexcept {
  return sessions_.back();
}

}  // namespace runledger::engine
