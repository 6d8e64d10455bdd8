#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/decide.h"
#include "schema/codec.h"
#include "tests/support/sim_node.h"
#include "tests/support/toy_calculation.h"

// Faults that the simulation found, each as the shortest history that shows it.
namespace runledger::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class SimRegression : public ::testing::Test {
 protected:
  void boot(Script script = {}) {
    planner_ = std::make_unique<ToyPlanner>(1, std::move(script));
    node_ = std::make_unique<SimNode>(world_, *disk_, *planner_, limits_, [](const Event&) {});
    ASSERT_TRUE(node_->boot().has_value());
  }

  void request(bool force,
               engine::Coordinator::Done<Sequence> done,
               std::optional<store::CommandKey> key = std::nullopt) {
    const auto run = RunId::make(world_.clock().wall_now(), world_.random().entropy());
    node_->coordinator().request_run({run, {"test", force, toy_scope(1), std::nullopt}}, key,
                                     std::move(done));
  }

  template <class T>
  std::vector<T> all() {
    std::vector<T> found;
    Sequence after{};
    while (after < node_->log().committed()) {
      const auto page = node_->log().read(after, {});
      EXPECT_TRUE(page.has_value());
      for (const auto& recorded : *page) {
        const auto event = decode_event(recorded.bytes);
        EXPECT_TRUE(event.has_value()) << event.error().message;
        if (const auto* payload = event ? std::get_if<T>(&event->payload) : nullptr) {
          found.push_back(*payload);
        }
        after = recorded.sequence;
      }
    }
    return found;
  }

  template <class T>
  bool run_until_recorded() {
    return world_.run_until([this] { return !all<T>().empty(); }, 20'000);
  }

  SimWorld world_{11};
  LogFaults faults_;
  LogFaultCounts counts_;
  engine::Coordinator::Limits limits_;
  std::unique_ptr<SimDisk> disk_ = make_memory_disk(world_, engine::Random{12}, faults_, counts_);
  std::unique_ptr<ToyPlanner> planner_;
  std::unique_ptr<SimNode> node_;
};

TEST_F(SimRegression, ARepeatedCancelIsAnsweredOnceTheFirstIsDurable) {
  boot();
  request(false, [](const Result<Sequence>&) {});
  ASSERT_TRUE(run_until_recorded<RunStarted>());
  faults_.slow = 1.0;
  std::size_t answers = 0;
  for (int i = 0; i < 2; ++i) {
    node_->coordinator().cancel_run({std::nullopt, "test"}, [&](const Result<RunId>& answer) {
      ++answers;
      EXPECT_TRUE(answer.has_value());
      EXPECT_THAT(all<RunCancelRequested>(), SizeIs(1)) << "acknowledged, and not durable";
    });
  }

  EXPECT_TRUE(world_.run_until([&] { return answers == 2; }));
}

TEST_F(SimRegression, ARepeatedCommandIsAnsweredOnceTheFirstIsDurable) {
  boot();
  faults_.slow = 1.0;
  const store::CommandKey key{CommandId::make(UtcTime{}, {1, 2}), sha256("content")};
  std::vector<Sequence> answers;
  for (int i = 0; i < 2; ++i) {
    request(
        false,
        [&](const Result<Sequence>& answer) {
          ASSERT_TRUE(answer.has_value());
          EXPECT_LE(*answer, node_->log().committed()) << "acknowledged, and not durable";
          answers.push_back(*answer);
        },
        key);
  }

  EXPECT_TRUE(world_.run_until([&] { return answers.size() == 2; }));
  EXPECT_EQ(answers.front(), answers.back());
}

TEST_F(SimRegression, ARefusedAppendStopsTheEngineAndAnswersAForcedStart) {
  boot();
  request(false, [](const Result<Sequence>&) {});
  ASSERT_TRUE(run_until_recorded<RunStarted>());
  std::optional<Result<Sequence>> forced;
  request(true, [&](const Result<Sequence>& answer) { forced = answer; });
  ASSERT_TRUE(run_until_recorded<RunCancelRequested>());
  faults_.refused = 1.0;

  ASSERT_TRUE(world_.run_until([&] { return forced.has_value(); }));

  EXPECT_EQ(forced->error().code, Code::kUnavailable);
  EXPECT_TRUE(node_->log().health().has_value());
  EXPECT_EQ(node_->coordinator().health().error().code, Code::kExhausted);
}

TEST_F(SimRegression, AResultThatNoEventCanHoldFailsItsJob) {
  for (const double coverage : {std::numeric_limits<double>::quiet_NaN(),
                                std::numeric_limits<double>::infinity(), -0.5, 1.5}) {
    node_.reset();
    disk_ = make_memory_disk(world_, engine::Random{12}, faults_, counts_);
    boot([coverage](const engine::JobSpec& spec, const std::stop_token&,
                    const engine::JobProgress&) {
      auto output = toy_output(spec);
      output.quality.coverage = coverage;
      return output;
    });
    request(false, [](const Result<Sequence>&) {});

    ASSERT_TRUE(run_until_recorded<RunFinished>());

    const auto failed = all<JobFailed>();
    ASSERT_THAT(failed, SizeIs(1));
    EXPECT_EQ(failed.front().error, "invalid_result");
    EXPECT_EQ(failed.front().category, ErrorCategory::kInternal);
  }
}

TEST_F(SimRegression, AResultWithoutADocumentFailsItsJob) {
  boot([](const engine::JobSpec& spec, const std::stop_token&, const engine::JobProgress&) {
    auto output = toy_output(spec);
    output.document = "no json";
    return output;
  });
  request(false, [](const Result<Sequence>&) {});

  ASSERT_TRUE(run_until_recorded<RunFinished>());

  EXPECT_EQ(all<JobFailed>().front().error, "invalid_result");
}

TEST_F(SimRegression, ATextThatIsLongerThanAnEventIsCut) {
  boot([](const engine::JobSpec&, const std::stop_token&,
          const engine::JobProgress&) -> std::expected<engine::JobOutput, engine::JobError> {
    return std::unexpected(engine::JobError{ErrorCategory::kPermanent, "verbose",
                                            std::string(kEventBytesMax + 1, 'x')});
  });
  request(false, [](const Result<Sequence>&) {});

  ASSERT_TRUE(run_until_recorded<RunFinished>());

  EXPECT_LT(all<JobFailed>().front().detail.size(), 20'000U);
  EXPECT_THAT(all<JobFailed>().front().detail, HasSubstr("x ..."));
}

TEST_F(SimRegression, ARetryDoesNotWaitForAClockThatWasSetBack) {
  auto failures = std::make_shared<int>(0);
  boot(
      [failures](const engine::JobSpec& spec, const std::stop_token&,
                 const engine::JobProgress&) -> std::expected<engine::JobOutput, engine::JobError> {
        if ((*failures)++ == 0) {
          return std::unexpected(engine::JobError{ErrorCategory::kTransient, "busy", ""});
        }
        return toy_output(spec);
      });
  request(false, [](const Result<Sequence>&) {});
  ASSERT_TRUE(run_until_recorded<JobRetryScheduled>());
  const auto before = world_.clock().mono_now();
  world_.jump_wall(-std::chrono::hours{24 * 365});

  ASSERT_TRUE(run_until_recorded<RunFinished>());

  EXPECT_LT(world_.clock().mono_now() - before, std::chrono::minutes{2});
  EXPECT_GE(all<RunFinished>().front().summary.duration, nanoseconds{0});
}

TEST(Decide, ARunThatWasCancelledEndsAsCancelledAlsoIfItCannotBePlanned) {
  engine::RunState state(RunId::make(UtcTime{}, {1, 2}));
  std::uint64_t sequence = 0;
  for (Payload payload : {Payload(RunRequested{}), Payload(RunCancelRequested{"ops"})}) {
    Event event;
    event.sequence = Sequence{++sequence};
    event.run = state.run();
    event.payload = std::move(payload);
    state.evolve(event);
  }
  engine::Random random(1);
  const engine::RetryPolicy retry;

  const auto facts = engine::decide(&state, engine::SupplyPlan{std::unexpected("no inputs")},
                                    {UtcTime{}, Epoch{1}, retry, random});

  ASSERT_TRUE(facts.has_value());
  ASSERT_THAT(*facts, SizeIs(1));
  const auto& finished = std::get<RunFinished>(facts->front());
  EXPECT_EQ(finished.status, RunStatus::kCancelled);
  EXPECT_EQ(finished.reason, "no inputs");
}

}  // namespace
}  // namespace runledger::testing
