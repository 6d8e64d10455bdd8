#include "engine/eta.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace runledger::engine {
namespace {

WorkOfType type_of(const std::vector<double>& durations, double left) {
  WorkOfType work;
  work.left = left;
  for (const double seconds : durations) {
    work.done += 1;
    work.seconds += seconds;
    work.squared_seconds += seconds * seconds;
  }
  return work;
}

TEST(Eta, IsAbsentUntilAJobHasTakenTime) {
  EXPECT_FALSE(estimate_time_left({}, 10));
  EXPECT_FALSE(estimate_time_left(std::vector{type_of({}, 5)}, 10));
  EXPECT_FALSE(estimate_time_left(std::vector{type_of({0, 0}, 5)}, 10));
}

TEST(Eta, OfEqualJobsIsExactAndHasNoBand) {
  const auto eta = estimate_time_left(std::vector{type_of({2, 2, 2, 2}, 6)}, 4);  // Two at a time.

  ASSERT_TRUE(eta);
  EXPECT_DOUBLE_EQ(eta->seconds, 6);
  EXPECT_DOUBLE_EQ(eta->low, 6);
  EXPECT_DOUBLE_EQ(eta->high, 6);
}

TEST(Eta, DoesNotTakeSlowTypesThatComeLastForFastOnes) {
  const auto eta = estimate_time_left(
      std::vector{type_of(std::vector<double>(99, 0.01), 0), type_of({1.0}, 99)}, 1.99);

  ASSERT_TRUE(eta);
  EXPECT_NEAR(eta->seconds, 99, 1e-9);  // By the number of jobs it would be 1.97.
  EXPECT_LT(eta->low, eta->seconds);
}

TEST(Eta, ExpectsTheMeanOfAllFromATypeNotSeen) {
  const auto eta = estimate_time_left(std::vector{type_of({1, 3}, 0), type_of({}, 10)}, 4);

  ASSERT_TRUE(eta);
  EXPECT_DOUBLE_EQ(eta->seconds, 20);
  EXPECT_GT(eta->high, 25);
}

TEST(Eta, HoldsTheTruthInAboutNineteenOfTwentyRuns) {
  std::mt19937_64 random(42);
  const std::vector<double> means = {0.01, 0.2, 0.05};
  int held = 0;
  constexpr int kRuns = 2000;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<WorkOfType> work;
    double elapsed = 0;
    double truth = 0;
    for (const double mean : means) {
      std::gamma_distribution<double> duration(2.0, mean / 2.0);
      std::vector<double> done(30);
      for (auto& seconds : done) {
        seconds = duration(random);
        elapsed += seconds;
      }
      for (int i = 0; i < 200; ++i) {
        truth += duration(random);
      }
      work.push_back(type_of(done, 200));
    }
    const auto eta = estimate_time_left(work, elapsed);
    held += truth >= eta->low && truth <= eta->high ? 1 : 0;
  }
  EXPECT_GT(held, kRuns * 0.90);
  EXPECT_LT(held, kRuns * 0.98);
}

}  // namespace
}  // namespace runledger::engine
