#include "engine/inputs/calendar.h"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runledger::engine {
namespace {

using std::chrono::days;
using testing::ElementsAre;
using testing::IsEmpty;

Date date(const char* text) {
  return parse_date(text).value();
}

std::vector<std::string> texts(const std::vector<Date>& dates) {
  std::vector<std::string> result;
  for (const Date d : dates) {
    result.push_back(format_date(d));
  }
  return result;
}

// Weekdays of a year that are not sessions.
std::vector<std::string> closures(int year) {
  const Date from{std::chrono::year{year} / 1 / 1};
  const Date to{std::chrono::year{year} / 12 / 31};
  std::vector<Date> result;
  for (Date d = from; d <= to; d += days{1}) {
    const std::chrono::weekday on{d};
    if (on != std::chrono::Saturday && on != std::chrono::Sunday &&
        !Calendar::nyse().is_trading_day(d)) {
      result.push_back(d);
    }
  }
  return texts(result);
}

std::vector<std::string> half_days(int year) {
  std::vector<Date> result;
  for (const Date d : Calendar::nyse().sessions(Date{std::chrono::year{year} / 1 / 1},
                                                Date{std::chrono::year{year} / 12 / 31})) {
    if (Calendar::nyse().is_half_day(d)) {
      result.push_back(d);
    }
  }
  return texts(result);
}

std::size_t count(const char* from, const char* to) {
  return Calendar::nyse().sessions(date(from), date(to)).size();
}

TEST(Calendar, CountsTheSessionsOfKnownSpans) {
  EXPECT_EQ(count("2012-01-03", "2017-11-10"), 1476U);
  EXPECT_EQ(count("2012-01-01", "2012-12-31"), 250U);
  EXPECT_EQ(count("2016-01-01", "2016-12-31"), 252U);
  EXPECT_EQ(count("2020-01-01", "2020-12-31"), 253U);
  EXPECT_EQ(count("2024-01-01", "2024-12-31"), 252U);
  EXPECT_EQ(count("2025-01-01", "2025-12-31"), 250U);
  EXPECT_EQ(count("2001-01-01", "2001-12-31"), 248U);
}

TEST(Calendar, MatchesThePublishedHolidayLists) {
  EXPECT_THAT(closures(2024),
              ElementsAre("2024-01-01", "2024-01-15", "2024-02-19", "2024-03-29", "2024-05-27",
                          "2024-06-19", "2024-07-04", "2024-09-02", "2024-11-28", "2024-12-25"));
  EXPECT_THAT(closures(2025), ElementsAre("2025-01-01", "2025-01-09", "2025-01-20", "2025-02-17",
                                          "2025-04-18", "2025-05-26", "2025-06-19", "2025-07-04",
                                          "2025-09-01", "2025-11-27", "2025-12-25"));
  EXPECT_THAT(closures(2026),
              ElementsAre("2026-01-01", "2026-01-19", "2026-02-16", "2026-04-03", "2026-05-25",
                          "2026-06-19", "2026-07-03", "2026-09-07", "2026-11-26", "2026-12-25"));
  EXPECT_THAT(closures(2027),
              ElementsAre("2027-01-01", "2027-01-18", "2027-02-15", "2027-03-26", "2027-05-31",
                          "2027-06-18", "2027-07-05", "2027-09-06", "2027-11-25", "2027-12-24"));
}

TEST(Calendar, ClosesForHurricaneSandy) {
  EXPECT_THAT(closures(2012), ElementsAre("2012-01-02", "2012-01-16", "2012-02-20", "2012-04-06",
                                          "2012-05-28", "2012-07-04", "2012-09-03", "2012-10-29",
                                          "2012-10-30", "2012-11-22", "2012-12-25"));
}

TEST(Calendar, ClosesForDaysOfMourningAndAttacks) {
  for (const char* closed : {"1994-04-27", "2001-09-11", "2001-09-12", "2001-09-13", "2001-09-14",
                             "2004-06-11", "2007-01-02", "2018-12-05", "2025-01-09"}) {
    EXPECT_FALSE(Calendar::nyse().is_trading_day(date(closed))) << closed;
  }
  EXPECT_TRUE(Calendar::nyse().is_trading_day(date("2001-09-17")));
}

TEST(Calendar, KeepsNewYearOnMondayButNeverOnTheFridayBefore) {
  EXPECT_TRUE(Calendar::nyse().is_trading_day(date("2010-12-31")));
  EXPECT_TRUE(Calendar::nyse().is_trading_day(date("2021-12-31")));
  EXPECT_FALSE(Calendar::nyse().is_trading_day(date("2012-01-02")));
  EXPECT_FALSE(Calendar::nyse().is_trading_day(date("2023-01-02")));
}

TEST(Calendar, KeepsHolidaysOnlySinceTheyWereIntroduced) {
  EXPECT_TRUE(Calendar::nyse().is_trading_day(date("1997-01-20")));
  EXPECT_FALSE(Calendar::nyse().is_trading_day(date("1998-01-19")));
  EXPECT_TRUE(Calendar::nyse().is_trading_day(date("2021-06-18")));
  EXPECT_FALSE(Calendar::nyse().is_trading_day(date("2022-06-20")));
}

TEST(Calendar, MatchesThePublishedHalfDays) {
  EXPECT_THAT(half_days(2012), ElementsAre("2012-07-03", "2012-11-23", "2012-12-24"));
  EXPECT_THAT(half_days(2013), ElementsAre("2013-07-03", "2013-11-29", "2013-12-24"));
  EXPECT_THAT(half_days(2014), ElementsAre("2014-07-03", "2014-11-28", "2014-12-24"));
  EXPECT_THAT(half_days(2015), ElementsAre("2015-11-27", "2015-12-24"));
  EXPECT_THAT(half_days(2016), ElementsAre("2016-11-25"));
  EXPECT_THAT(half_days(2017), ElementsAre("2017-07-03", "2017-11-24"));
  EXPECT_THAT(half_days(2018), ElementsAre("2018-07-03", "2018-11-23", "2018-12-24"));
  EXPECT_THAT(half_days(2019), ElementsAre("2019-07-03", "2019-11-29", "2019-12-24"));
  EXPECT_THAT(half_days(2020), ElementsAre("2020-11-27", "2020-12-24"));
  EXPECT_THAT(half_days(2021), ElementsAre("2021-11-26"));
  EXPECT_THAT(half_days(2022), ElementsAre("2022-11-25"));
  EXPECT_THAT(half_days(2023), ElementsAre("2023-07-03", "2023-11-24"));
  EXPECT_THAT(half_days(2024), ElementsAre("2024-07-03", "2024-11-29", "2024-12-24"));
  EXPECT_THAT(half_days(2025), ElementsAre("2025-07-03", "2025-11-28", "2025-12-24"));
  EXPECT_THAT(half_days(2026), ElementsAre("2026-11-27", "2026-12-24"));
  EXPECT_THAT(half_days(2027), ElementsAre("2027-11-26"));
}

TEST(Calendar, KnowsTheOlderHalfDays) {
  EXPECT_THAT(half_days(1991), ElementsAre("1991-12-24"));
  EXPECT_THAT(half_days(1997), ElementsAre("1997-07-03", "1997-11-28", "1997-12-24", "1997-12-26"));
  EXPECT_THAT(half_days(1999), ElementsAre("1999-11-26", "1999-12-31"));
  EXPECT_THAT(half_days(2002), ElementsAre("2002-07-05", "2002-11-29", "2002-12-24"));
  EXPECT_THAT(half_days(2003), ElementsAre("2003-07-03", "2003-11-28", "2003-12-24", "2003-12-26"));
}

TEST(Calendar, GivesClosesInUtcAcrossDaylightSaving) {
  const auto close = [](const char* d) { return format_time(Calendar::nyse().close_of(date(d))); };

  EXPECT_EQ(close("2017-03-10"), "2017-03-10T21:00:00.000000Z");
  EXPECT_EQ(close("2017-03-13"), "2017-03-13T20:00:00.000000Z");
  EXPECT_EQ(close("2017-11-03"), "2017-11-03T20:00:00.000000Z");
  EXPECT_EQ(close("2017-11-06"), "2017-11-06T21:00:00.000000Z");
  EXPECT_EQ(close("2006-03-31"), "2006-03-31T21:00:00.000000Z");
  EXPECT_EQ(close("2006-04-03"), "2006-04-03T20:00:00.000000Z");
  EXPECT_EQ(close("2006-10-27"), "2006-10-27T20:00:00.000000Z");
  EXPECT_EQ(close("2006-10-30"), "2006-10-30T21:00:00.000000Z");
  EXPECT_EQ(close("2017-07-03"), "2017-07-03T17:00:00.000000Z");
  EXPECT_EQ(close("2017-11-24"), "2017-11-24T18:00:00.000000Z");
  EXPECT_EQ(close("1992-11-27"), "1992-11-27T19:00:00.000000Z");
}

TEST(Calendar, FindsTheNewestClosedSession) {
  const auto newest = [](const char* now) {
    return format_date(Calendar::nyse().last_closed(parse_time(now).value()));
  };

  EXPECT_EQ(newest("2017-11-10T20:59:59.999999999Z"), "2017-11-09");
  EXPECT_EQ(newest("2017-11-10T21:00:00Z"), "2017-11-10");
  EXPECT_EQ(newest("2017-11-13T02:00:00Z"), "2017-11-10");
  EXPECT_EQ(newest("2017-11-24T18:00:00Z"), "2017-11-24");
  EXPECT_EQ(newest("2017-11-23T23:00:00Z"), "2017-11-22");
}

TEST(Calendar, StepsOverWeekendsAndHolidays) {
  const Calendar& nyse = Calendar::nyse();

  EXPECT_EQ(nyse.previous(date("2017-11-13")), date("2017-11-10"));
  EXPECT_EQ(nyse.previous(date("2017-11-12")), date("2017-11-10"));
  EXPECT_EQ(nyse.next(date("2017-11-22")), date("2017-11-24"));
  EXPECT_EQ(nyse.next(date("2017-11-23")), date("2017-11-24"));
  EXPECT_EQ(nyse.on_or_before(date("2014-07-19")), date("2014-07-18"));
  EXPECT_EQ(nyse.on_or_before(date("2014-07-18")), date("2014-07-18"));
  EXPECT_EQ(nyse.on_or_after(date("2014-07-19")), date("2014-07-21"));
  EXPECT_EQ(nyse.on_or_after(date("2014-07-21")), date("2014-07-21"));
}

TEST(Calendar, NumbersSessionsWithoutGaps) {
  const Calendar& nyse = Calendar::nyse();
  const std::vector<Date> all = nyse.sessions(nyse.first(), nyse.last());

  ASSERT_EQ(nyse.first(), date("1990-01-02"));
  ASSERT_EQ(nyse.last(), date("2099-12-31"));
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(nyse.index_of(all[i]), static_cast<std::int32_t>(i));
    ASSERT_EQ(nyse.date_at(static_cast<std::int32_t>(i)), all[i]);
  }
  EXPECT_EQ(nyse.index_on_or_before(date("2017-11-12")), nyse.index_of(date("2017-11-10")));
}

TEST(Calendar, KnowsNoSessionsOutsideItsRange) {
  EXPECT_FALSE(Calendar::nyse().is_trading_day(date("1989-12-29")));
  EXPECT_FALSE(Calendar::nyse().is_trading_day(date("2100-01-04")));
  EXPECT_THAT(Calendar::nyse().sessions(date("2017-11-13"), date("2017-11-10")), IsEmpty());
}

TEST(Calendar, AnswersForDaysOutsideItsRangeWhereThereIsAnAnswer) {
  const Calendar& nyse = Calendar::nyse();

  EXPECT_EQ(nyse.on_or_after(date("1962-06-01")), nyse.first());
  EXPECT_EQ(nyse.next(date("1962-06-01")), nyse.first());
  EXPECT_EQ(nyse.index_on_or_before(date("1962-06-01")), -1);
  EXPECT_EQ(nyse.on_or_before(date("2150-01-01")), nyse.last());
  EXPECT_EQ(nyse.previous(date("2150-01-01")), nyse.last());
}

}  // namespace
}  // namespace runledger::engine
