#include "tools/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/table.h"

namespace runledger::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ProgressView half_done() {
  ProgressView view;
  view.status = "running";
  view.percent = 50;
  view.job = "greeks_calculation";
  view.portfolio = "Hedge";
  view.as_of = "2017-03-01";
  view.total = 1000;
  view.completed = 490;
  view.failed = 3;
  view.skipped = 7;
  view.eta_seconds = 72;
  return view;
}

TEST(ProgressBar, ShowsEverythingOnAWideTerminal) {
  const auto line = progress_line(half_done(), 140);

  EXPECT_THAT(line, StartsWith("[===================="));
  EXPECT_THAT(line, HasSubstr(" 50.0 %  500/1000 jobs  3 failed"));
  EXPECT_THAT(line, HasSubstr("greeks_calculation Hedge 2017-03-01"));
  EXPECT_THAT(line, HasSubstr("ETA 1:12"));
}

TEST(ProgressBar, NeverIsWiderThanTheTerminal) {
  auto view = half_done();
  view.portfolio = "Überlänge";
  for (std::size_t columns = 7; columns < 200; ++columns) {
    EXPECT_LE(display_width(progress_line(view, columns)), columns) << columns;
  }
}

TEST(ProgressBar, LeavesTheJobOutFirst) {
  const auto line = progress_line(half_done(), 70);

  EXPECT_THAT(line, HasSubstr("ETA 1:12"));
  EXPECT_THAT(line, Not(HasSubstr("greeks")));
}

TEST(ProgressBar, IsFullOnlyAtTheEnd) {
  auto view = half_done();
  view.percent = 99.9;
  EXPECT_THAT(progress_line(view, 100), HasSubstr(">]"));
  view.percent = 100;
  EXPECT_THAT(progress_line(view, 100), HasSubstr("=]"));
}

TEST(ProgressBar, WritesTimesAsPeopleDo) {
  EXPECT_EQ(clock_text(7), "0:07");
  EXPECT_EQ(clock_text(599.6), "10:00");
  EXPECT_EQ(clock_text(3723), "1:02:03");
  EXPECT_EQ(clock_text(-1), "0:00");
}

}  // namespace
}  // namespace runledger::tools
