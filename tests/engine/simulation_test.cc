#include "tests/support/simulation.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "engine/random.h"

// The whole engine under virtual time from one seed: what it does is drawn by tests/support, what
// must hold is checked there. More of it: the program `simulate`.
namespace runledger::testing {
namespace {

class Simulation : public ::testing::Test {
 protected:
  Simulation() : level_(spdlog::get_level()) { spdlog::set_level(spdlog::level::off); }
  ~Simulation() override { spdlog::set_level(level_); }

  void expect_kept(std::uint64_t seed, SimLog log) {
    const auto report = simulate(seed, {.log = log, .verbose = false});
    counts_ += report.counts;
    EXPECT_FALSE(report.failure.has_value())
        << "seed " << seed << ": " << *report.failure << "\nrepeat it: " << repeat_command(report);
  }

  SimCounts counts_;

 private:
  spdlog::level::level_enum level_;
};

TEST_F(Simulation, KeepsItsPromisesForFixedSeeds) {
  for (std::uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) {
    expect_kept(seed, SimLog::kMemory);
  }
  // A fault that never happens is not tested.
  for (const auto what :
       {SimCount::kCrash, SimCount::kCrashWhileStarting, SimCount::kStoppedByFailure,
        SimCount::kClockForward, SimCount::kClockBack, SimCount::kAppendSlow, SimCount::kFailedLost,
        SimCount::kFailedWritten, SimCount::kAnsweredLate, SimCount::kWrittenAtCrash,
        SimCount::kJobGarbage, SimCount::kJobHung, SimCount::kJobIgnoredStop, SimCount::kDrain,
        SimCount::kDuplicateAnswered, SimCount::kInterrupted, SimCount::kCheckedRebuild,
        SimCount::kCheckedReplay}) {
    EXPECT_GT(counts_[what], 0U) << to_string(what);
  }
}

TEST_F(Simulation, KeepsItsPromisesOnRocksDb) {
  for (std::uint64_t seed = 1; seed <= 15 && !HasFailure(); ++seed) {
    expect_kept(seed, SimLog::kRocks);
  }
}

TEST_F(Simulation, KeepsItsPromisesForFreshSeeds) {
  const auto* given = std::getenv("RUNLEDGER_SIM_SEED");  // NOLINT(concurrency-mt-unsafe)
  if (given != nullptr) {
    return expect_kept(std::strtoull(given, nullptr, 10), SimLog::kMixed);
  }
  auto fresh = engine::Random::from_system();
  for (int i = 0; i < 20 && !HasFailure(); ++i) {
    expect_kept(fresh.next(), SimLog::kMixed);
  }
}

TEST_F(Simulation, PlaysTheSameHistoryForTheSameSeed) {
  for (const auto log : {SimLog::kMemory, SimLog::kRocks}) {
    const auto first = simulate(7, {.log = log, .verbose = false});
    const auto second = simulate(7, {.log = log, .verbose = false});

    EXPECT_EQ(first.history, second.history);
    EXPECT_TRUE(first.counts == second.counts);
  }
}

}  // namespace
}  // namespace runledger::testing
