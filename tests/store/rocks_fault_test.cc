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
  ASSERT_TRUE(append(*log, request_of({failure(run_id(1), 1, 10)})));
  faulty_.files->fail_syncs();

  ASSERT_FALSE(append(*log, request_of({failure(run_id(1), 2, 10)})));

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

/// Changes the database behind the log's back.
class RocksDamage : public ::testing::Test {
 protected:
  void SetUp() override {
    auto log = open_log(directory_.path());
    for (std::uint64_t i = 1; i <= 5; ++i) {
      ASSERT_TRUE(append(*log, request_of({note(i)})));
    }
  }

  std::unique_ptr<RocksDb> open_raw() {
    RocksLogOptions options;
    options.directory = directory_.path();
    return RocksDb::open(options, rocksdb::Env::Default()).value();
  }

  static std::string event_key(std::uint64_t sequence) {
    std::string key(8, '\0');
    key[7] = static_cast<char>(sequence);
    return key;
  }

  void flip_event(std::uint64_t sequence) {
    const auto raw_db = open_raw();
    std::string record =
        raw_db->get(raw_db->events(), event_key(sequence), nullptr).value().value();
    record[record.size() / 2] = static_cast<char>(record[record.size() / 2] ^ 1);
    put(*raw_db, raw_db->events(), event_key(sequence), record);
  }

  static void put(RocksDb& raw_db,
                  rocksdb::ColumnFamilyHandle* family,
                  const std::string& key,
                  const std::string& value) {
    ASSERT_TRUE(raw_db.db().Put(rocksdb::WriteOptions(), family, key, value).ok());
  }

  static void erase(RocksDb& raw_db, rocksdb::ColumnFamilyHandle* family, const std::string& key) {
    ASSERT_TRUE(raw_db.db().Delete(rocksdb::WriteOptions(), family, key).ok());
  }

  void forget_checkpoints() {
    const auto raw_db = open_raw();
    for (const auto& projection : all_projections()) {
      erase(*raw_db, raw_db->table(Table::kCheckpoints), std::string(projection->name()));
    }
  }

  Error open_error(Projections projections = all_projections()) {
    RocksLogOptions options;
    options.directory = directory_.path();
    const auto log = open_rocks_event_log(options, std::move(projections));
    return log ? Error{Code::kInternal, "it opened"} : log.error();
  }

  TempDir directory_;
};

TEST_F(RocksDamage, NamesADamagedEventWhenItIsRead) {
  flip_event(3);
  const auto log = open_log(directory_.path());

  const auto read = log->read(Sequence{}, {});

  EXPECT_EQ(read.error().code, Code::kCorruption);
  EXPECT_THAT(read.error().message, HasSubstr("event 3:"));
  EXPECT_THAT(log->read(Sequence{}, {.events_max = 2, .bytes_max = 1000000}).value(), SizeIs(2));
  EXPECT_THAT(log->read(Sequence{3}, {}).value(), SizeIs(2));
}

TEST_F(RocksDamage, NamesADamagedEventWhenItIsReplayed) {
  flip_event(3);
  forget_checkpoints();

  const Error error = open_error();

  EXPECT_EQ(error.code, Code::kCorruption);
  EXPECT_THAT(error.message, HasSubstr("event 3:"));
}

TEST_F(RocksDamage, NamesTheNewestEventIfItIsDamaged) {
  flip_event(5);

  const Error error = open_error();

  EXPECT_EQ(error.code, Code::kCorruption);
  EXPECT_THAT(error.message, HasSubstr("event 5:"));
}

TEST_F(RocksDamage, NamesAHoleWhenItIsRead) {
  {
    const auto raw_db = open_raw();
    erase(*raw_db, raw_db->events(), event_key(4));
  }
  const auto log = open_log(directory_.path());

  const auto read = log->read(Sequence{}, {});

  EXPECT_EQ(read.error().code, Code::kCorruption);
  EXPECT_THAT(read.error().message, HasSubstr("event 4 is missing"));
  EXPECT_THAT(log->read(Sequence{3}, {}).error().message, HasSubstr("event 4 is missing"));
}

TEST_F(RocksDamage, NamesAHoleWhenItIsReplayed) {
  {
    const auto raw_db = open_raw();
    erase(*raw_db, raw_db->events(), event_key(2));
  }
  forget_checkpoints();

  EXPECT_THAT(open_error().message, HasSubstr("event 2 is missing"));
}

TEST_F(RocksDamage, NamesWhatIsMissingAtTheEnds) {
  {
    const auto raw_db = open_raw();
    erase(*raw_db, raw_db->events(), event_key(5));
  }
  EXPECT_EQ(open_error().code, Code::kCorruption);
  EXPECT_THAT(open_error().message, HasSubstr("event 5 is missing"));

  {
    const auto raw_db = open_raw();
    erase(*raw_db, raw_db->events(), event_key(1));
  }
  EXPECT_THAT(open_error().message, HasSubstr("event 1 is missing"));
}

TEST_F(RocksDamage, NamesAnEventBehindTheHead) {
  {
    const auto raw_db = open_raw();
    const std::string record = raw_db->get(raw_db->events(), event_key(5), nullptr).value().value();
    put(*raw_db, raw_db->events(), event_key(6), record);
  }

  EXPECT_EQ(open_error().code, Code::kCorruption);
  EXPECT_THAT(open_error().message, HasSubstr("event 6"));
}

TEST_F(RocksDamage, FindsAnEventThatWasReplacedByAnotherValidOne) {
  {
    const auto raw_db = open_raw();
    const std::string record = raw_db->get(raw_db->events(), event_key(2), nullptr).value().value();
    put(*raw_db, raw_db->events(), event_key(3), record);
  }
  forget_checkpoints();

  EXPECT_EQ(open_error().code, Code::kCorruption);
  EXPECT_THAT(open_error().message, HasSubstr("event 3"));
}

TEST_F(RocksDamage, RebuildsAProjectionWhoseCheckpointIsDamaged) {
  const TableDump before = dump_tables(*open_log(directory_.path()));
  for (const std::size_t position : {0U, 5U, 9U, 30U, 60U}) {
    {
      const auto raw_db = open_raw();
      rocksdb::ColumnFamilyHandle* const family = raw_db->table(Table::kCheckpoints);
      std::string frame = raw_db->get(family, "job_history", nullptr).value().value();
      frame[std::min(position, frame.size() - 1)] ^= 0x10;
      put(*raw_db, family, "job_history", frame);
      put(*raw_db, raw_db->table(Table::kJobs), "left over", "from before");
    }

    EXPECT_EQ(dump_tables(*open_log(directory_.path())), before) << "byte " << position;
  }
}

}  // namespace
}  // namespace runledger::store::testing
