#include "store/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/keys.h"
#include "store/rocks_db.h"
#include "tests/store/store_testing.h"

/// `runledger verify`: what is whole passes, and no byte can be changed unseen.
namespace runledger::store::testing {
namespace {

using ::testing::HasSubstr;

class Verify : public ::testing::Test {
 protected:
  [[nodiscard]] Result<VerifyReport> verify(bool deep, std::optional<Digest> head = {}) const {
    return verify_store(
        directory_.path(),
        {.deep = deep, .head = head, .work_directory = scratch_.path(), .progress = {}});
  }
  [[nodiscard]] std::string complaint(bool deep) const {
    const auto report = verify(deep);
    if (report) {
      return "it passed";
    }
    EXPECT_EQ(report.error().code, Code::kCorruption);
    return report.error().message;
  }

  std::unique_ptr<RocksDb> open_raw() const {
    RocksLogOptions options;
    options.directory = directory_.path();
    return RocksDb::open(options, rocksdb::Env::Default()).value();
  }
  static void put(RocksDb& db,
                  rocksdb::ColumnFamilyHandle* family,
                  std::string_view key,
                  std::string_view value) {
    ASSERT_TRUE(db.db().Put({}, family, to_slice(key), to_slice(value)).ok());
  }

  TempDir directory_;
  TempDir scratch_;
};

TEST_F(Verify, PassesAWholeStoreAndSaysWhatItHas) {
  const Sequence last = make_store(directory_.path(), 1, 6, 20);

  const auto report = verify(true);

  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->first, Sequence{1});
  EXPECT_EQ(report->last, last);
  EXPECT_EQ(report->events, raw(last));
  EXPECT_GE(report->seals, 4U);
  EXPECT_GT(report->results, 5U);
  EXPECT_GT(report->inputs, 3U);
  EXPECT_GT(report->rows, 100U);
  EXPECT_TRUE(std::filesystem::is_empty(scratch_.path())) << "its rebuild was left behind";
}

TEST_F(Verify, PassesAnEmptyStore) {
  (void)open_log(directory_.path());

  EXPECT_TRUE(verify(true));
}

TEST_F(Verify, LooksBesideAWriter) {
  const auto log = open_log(directory_.path());
  ASSERT_TRUE(append(*log, request_of({note(1)})));

  EXPECT_EQ(verify(false).value().last, Sequence{1});
}

TEST_F(Verify, SaysThatThereIsNoStore) {
  EXPECT_EQ(verify(false).error().code, Code::kNotFound);
}

// Every byte of every event and of every result and input: changed behind the log's back, so that
// no checksum of a file helps.
class VerifyBytes : public Verify {
 protected:
  void SetUp() override {
    make_store(directory_.path(), 2, 1, 4);
    db_ = open_raw();
  }
  /// Turns a bit of every byte of every value in `family`; `check` gets the complaint about each.
  template <class Check>
  std::size_t flip_all(rocksdb::ColumnFamilyHandle* family, bool deep, Check check) {
    std::map<std::string, std::string> values;
    const std::unique_ptr<rocksdb::Iterator> it(db_->db().NewIterator({}, family));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      values.emplace(it->key().ToString(), it->value().ToString());
    }
    std::size_t flips = 0;
    for (const auto& [key, value] : values) {
      for (std::size_t at = 0; at < value.size(); ++at, ++flips) {
        put(*db_, family, key, flipped(value, at));
        const auto report = verify_database(
            *db_, {.deep = deep, .head = {}, .work_directory = scratch_.path(), .progress = {}});
        check(key, at, report ? "it passed" : report.error().message);
      }
      put(*db_, family, key, value);
    }
    return flips;
  }

  std::unique_ptr<RocksDb> db_;
};

TEST_F(VerifyBytes, FindsAnyByteOfAnyEventThatWasChanged) {
  const std::size_t flips = flip_all(
      db_->events(), false, [](const std::string& key, std::size_t at, const std::string& found) {
        const auto sequence = raw(FieldReader(key).sequence());
        ASSERT_THAT(found, HasSubstr("event " + std::to_string(sequence))) << "byte " << at;
      });

  EXPECT_GT(flips, 3000U);
}

TEST_F(VerifyBytes, FindsAnyByteOfAnyResultOrInputThatWasChanged) {
  std::size_t flips = 0;
  for (const BlobKind kind : {BlobKind::kResult, BlobKind::kInput}) {
    flips += flip_all(db_->blobs(kind), true,
                      [](const std::string&, std::size_t at, const std::string& found) {
                        ASSERT_THAT(found, HasSubstr("blob")) << "byte " << at;
                      });
  }

  EXPECT_GT(flips, 100U);
}

TEST_F(Verify, FindsRowsThatAreNotWhatTheEventsGive) {
  make_store(directory_.path(), 3, 3, 8);
  const std::vector<Table> tables = {Table::kRuns,       Table::kJobs,   Table::kJobIndex,
                                     Table::kLatest,     Table::kInputs, Table::kSeals,
                                     Table::kQuarantine, Table::kUnknown};
  for (const Table table : tables) {
    {
      const auto db = open_raw();
      put(*db, db->table(table), std::string(50, '\x01'), "forged");
    }
    EXPECT_NE(complaint(true), "it passed") << to_string(table);
    const auto db = open_raw();
    ASSERT_TRUE(db->db().Delete({}, db->table(table), std::string(50, '\x01')).ok());
  }
  EXPECT_TRUE(verify(true));
}

TEST_F(Verify, FindsARewrittenHistoryByTheHeadThatWasNoted) {
  make_store(directory_.path(), 4, 2, 5);
  const Digest noted = verify(false).value().head_hash;
  {
    const auto log = open_log(directory_.path());
    ASSERT_TRUE(append(*log, request_of({note(1)})));
  }

  EXPECT_TRUE(verify(false, noted)) << "what was the head is in the chain still";
  EXPECT_THAT(verify(false, sha256("another")).error().message, HasSubstr("cut off"));
}

TEST_F(Verify, FindsAMissingResult) {
  make_store(directory_.path(), 5, 2, 10);
  {
    const auto db = open_raw();
    const std::unique_ptr<rocksdb::Iterator> it(
        db->db().NewIterator({}, db->blobs(BlobKind::kResult)));
    it->SeekToFirst();
    ASSERT_TRUE(it->Valid());
    ASSERT_TRUE(db->db().Delete({}, db->blobs(BlobKind::kResult), it->key()).ok());
  }

  EXPECT_THAT(complaint(true), HasSubstr("is missing"));
}

}  // namespace
}  // namespace runledger::store::testing
