#include "schema/time.h"

#include <gtest/gtest.h>

namespace runledger {
namespace {

TEST(Dates, RoundTripAndRejectDaysThatDoNotExist) {
  EXPECT_EQ(format_date(*parse_date("2016-02-29")), "2016-02-29");
  for (const auto* text :
       {"2015-02-29", "2015-2-03", "2015-13-01", "2015/01/01", "", "2015-01-1x"}) {
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
  }
}

TEST(Times, RoundTripToTheMicrosecondAndConvertOffsets) {
  const auto time = parse_time("2026-11-26T17:00:00.123456Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(format_time(*time), "2026-11-26T17:00:00.123456Z");
  EXPECT_EQ(parse_time("2026-11-26T18:30:00+01:30"), parse_time("2026-11-26T17:00:00Z"));
  EXPECT_EQ(format_time(UtcTime{nanoseconds{-1000}}), "1969-12-31T23:59:59.999999Z");
}

TEST(Times, RejectWhatIsNotRfc3339) {
  for (const auto* text :
       {"2026-11-26T17:00:00", "2026-11-26", "2026-11-26T25:00:00Z", "2026-11-26T17:00:00.Z",
        "2026-11-26T17:00:00+0130", "2026-11-26T17:00:00.1234567890Z", "2026-11-31T17:00:00Z"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace runledger
