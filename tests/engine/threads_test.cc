#include <future>

#include <gtest/gtest.h>

#include "engine/coordinator.h"
#include "engine/run_view.h"
#include "store/memory_event_log.h"
#include "store/run_history.h"
#include "tests/support/toy_calculation.h"

// The engine on real threads and the real clock.
namespace runledger::engine {
namespace {

class ThreadedEngine {
 public:
  ThreadedEngine(std::uint32_t portfolios, testing::Script script, Coordinator::Limits limits)
      : view_(clock_), planner_(portfolios, std::move(script)) {
    store::Projections projections;
    projections.push_back(store::make_run_history());
    log_ = store::make_memory_event_log(std::move(projections),
                                        [this](const Event& event) { view_.observe(event); });
    executor_ = std::make_unique<ThreadExecutor>(clock_);
    pool_ = make_thread_pool(3);
    coordinator_ = std::make_unique<Coordinator>(
        Coordinator::Dependencies{*log_, *pool_, *executor_, clock_, planner_, Random{1}}, limits,
        std::nullopt);
    coordinator_->start({{}, "test", "toy"}, [](Result<Epoch>) {});
  }
  ~ThreadedEngine() {
    coordinator_->abandon();
    pool_.reset();
    executor_.reset();
  }
  ThreadedEngine(const ThreadedEngine&) = delete;
  ThreadedEngine& operator=(const ThreadedEngine&) = delete;

  Result<Sequence> request(std::uint32_t days) {
    std::promise<Result<Sequence>> answer;
    coordinator_->request_run(
        {RunId::make(clock_.wall_now(), {days, 2}),
         {"test", false, testing::toy_scope(days), std::nullopt}},
        std::nullopt, [&](Result<Sequence> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }
  void cancel() {
    coordinator_->cancel_run({std::nullopt, "test"}, [](Result<RunId>) {});
  }
  store::RunRow finished() {
    EXPECT_TRUE(view_.wait_until_idle(std::chrono::minutes{1}));
    return store::list_runs(log_->tables(), {}, std::nullopt, 1).value().rows.at(0);
  }
  [[nodiscard]] std::vector<Event> events() const {
    std::vector<Event> events;
    auto after = Sequence{0};
    while (after < log_->committed()) {
      const auto page = log_->read(after, {});
      for (const auto& recorded : *page) {
        events.push_back(*decode_event(recorded.bytes));
        after = recorded.sequence;
      }
    }
    return events;
  }

 private:
  SystemClock clock_;
  RunView view_;
  testing::ToyPlanner planner_;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<ThreadExecutor> executor_;
  std::unique_ptr<ComputePool> pool_;
};

// Waits until the attempt is asked to stop.
std::expected<JobOutput, JobError> wait_for_stop(const std::stop_token& stop) {
  std::promise<void> stopped;
  const std::stop_callback callback(stop, [&] { stopped.set_value(); });
  stopped.get_future().wait();
  return std::unexpected(JobError{ErrorCategory::kTimeout, "stopped", ""});
}

TEST(EngineOnThreads, CompletesARunOfManyJobs) {
  ThreadedEngine engine(20, {}, {});
  ASSERT_TRUE(engine.request(10).has_value());
  const auto row = engine.finished();
  EXPECT_EQ(row.status, RunStatus::kCompleted);
  EXPECT_EQ(row.jobs_total, 10U * 201U);
}

TEST(EngineOnThreads, StopsAnAttemptAtItsDeadlineAndRetriesIt) {
  std::atomic<int> begun{0};
  Coordinator::Limits limits;
  limits.attempt_deadline = std::chrono::milliseconds{30};
  limits.tick = std::chrono::milliseconds{5};
  limits.retry.backoff_first = std::chrono::milliseconds{1};
  ThreadedEngine engine(
      1,
      [&](const JobSpec& spec, const std::stop_token& stop,
          const JobProgress&) -> std::expected<JobOutput, JobError> {
        if (spec.type == JobType::kStressTesting && begun++ == 0) {
          return wait_for_stop(stop);
        }
        return testing::toy_output(spec);
      },
      limits);
  ASSERT_TRUE(engine.request(1).has_value());

  EXPECT_EQ(engine.finished().status, RunStatus::kCompleted);
  std::vector<ErrorCategory> retried;
  for (const auto& event : engine.events()) {
    if (const auto* retry = std::get_if<JobRetryScheduled>(&event.payload)) {
      retried.push_back(retry->category);
    }
  }
  EXPECT_EQ(retried, std::vector{ErrorCategory::kTimeout});
}

TEST(EngineOnThreads, GivesUpAnAttemptThatIgnoresItsStopAndFencesItsLateResult) {
  std::promise<void> let_go;
  auto gate = let_go.get_future().share();
  std::atomic<int> begun{0};
  Coordinator::Limits limits;
  limits.attempt_deadline = std::chrono::milliseconds{10};
  limits.stop_patience = std::chrono::milliseconds{10};
  limits.tick = std::chrono::milliseconds{5};
  limits.retry.backoff_first = std::chrono::milliseconds{1};
  ThreadedEngine engine(
      1,
      [&](const JobSpec& spec, const std::stop_token&,
          const JobProgress&) -> std::expected<JobOutput, JobError> {
        auto output = testing::toy_output(spec);
        if (spec.type == JobType::kStressTesting && begun++ == 0) {
          gate.wait();
          output.document = "{\"late\":true}";
        }
        return output;
      },
      limits);
  ASSERT_TRUE(engine.request(1).has_value());
  EXPECT_EQ(engine.finished().status, RunStatus::kCompleted);
  let_go.set_value();

  std::size_t succeeded = 0;
  for (const auto& event : engine.events()) {
    if (const auto* done = std::get_if<JobSucceeded>(&event.payload);
        done != nullptr && done->job.type == JobType::kStressTesting) {
      EXPECT_EQ(done->attempt, Attempt{2});
      ++succeeded;
    }
  }
  EXPECT_EQ(succeeded, 1U);
}

TEST(EngineOnThreads, CancelStopsTheAttemptsUnderWay) {
  std::promise<void> begun;
  std::atomic<bool> once{false};
  ThreadedEngine engine(1,
                        [&](const JobSpec& spec, const std::stop_token& stop,
                            const JobProgress& progress) -> std::expected<JobOutput, JobError> {
                          if (spec.type == JobType::kMarketDataUpdate) {
                            progress(1, 10, "symbols");
                            if (!once.exchange(true)) {
                              begun.set_value();
                            }
                            return wait_for_stop(stop);
                          }
                          return testing::toy_output(spec);
                        },
                        {});
  ASSERT_TRUE(engine.request(3).has_value());
  begun.get_future().wait();
  engine.cancel();
  const auto row = engine.finished();
  EXPECT_EQ(row.status, RunStatus::kCancelled);
  EXPECT_EQ(row.summary->cancelled, row.jobs_total - 3) << "but for the unscheduled correlations";
}

}  // namespace
}  // namespace runledger::engine
