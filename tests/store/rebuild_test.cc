#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/rocks_db.h"
#include "tests/store/store_testing.h"

namespace runledger::store::testing {
namespace {

class Rebuild : public ::testing::Test {
 protected:
  void fill(AppenderLimits limits) {
    const auto log = open_log(directory_.path(), limits);
    for (AppendRequest& request : random_history(11, 8, 60)) {
      ASSERT_TRUE(log->append(std::move(request), [](const Result<AppendReceipt>& receipt) {
        EXPECT_TRUE(receipt.has_value());
      }));
    }
    log->close();
    dump_ = dump_tables(*log);
  }

  void change(const std::function<void(RocksDb&)>& what) {
    RocksLogOptions options;
    options.directory = directory_.path();
    what(*RocksDb::open(options, rocksdb::Env::Default()).value());
  }

  static void empty(RocksDb& raw_db, Table table) {
    ASSERT_TRUE(
        raw_db.db()
            .DeleteRange(rocksdb::WriteOptions(), raw_db.table(table), "", std::string(64, '\xff'))
            .ok());
  }

  TempDir directory_;
  TableDump dump_;
};

TEST_F(Rebuild, ComesOutByteForByteTheSame) {
  fill({});
  ASSERT_GT(dump_.at("jobs").size(), 300U);
  change([](RocksDb& raw_db) {
    empty(raw_db, Table::kCheckpoints);
    for (const auto& projection : all_projections()) {
      for (const Table table : projection->tables()) {
        empty(raw_db, table);
      }
    }
  });

  EXPECT_EQ(dump_tables(*open_log(directory_.path())), dump_);
}

TEST_F(Rebuild, EmptiesTheTablesFirst) {
  fill({});
  change([](RocksDb& raw_db) {
    empty(raw_db, Table::kCheckpoints);
    for (const Table table : {Table::kRuns, Table::kJobs, Table::kLatest, Table::kPortfolios}) {
      ASSERT_TRUE(raw_db.db()
                      .Put(rocksdb::WriteOptions(), raw_db.table(table),
                           "\xff\xff\xff\xff\xff\xff\xff\xff\xff", "stale")
                      .ok());
    }
  });

  EXPECT_EQ(dump_tables(*open_log(directory_.path())), dump_);
}

TEST_F(Rebuild, IsNeededForTheTailOnlyWhenThereIsACheckpoint) {
  fill({.checkpoint_events = 500});
  std::map<std::string, std::string> old;
  {
    // A copy of the checkpoints as they were in the middle: what a crash leaves.
    TempDir other;
    const auto log = open_log(other.path());
    const auto requests = random_history(11, 8, 60);
    for (std::size_t i = 0; i < requests.size() / 2; ++i) {
      ASSERT_TRUE(append(*log, request_of(requests[i].events)));
    }
    log->close();
    old = dump_tables(*log).at("checkpoints");
    const std::string id = to_string(log->store_id());
    change([&](RocksDb& raw_db) {
      ASSERT_TRUE(raw_db.db()
                      .Put(rocksdb::WriteOptions(), raw_db.table(Table::kMeta), "store_id", id)
                      .ok());
      for (const auto& [key, value] : old) {
        ASSERT_TRUE(raw_db.db()
                        .Put(rocksdb::WriteOptions(), raw_db.table(Table::kCheckpoints), key, value)
                        .ok());
      }
    });
  }

  TableDump after = dump_tables(*open_log(directory_.path()));

  EXPECT_NE(after.at("checkpoints"), old);
  after.erase("checkpoints");
  dump_.erase("checkpoints");
  EXPECT_EQ(after, dump_);
}

}  // namespace
}  // namespace runledger::store::testing
