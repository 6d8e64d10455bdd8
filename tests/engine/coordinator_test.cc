#include "engine/coordinator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sim_engine.h"

namespace runledger::engine {
namespace {

using testing::SimEngine;
using testing::toy_output;
using testing::toy_scope;

std::unexpected<JobError> trouble(ErrorCategory category) {
  return std::unexpected(JobError{category, "scripted", "as the test wants it"});
}

// A script in which attempts of `type` fail the first `times` times.
testing::Script failing(JobType type, ErrorCategory category, std::uint32_t times) {
  auto seen = std::make_shared<std::map<std::pair<PortfolioId, Date>, std::uint32_t>>();
  return [=](const JobSpec& spec, const std::stop_token&,
             const JobProgress&) -> std::expected<JobOutput, JobError> {
    if (spec.type == type && (*seen)[{spec.portfolio, spec.as_of}]++ < times) {
      return trouble(category);
    }
    return toy_output(spec);
  };
}

RunFinished finished(const SimEngine& engine) {
  const auto all = engine.all<RunFinished>();
  EXPECT_EQ(all.size(), 1U);
  return all.empty() ? RunFinished{} : all.front();
}

TEST(Coordinator, RunsEveryJobOnceAndSkipsWhatItsConditionExcludes) {
  SimEngine engine(1, 3);
  engine.boot();
  engine.request(toy_scope(2));
  ASSERT_TRUE(engine.settle());

  const auto end = finished(engine);
  EXPECT_EQ(end.status, RunStatus::kCompleted);
  EXPECT_EQ(end.summary.jobs_total, 62U);
  // Per date: 3 correlations not scheduled, and Greeks of the one odd portfolio.
  EXPECT_EQ(end.summary.skipped, 8U);
  EXPECT_EQ(end.summary.succeeded, 54U);
  EXPECT_EQ(engine.all<JobSucceeded>().size(), 54U);
  EXPECT_EQ(engine.all<JobAttempted>().size(), 54U);
}

TEST(Coordinator, StartsAJobOnlyAfterWhatItDependsOn) {
  SimEngine engine(2, 2);
  engine.boot();
  engine.request(toy_scope(3));
  ASSERT_TRUE(engine.settle());

  const auto planned = engine.all<RunPlanned>().at(0);
  const RunPlan plan(planned);
  std::set<std::uint32_t> ended;
  for (const auto& event : engine.events()) {
    if (const auto* begun = std::get_if<JobAttempted>(&event.payload)) {
      plan.for_each_dependency(begun->job.index, [&](std::uint32_t on) {
        EXPECT_TRUE(ended.contains(on)) << begun->job.index << " before " << on;
      });
    } else if (const auto* job = job_of(event.payload)) {
      ended.insert(job->index);
    }
  }
}

TEST(Coordinator, NamesTheEventThatLedToEachOutcome) {
  SimEngine engine(3, 1);
  engine.boot();
  engine.request(toy_scope(1));
  ASSERT_TRUE(engine.settle());

  const auto events = engine.events();
  for (const auto& event : events) {
    if (const auto* ended = std::get_if<JobSucceeded>(&event.payload)) {
      const auto& cause = events.at(raw(event.causation) - 1);
      const auto* begun = std::get_if<JobAttempted>(&cause.payload);
      ASSERT_NE(begun, nullptr);
      EXPECT_EQ(begun->job, ended->job);
    }
  }
}

TEST(Coordinator, RetriesATransientErrorWithGrowingDelays) {
  SimEngine engine(4, 1, failing(JobType::kFactorAnalysis, ErrorCategory::kTransient, 2));
  engine.boot();
  engine.request(toy_scope(1));
  ASSERT_TRUE(engine.settle());

  EXPECT_EQ(finished(engine).status, RunStatus::kCompleted);
  EXPECT_EQ(finished(engine).summary.retries, 2U);
  std::vector<double> delays;
  for (const auto& event : engine.events()) {
    if (const auto* retry = std::get_if<JobRetryScheduled>(&event.payload)) {
      delays.push_back(std::chrono::duration<double>(retry->due - event.time).count());
    }
  }
  ASSERT_EQ(delays.size(), 2U);
  EXPECT_NEAR(delays[0], 1.0, 0.2001);
  EXPECT_NEAR(delays[1], 2.0, 0.4001);
}

TEST(Coordinator, GivesUpATransientErrorAfterThreeAttempts) {
  SimEngine engine(5, 1, failing(JobType::kFactorAnalysis, ErrorCategory::kTransient, 99));
  engine.boot();
  engine.request(toy_scope(1));
  ASSERT_TRUE(engine.settle());

  EXPECT_EQ(finished(engine).status, RunStatus::kPartial);
  const auto failed = engine.all<JobFailed>();
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].attempt, Attempt{3});
}

TEST(Coordinator, DoesNotRetryAPermanentError) {
  SimEngine engine(6, 1, failing(JobType::kFactorAnalysis, ErrorCategory::kPermanent, 99));
  engine.boot();
  engine.request(toy_scope(1));
  ASSERT_TRUE(engine.settle());

  EXPECT_TRUE(engine.all<JobRetryScheduled>().empty());
  ASSERT_EQ(engine.all<JobFailed>().size(), 1U);
  EXPECT_EQ(engine.all<JobFailed>()[0].attempt, Attempt{1});
}

TEST(Coordinator, SkipsWhatDependsOnAFailedCriticalJobAndNamesTheFirstCause) {
  SimEngine engine(7, 2,
                   [](const JobSpec& spec, const std::stop_token&,
                      const JobProgress&) -> std::expected<JobOutput, JobError> {
                     if (spec.type == JobType::kPositionValuesUpdate &&
                         spec.portfolio == testing::ToyPlanner::portfolio(0)) {
                       return trouble(ErrorCategory::kData);
                     }
                     return toy_output(spec);
                   });
  engine.boot();
  engine.request(toy_scope(1));
  ASSERT_TRUE(engine.settle());

  const RunPlan plan(engine.all<RunPlanned>().at(0));
  const auto cause = *plan.index_of(0, 0, JobType::kPositionValuesUpdate);
  std::size_t blocked = 0;
  for (const auto& skip : engine.all<JobSkipped>()) {
    if (skip.reason == SkipReason::kDependencyFailed) {
      EXPECT_EQ(skip.because_of, cause);
      EXPECT_EQ(plan.portfolio_index(skip.job.index), 0U) << "the other portfolio goes on";
      ++blocked;
    }
  }
  EXPECT_EQ(blocked, 8U) << "all but the valuation itself and the unscheduled correlations";
  EXPECT_EQ(finished(engine).status, RunStatus::kPartial);
}

TEST(Coordinator, GoesOnAfterANonCriticalFailureAndTellsWhoNeededIt) {
  std::set<JobType> told;
  SimEngine engine(8, 1,
                   [&](const JobSpec& spec, const std::stop_token&,
                       const JobProgress&) -> std::expected<JobOutput, JobError> {
                     if (spec.type == JobType::kGreeksCalculation) {
                       return trouble(ErrorCategory::kPermanent);
                     }
                     if (spec.failed_dependencies.contains(JobType::kGreeksCalculation)) {
                       told.insert(spec.type);
                     }
                     return toy_output(spec);
                   });
  engine.boot();
  engine.request(toy_scope(1));
  ASSERT_TRUE(engine.settle());

  EXPECT_EQ(told, std::set{JobType::kPortfolioAggregation});
  EXPECT_EQ(finished(engine).summary.failed, 1U);
  EXPECT_EQ(finished(engine).summary.succeeded, 9U);
}

TEST(Coordinator, SkipsThePortfoliosThatMarketDataLeavesUncovered) {
  SimEngine engine(9, 2,
                   [](const JobSpec& spec, const std::stop_token&,
                      const JobProgress&) -> std::expected<JobOutput, JobError> {
                     auto output = toy_output(spec);
                     if (spec.type == JobType::kMarketDataUpdate) {
                       output.uncovered = {testing::ToyPlanner::portfolio(1)};
                     }
                     return output;
                   });
  engine.boot();
  engine.request(toy_scope(1));
  ASSERT_TRUE(engine.settle());

  std::map<SkipReason, int> skipped;
  for (const auto& skip : engine.all<JobSkipped>()) {
    ++skipped[skip.reason];
  }
  EXPECT_EQ(skipped[SkipReason::kUncovered], 1);
  EXPECT_EQ(skipped[SkipReason::kDependencyFailed], 7);
  EXPECT_EQ(finished(engine).status, RunStatus::kPartial);
}

TEST(Coordinator, RefusesASecondRunAndForceCancelsTheFirst) {
  SimEngine engine(11, 2);
  engine.boot();
  const auto first = engine.request(toy_scope(20));
  ASSERT_TRUE(engine.world.run_until([&] { return engine.all<JobSucceeded>().size() > 20; }));
  engine.request(toy_scope(1));
  const auto forced = engine.request(toy_scope(1), true);
  ASSERT_TRUE(engine.world.run_until([&] { return engine.started.size() == 3 && engine.idle(); }));

  EXPECT_EQ(engine.started[1].error().code, Code::kConflict);
  EXPECT_TRUE(engine.started[2].has_value());
  const auto ends = engine.all<RunFinished>();
  ASSERT_EQ(ends.size(), 2U);
  EXPECT_EQ(ends[0].status, RunStatus::kCancelled);
  EXPECT_EQ(ends[1].status, RunStatus::kCompleted);
  bool first_ended = false;
  for (const auto& event : engine.events()) {
    first_ended |= event.run == first && std::holds_alternative<RunFinished>(event.payload);
    EXPECT_TRUE(event.run != forced || first_ended) << "the forced run waits for the end";
  }
}

TEST(Coordinator, CancelEndsEveryJobAndTheRun) {
  SimEngine engine(12, 2);
  engine.boot();
  engine.request(toy_scope(20));
  ASSERT_TRUE(engine.world.run_until([&] { return engine.all<JobSucceeded>().size() > 20; }));
  engine.cancel();
  ASSERT_TRUE(engine.settle());

  const auto end = finished(engine);
  EXPECT_EQ(end.status, RunStatus::kCancelled);
  EXPECT_GT(end.summary.cancelled, 0U);
  EXPECT_EQ(
      end.summary.succeeded + end.summary.failed + end.summary.skipped + end.summary.cancelled,
      end.summary.jobs_total);
  engine.cancel();
  ASSERT_TRUE(engine.world.run_until([&] { return engine.cancelled.size() == 2; }));
  EXPECT_EQ(engine.cancelled[1].error().code, Code::kNotFound);
}

TEST(Coordinator, AnIdempotencyKeyStartsOneRunAndRefusesOtherContent) {
  SimEngine engine(13, 1);
  engine.boot();
  const CommandId id{{{1, 2, 3}}};
  engine.request(toy_scope(1), false, store::CommandKey{id, sha256("one")});
  engine.request(toy_scope(1), false, store::CommandKey{id, sha256("one")});
  ASSERT_TRUE(engine.world.run_until([&] { return engine.started.size() == 2 && engine.idle(); }));
  engine.request(toy_scope(1), false, store::CommandKey{id, sha256("one")});
  engine.request(toy_scope(1), false, store::CommandKey{id, sha256("two")});
  ASSERT_TRUE(engine.world.run_until([&] { return engine.started.size() == 4; }));

  EXPECT_EQ(engine.all<RunRequested>().size(), 1U);
  EXPECT_EQ(engine.started[0], engine.started[1]);
  EXPECT_EQ(engine.started[0], engine.started[2]);
  EXPECT_EQ(engine.started[3].error().code, Code::kInvalidArgument);
}

TEST(Coordinator, ClosesOpenAttemptsAsInterruptedAndResumesAfterACrash) {
  SimEngine engine(14, 3);
  engine.boot();
  engine.request(toy_scope(4));
  ASSERT_TRUE(engine.world.run_until([&] { return engine.all<JobSucceeded>().size() > 30; }));
  engine.crash();
  const auto begun = engine.all<JobAttempted>().size();
  const auto ended = engine.all<JobSucceeded>().size();
  ASSERT_GT(begun, ended);
  engine.boot();
  ASSERT_TRUE(engine.settle());

  EXPECT_EQ(engine.all<JobInterrupted>().size(), begun - ended);
  EXPECT_EQ(engine.all<RunResumed>().size(), 1U);
  EXPECT_EQ(finished(engine).status, RunStatus::kCompleted);
  std::map<std::uint32_t, int> succeeded;
  for (const auto& done : engine.all<JobSucceeded>()) {
    EXPECT_EQ(++succeeded[done.job.index], 1);
  }
}

TEST(Coordinator, FailsAJobThatKeepsEndingItsEngine) {
  SimEngine engine(15, 1);
  engine.limits.retry.interruptions_max = 3;
  engine.boot();
  engine.request(toy_scope(1));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(engine.world.run_until(
        [&] { return engine.all<JobAttempted>().size() > static_cast<std::size_t>(i); }));
    engine.crash();
    engine.boot();
  }
  ASSERT_TRUE(engine.settle());

  const auto failed = engine.all<JobFailed>();
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].error, "interrupted_too_often");
}

TEST(Coordinator, DrainLetsAttemptsEndAndLeavesTheRunToTheNextEngine) {
  SimEngine engine(16, 2);
  engine.boot();
  engine.request(toy_scope(5));
  ASSERT_TRUE(engine.world.run_until([&] { return engine.all<JobSucceeded>().size() > 10; }));
  bool drained = false;
  engine.coordinator().drain([&] { drained = true; });
  ASSERT_TRUE(engine.world.run_until([&] { return drained; }));
  EXPECT_EQ(engine.all<JobAttempted>().size(), engine.all<JobSucceeded>().size());
  engine.request(toy_scope(1));
  ASSERT_TRUE(engine.world.run_until([&] { return engine.started.size() == 2; }));
  EXPECT_EQ(engine.started[1].error().code, Code::kUnavailable);

  engine.crash();
  engine.boot();
  ASSERT_TRUE(engine.settle());
  EXPECT_TRUE(engine.all<JobInterrupted>().empty());
  EXPECT_EQ(finished(engine).status, RunStatus::kCompleted);
}

TEST(Coordinator, RecordsNothingToDoAsASkipThatBlocksNobody) {
  SimEngine engine(17, 1,
                   [](const JobSpec& spec, const std::stop_token&,
                      const JobProgress&) -> std::expected<JobOutput, JobError> {
                     auto output = toy_output(spec);
                     if (spec.type == JobType::kPositionValuesUpdate) {
                       output.nothing_to_do = SkipReason::kNoPositions;
                     }
                     return output;
                   });
  engine.boot();
  engine.request(toy_scope(1));
  ASSERT_TRUE(engine.settle());

  EXPECT_EQ(finished(engine).status, RunStatus::kCompleted);
  EXPECT_EQ(finished(engine).summary.skipped, 2U);
  EXPECT_EQ(finished(engine).summary.succeeded, 9U);
}

TEST(Coordinator, TurnsAnExceptionOfAJobIntoItsFailure) {
  SimEngine engine(18, 1,
                   [](const JobSpec& spec, const std::stop_token&,
                      const JobProgress&) -> std::expected<JobOutput, JobError> {
                     if (spec.type == JobType::kStressTesting) {
                       throw std::runtime_error("out of its mind");
                     }
                     return toy_output(spec);
                   });
  engine.boot();
  engine.request(toy_scope(1));
  ASSERT_TRUE(engine.settle());

  ASSERT_EQ(engine.all<JobFailed>().size(), 1U);
  EXPECT_EQ(engine.all<JobFailed>()[0].category, ErrorCategory::kInternal);
  EXPECT_EQ(engine.all<JobFailed>()[0].detail, "out of its mind");
}

}  // namespace
}  // namespace runledger::engine
