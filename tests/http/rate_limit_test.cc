#include "http/rate_limit.h"

#include <gtest/gtest.h>

#include "manual_clock.h"

namespace runledger::http {
namespace {

using runledger::testing::ManualClock;
using std::chrono::seconds;

TEST(RateLimiter, LetsTheNextOneInWhenTheFirstLeavesTheWindow) {
  ManualClock clock;
  RateLimiter limiter({.events_max = 2, .window = seconds{60}}, clock);
  EXPECT_TRUE(limiter.try_record("a"));
  clock.advance(seconds{10});
  EXPECT_TRUE(limiter.try_record("a"));

  EXPECT_FALSE(limiter.try_record("a"));
  EXPECT_EQ(limiter.wait_for("a"), seconds{50});
  clock.advance(seconds{50});
  EXPECT_TRUE(limiter.try_record("a"));
  EXPECT_FALSE(limiter.try_record("a"));
}

TEST(RateLimiter, CountsEachKeyForItself) {
  ManualClock clock;
  RateLimiter limiter({.events_max = 1, .window = seconds{60}}, clock);

  EXPECT_TRUE(limiter.try_record("a"));
  EXPECT_TRUE(limiter.try_record("b"));
  EXPECT_FALSE(limiter.try_record("a"));
}

TEST(RateLimiter, ForgetsAKeyWhenAsked) {
  ManualClock clock;
  RateLimiter limiter({.events_max = 1, .window = seconds{60}}, clock);
  limiter.record("a");

  limiter.forget("a");

  EXPECT_EQ(limiter.wait_for("a"), seconds{0});
}

TEST(RateLimiter, ForgetsTheOldestKeyWhenThereAreTooMany) {
  ManualClock clock;
  RateLimiter limiter({.events_max = 1, .window = seconds{60}, .keys_max = 2}, clock);
  limiter.record("a");
  limiter.record("b");
  limiter.record("c");

  EXPECT_EQ(limiter.wait_for("a"), seconds{0});
  EXPECT_GT(limiter.wait_for("b"), seconds{0});
  EXPECT_GT(limiter.wait_for("c"), seconds{0});
}

}  // namespace
}  // namespace runledger::http
