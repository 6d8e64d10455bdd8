#include <future>
#include <mutex>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/rocks_db.h"
#include "tests/store/faulty_file_system.h"
#include "tests/store/store_testing.h"

namespace runledger::store::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class RocksFault : public ::testing::Test {
 protected:
  std::unique_ptr<EventLog> open_faulty(AppenderLimits limits = {}) {
    RocksLogOptions options;
    options.directory = directory_.path();
    options.limits = limits;
    auto log = open_rocks_event_log_on(faulty_.env.get(), options, all_projections());
    EXPECT_TRUE(log.has_value()) << log.error().message;
    return log ? std::move(*log) : nullptr;
  }

  TempDir directory_;
  FaultyEnv faulty_;
};

/// Appends from `producers` threads until the log refuses; gives the notes that were acknowledged.
std::map<Sequence, std::string> append_until_failure(EventLog& log, std::uint64_t producers) {
  std::mutex mutex;
  std::map<Sequence, std::string> acknowledged;
  std::vector<std::jthread> threads;
  for (std::uint64_t producer = 0; producer < producers; ++producer) {
    threads.emplace_back([&, producer] {
      for (std::uint64_t i = 0;; ++i) {
        const std::uint64_t number = producer * 1'000'000 + i;
        const auto receipt = append(log, request_of({note(number), note(number)}));
        if (!receipt) {
          EXPECT_TRUE(receipt.error().code == Code::kUnknownOutcome ||
                      receipt.error().code == Code::kUnavailable);
          return;
        }
        const std::lock_guard lock(mutex);
        acknowledged.emplace(receipt->first, std::to_string(number));
        acknowledged.emplace(receipt->last, std::to_string(number));
      }
    });
  }
  threads.clear();
  return acknowledged;
}

TEST_F(RocksFault, KeepsEveryAcknowledgedEventWhenThePowerFails) {
  for (const std::uint64_t sync : {1U, 2U, 3U, 5U, 8U, 13U, 50U}) {
    SCOPED_TRACE("power off at sync " + std::to_string(sync));
    TempDir directory;
    FaultyEnv faulty;
    RocksLogOptions options;
    options.directory = directory.path();
    options.limits.checkpoint_events = 16;
    auto log = open_rocks_event_log_on(faulty.env.get(), options, all_projections()).value();
    ASSERT_TRUE(append(*log, request_of({note(7)})));

    faulty.files->power_off_at_sync(sync);
    const auto acknowledged = append_until_failure(*log, 8);
    log.reset();
    faulty.files->drop_unsynced();

    const auto reopened = open_log(directory.path());
    ASSERT_NE(reopened, nullptr);
    const std::vector<Event> events = read_all(*reopened);
    ASSERT_EQ(Sequence{events.size()}, reopened->committed());
    EXPECT_EQ(events.size() % 2, 1U) << "half of a request is there";
    for (const auto& [sequence, what] : acknowledged) {
      ASSERT_LE(raw(sequence), events.size());
      EXPECT_EQ(std::get<AccessGranted>(events[raw(sequence) - 1].payload).what, what);
    }
  }
}

TEST_F(RocksFault, AnswersUnknownOutcomeAndStopsWhenASyncFails) {
  auto log = open_faulty();
  ASSERT_TRUE(append(*log, request_of({note(1)})));
  faulty_.files->fail_syncs();

  const auto failed = append(*log, request_of({note(2)}));
  const auto later = append(*log, request_of({note(3)}));

  EXPECT_EQ(failed.error().code, Code::kUnknownOutcome);
  EXPECT_EQ(later.error().code, Code::kUnavailable);
  EXPECT_EQ(log->health().error().code, Code::kIo);
  EXPECT_THAT(log->health().error().message, HasSubstr("the sync failed"));
}

TEST_F(RocksFault, ServesTheCommittedPrefixAfterItStopped) {
  auto log = open_faulty();
  ASSERT_TRUE(append(*log, request_of({job_event(run_id(1), 1, 10)})));
  faulty_.files->fail_syncs();

  ASSERT_FALSE(append(*log, request_of({job_event(run_id(1), 2, 10)})));

  EXPECT_EQ(log->committed(), Sequence{1});
  EXPECT_THAT(read_all(*log), SizeIs(1));
  EXPECT_EQ(log->run_range(run_id(1)).value().last, Sequence{1});
}

TEST_F(RocksFault, ReadsTheTruthWhenItIsOpenedAfterAFailedSync) {
  auto log = open_faulty();
  ASSERT_TRUE(append(*log, request_of({note(1)})));
  AppendRequest request = request_of({note(2)});
  request.command = CommandKey{command_id(1), sha256("two")};
  AppendRequest repeat = request_of({note(2)});
  repeat.command = request.command;
  faulty_.files->fail_syncs();
  ASSERT_EQ(append(*log, std::move(request)).error().code, Code::kUnknownOutcome);
  log.reset();

  // The bytes had been written before the sync failed, so here the truth is that it is there.
  log = open_log(directory_.path());
  const auto receipt = append(*log, std::move(repeat)).value();

  EXPECT_TRUE(receipt.duplicate);
  EXPECT_EQ(receipt.first, Sequence{2});
  EXPECT_THAT(read_all(*log), SizeIs(2));
}

TEST_F(RocksFault, RefusesEverythingQueuedBehindAFailure) {
  auto log = open_faulty({.group_events_max = 1});
  faulty_.files->fail_syncs();
  std::vector<std::promise<Code>> answers(5);
  std::vector<Code> codes;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const Status queued =
        log->append(request_of({note(i)}), [&answers, i](const Result<AppendReceipt>& result) {
          answers[i].set_value(result ? Code::kInternal : result.error().code);
        });
    if (!queued) {
      answers[i].set_value(queued.error().code);
    }
  }

  for (auto& answer : answers) {
    codes.push_back(answer.get_future().get());
  }

  EXPECT_THAT(codes,
              ::testing::ElementsAre(Code::kUnknownOutcome, Code::kUnavailable, Code::kUnavailable,
                                     Code::kUnavailable, Code::kUnavailable));
}

TEST_F(RocksFault, SaysThatTheDiskIsFull) {
  auto log = open_faulty();
  faulty_.files->fill_disk_after(20'000);
  const auto acknowledged = append_until_failure(*log, 1);

  EXPECT_EQ(log->health().error().code, Code::kExhausted);
  EXPECT_THAT(log->health().error().message, HasSubstr("the disk is full"));
  EXPECT_EQ(append(*log, request_of({note(1)})).error().code, Code::kUnavailable);

  log.reset();
  log = open_log(directory_.path());
  const std::vector<Event> events = read_all(*log);
  EXPECT_GE(events.size(), acknowledged.size());
  EXPECT_TRUE(append(*log, request_of({note(2)})).has_value());
}

TEST_F(RocksFault, ReportsAFileSystemThatCannotBeWritten) {
  faulty_.files->make_read_only();
  RocksLogOptions options;
  options.directory = directory_.path();

  const auto log = open_rocks_event_log_on(faulty_.env.get(), options, all_projections());

  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().code, Code::kIo);
}

}  // namespace
}  // namespace runledger::store::testing
