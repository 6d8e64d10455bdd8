#include "engine/run_timeline.h"

#include <gmock/gmock.h>

namespace runledger::engine {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

constexpr UtcTime kStart{std::chrono::hours{480'000}};

class TimelineTest : public ::testing::Test {
 protected:
  void at(int ms, Payload payload) {
    Event event;
    event.sequence = Sequence{++sequence_};
    event.time = kStart + milliseconds{ms};
    event.payload = std::move(payload);
    fold_.fold(event);
  }
  void attempt(int ms, std::uint32_t job, std::uint32_t number = 1) {
    at(ms,
       JobAttempted{
           {.index = job, .type = {}, .portfolio = {}, .as_of = {}}, Attempt{number}, Epoch{1}});
  }
  void succeed(int ms, std::uint32_t job, int duration_ms) {
    JobSucceeded succeeded;
    succeeded.job.index = job;
    succeeded.duration = milliseconds{duration_ms};
    succeeded.quality.flag = QualityFlag::kFull;
    at(ms, succeeded);
  }
  // job, slot (-1: waits), begin and end in ms (-1: under way).
  std::vector<std::vector<long>> rows() {
    std::vector<std::vector<long>> result;
    for (const auto& span : fold_.layout().spans) {
      const auto ms = [](UtcTime time) {
        return static_cast<long>(std::chrono::duration_cast<milliseconds>(time - kStart).count());
      };
      result.push_back({static_cast<long>(span.job), span.slot ? static_cast<long>(*span.slot) : -1,
                        ms(span.began_at), span.ended_at ? ms(*span.ended_at) : -1});
    }
    return result;
  }

  TimelineFold fold_;
  std::uint64_t sequence_ = 0;
};

TEST_F(TimelineTest, IsEmptyBeforeTheFirstAttempt) {
  EXPECT_EQ(fold_.layout().slots, 0U);
  EXPECT_TRUE(fold_.layout().spans.empty());
}

TEST_F(TimelineTest, PutsEachAttemptRightBehindTheOneBeforeItInItsSlot) {
  for (std::uint32_t job = 0; job < 4; ++job) {
    attempt(0, job);
  }
  succeed(10, 0, 10);
  succeed(12, 1, 12);
  succeed(30, 2, 20);
  succeed(31, 3, 19);

  EXPECT_EQ(fold_.layout().slots, 2U);
  EXPECT_THAT(rows(), ElementsAre(ElementsAre(0, 0, 0, 10), ElementsAre(1, 1, 0, 12),
                                  ElementsAre(2, 0, 10, 30), ElementsAre(3, 1, 12, 31)));
}

TEST_F(TimelineTest, TakesOneWorkerForOneThoughItsEndsAreCommittedTogether) {
  for (std::uint32_t job = 0; job < 5; ++job) {
    attempt(0, job);
  }
  for (std::uint32_t job = 0; job < 5; ++job) {
    succeed(50, job, 10);
  }

  EXPECT_EQ(fold_.layout().slots, 1U);
  EXPECT_THAT(rows(), ElementsAre(ElementsAre(0, 0, 0, 10), ElementsAre(1, 0, 10, 20),
                                  ElementsAre(2, 0, 20, 30), ElementsAre(3, 0, 30, 40),
                                  ElementsAre(4, 0, 40, 50)));
}

TEST_F(TimelineTest, GivesSlotsToTheOldestUnderWayAndLetsTheOthersWait) {
  for (std::uint32_t job = 0; job < 4; ++job) {
    attempt(0, job);
  }
  succeed(10, 0, 10);

  EXPECT_THAT(rows(), ElementsAre(ElementsAre(0, 0, 0, 10), ElementsAre(2, -1, 0, -1),
                                  ElementsAre(3, -1, 0, -1), ElementsAre(1, 0, 10, -1)));
}

TEST_F(TimelineTest, KeepsEveryAttemptOfAJobWithItsOutcome) {
  attempt(0, 7, 1);
  JobRetryScheduled retry;
  retry.job.index = 7;
  at(5, retry);
  attempt(100, 7, 2);
  JobInterrupted interrupted;
  interrupted.job.index = 7;
  at(110, interrupted);
  attempt(200, 7, 3);
  JobFailed failed;
  failed.job.index = 7;
  at(207, failed);

  std::vector<AttemptOutcome> outcomes;
  for (const auto& span : fold_.layout().spans) {
    outcomes.push_back(span.outcome);
  }
  EXPECT_THAT(outcomes, ElementsAre(AttemptOutcome::kRetried, AttemptOutcome::kInterrupted,
                                    AttemptOutcome::kFailed));
}

TEST_F(TimelineTest, NeverEndsBeforeItBeginsThoughTheClockWasSetBack) {
  attempt(1000, 1);
  succeed(400, 1, 50);
  JobCancelled never_ran;
  never_ran.job.index = 2;
  at(401, never_ran);

  EXPECT_THAT(rows(), ElementsAre(ElementsAre(1, 0, 1000, 1000)));
}

}  // namespace
}  // namespace runledger::engine
