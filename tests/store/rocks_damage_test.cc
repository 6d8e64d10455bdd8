#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/rocks_db.h"
#include "tests/store/store_testing.h"

namespace runledger::store::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

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
