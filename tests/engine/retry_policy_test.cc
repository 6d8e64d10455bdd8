#include "engine/retry_policy.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace runledger::engine {
namespace {

double seconds(std::chrono::nanoseconds delay) {
  return std::chrono::duration<double>(delay).count();
}

TEST(RetryPolicy, DoublesTheDelayWithinItsJitterUpToTheLargest) {
  RetryPolicy policy{.attempts_max = 20};
  Random random(5);
  for (std::uint32_t failed = 1; failed < 20; ++failed) {
    const double nominal = std::min(60.0, std::pow(2.0, failed - 1));
    const auto delay = policy.next_delay(failed, ErrorCategory::kTransient, random);
    ASSERT_TRUE(delay);
    EXPECT_GE(seconds(*delay), 0.8 * nominal - 1e-6);
    EXPECT_LE(seconds(*delay), 1.2 * nominal + 1e-6);
  }
}

TEST(RetryPolicy, RetriesOnlyWhatMayPass) {
  const RetryPolicy policy;
  Random random(5);
  EXPECT_TRUE(policy.next_delay(1, ErrorCategory::kTransient, random));
  EXPECT_TRUE(policy.next_delay(2, ErrorCategory::kTimeout, random));
  EXPECT_FALSE(policy.next_delay(3, ErrorCategory::kTransient, random));
  for (const auto category :
       {ErrorCategory::kPermanent, ErrorCategory::kData, ErrorCategory::kInternal}) {
    EXPECT_FALSE(policy.next_delay(1, category, random)) << to_string(category);
  }
}

}  // namespace
}  // namespace runledger::engine
