#include "store/rocks_event_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "store/catalog.h"
#include "store/rocks_db.h"
#include "store/run_history.h"
#include "tests/store/store_testing.h"

namespace runledger::store::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class RocksEventLogTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<EventLog>> open(OpenMode mode) {
    RocksLogOptions options;
    options.directory = directory_.path();
    options.mode = mode;
    options.build = "build 7";
    return open_rocks_event_log(options, all_projections());
  }

  void put_meta(const std::string& key, const std::string& value) {
    RocksLogOptions options;
    options.directory = directory_.path();
    const auto raw_db = RocksDb::open(options, rocksdb::Env::Default()).value();
    ASSERT_TRUE(
        raw_db->db().Put(rocksdb::WriteOptions(), raw_db->table(Table::kMeta), key, value).ok());
  }

  TempDir directory_;
};

TEST_F(RocksEventLogTest, KeepsEverythingWhenItIsOpenedAgain) {
  const std::string result = "result";
  auto log = open_log(directory_.path());
  const StoreId id = log->store_id();
  AppendRequest request = request_of({job_event(run_id(1), 1, 10), note(2)});
  request.command = CommandKey{command_id(1), sha256("one")};
  request.blobs = {blob_of(BlobKind::kResult, result)};
  request.rows.put(Table::kUsers, "ann", "hash");
  ASSERT_TRUE(append(*log, std::move(request)));
  const std::vector<Event> events = read_all(*log);
  log->close();
  const TableDump tables = dump_tables(*log);

  log.reset();
  log = open_log(directory_.path());

  EXPECT_EQ(log->store_id(), id);
  EXPECT_EQ(log->committed(), Sequence{2});
  EXPECT_EQ(read_all(*log), events);
  EXPECT_EQ(dump_tables(*log), tables);
  EXPECT_EQ(log->blob(BlobKind::kResult, sha256(result)).value(), result);
  EXPECT_EQ(log->run_range(run_id(1)).value().first, Sequence{1});
  AppendRequest repeat = request_of({note(9)});
  repeat.command = CommandKey{command_id(1), sha256("one")};
  EXPECT_TRUE(append(*log, std::move(repeat)).value().duplicate);
  EXPECT_EQ(append(*log, request_of({note(3)})).value().first, Sequence{3});
}

TEST_F(RocksEventLogTest, LeavesNoFileOfMessagesWhoseFailedWriteWouldEndTheProcess) {
  open_log(directory_.path())->close();

  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "LOG"));
}

TEST_F(RocksEventLogTest, ContinuesTheChainAfterItIsOpenedAgain) {
  { ASSERT_TRUE(append(*open_log(directory_.path()), request_of({note(1)}))); }
  const auto log = open_log(directory_.path());
  ASSERT_TRUE(append(*log, request_of({note(2)})));

  const auto recorded = log->read(Sequence{}, {}).value();

  EXPECT_EQ(decode_event(recorded[1].bytes).value().previous, event_hash(recorded[0].bytes.view()));
}

TEST_F(RocksEventLogTest, SaysWhatItIs) {
  { ASSERT_TRUE(open(OpenMode::kCreateIfMissing)); }
  const auto log = open(OpenMode::kMustExist).value();

  EXPECT_EQ(log->tables().get(Table::kMeta, "program").value(), "runledger");
  EXPECT_EQ(log->tables().get(Table::kMeta, "format").value(), "1");
  EXPECT_EQ(log->tables().get(Table::kMeta, "created_build").value(), "build 7");
  EXPECT_EQ(log->tables().get(Table::kMeta, "store_id").value(), to_string(log->store_id()));
}

TEST_F(RocksEventLogTest, MakesTheDirectoryAndThoseAboveIt) {
  RocksLogOptions options;
  options.directory = directory_.path() / "a" / "b";

  EXPECT_TRUE(open_rocks_event_log(options, all_projections()).has_value());
}

TEST_F(RocksEventLogTest, FindsNothingWhereThereIsNothing) {
  EXPECT_EQ(open(OpenMode::kMustExist).error().code, Code::kNotFound);
  EXPECT_EQ(open(OpenMode::kReadOnly).error().code, Code::kNotFound);
  RocksLogOptions options;
  options.directory = directory_.path() / "missing";
  options.mode = OpenMode::kMustExist;
  EXPECT_EQ(open_rocks_event_log(options, {}).error().code, Code::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(options.directory));
}

TEST_F(RocksEventLogTest, LeavesADirectoryOfAnotherProgramAlone) {
  std::ofstream(directory_.path() / "thesis.txt") << "do not touch";

  const auto log = open(OpenMode::kCreateIfMissing);

  EXPECT_EQ(log.error().code, Code::kInvalidArgument);
  EXPECT_THAT(log.error().message, HasSubstr("belongs to another program"));
  EXPECT_THAT(std::vector(std::filesystem::directory_iterator(directory_.path()), {}), SizeIs(1));
}

TEST_F(RocksEventLogTest, LeavesADatabaseOfAnotherProgramAlone) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* other = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, directory_.path().string(), &other).ok());
  ASSERT_TRUE(other->Put(rocksdb::WriteOptions(), "key", "value").ok());
  delete other;

  EXPECT_EQ(open(OpenMode::kCreateIfMissing).error().code, Code::kInvalidArgument);
  std::vector<std::string> families;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, directory_.path().string(), &families).ok());
  EXPECT_THAT(families, SizeIs(1));
}

TEST_F(RocksEventLogTest, FinishesACreationThatWasInterrupted) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* half = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, directory_.path().string(), &half).ok());
  rocksdb::ColumnFamilyHandle* family = nullptr;
  ASSERT_TRUE(half->CreateColumnFamily({}, "events", &family).ok());
  ASSERT_TRUE(half->DestroyColumnFamilyHandle(family).ok());
  delete half;

  EXPECT_TRUE(open(OpenMode::kCreateIfMissing).has_value());
}

TEST_F(RocksEventLogTest, RefusesAStoreThatIsMarkedAsAnotherPrograms) {
  { ASSERT_TRUE(open(OpenMode::kCreateIfMissing)); }
  put_meta("program", "other");

  EXPECT_EQ(open(OpenMode::kCreateIfMissing).error().code, Code::kInvalidArgument);
}

TEST_F(RocksEventLogTest, RefusesANewerFormat) {
  { ASSERT_TRUE(open(OpenMode::kCreateIfMissing)); }
  put_meta("format", "2");

  for (const OpenMode mode : {OpenMode::kCreateIfMissing, OpenMode::kReadOnly}) {
    const auto log = open(mode);
    EXPECT_EQ(log.error().code, Code::kUnsupported);
    EXPECT_THAT(log.error().message, HasSubstr("format 2"));
  }
}

TEST_F(RocksEventLogTest, RefusesAStoreWithTablesOfANewerVersion) {
  { const auto log = open(OpenMode::kCreateIfMissing).value(); }
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, directory_.path().string(), &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) {
    families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  }
  families.emplace_back("forecasts", rocksdb::ColumnFamilyOptions());
  rocksdb::DBOptions options;
  options.create_missing_column_families = true;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* newer = nullptr;
  ASSERT_TRUE(
      rocksdb::DB::Open(options, directory_.path().string(), families, &handles, &newer).ok());
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    ASSERT_TRUE(newer->DestroyColumnFamilyHandle(handle).ok());
  }
  delete newer;

  EXPECT_EQ(open(OpenMode::kCreateIfMissing).error().code, Code::kUnsupported);
}

TEST_F(RocksEventLogTest, RefusesASecondWriter) {
  const auto first = open(OpenMode::kCreateIfMissing).value();

  EXPECT_EQ(open(OpenMode::kCreateIfMissing).error().code, Code::kConflict);
  EXPECT_TRUE(append(*first, request_of({note(1)})).has_value());
  EXPECT_EQ(open(OpenMode::kMustExist).error().code, Code::kConflict);
}

TEST_F(RocksEventLogTest, NamesTheProcessThatHoldsTheStore) {
  { ASSERT_TRUE(open(OpenMode::kCreateIfMissing)); }
  const std::string lock = (directory_.path() / "LOCK").string();
  int ready[2];
  int finish[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(finish), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const int file = ::open(lock.c_str(), O_RDWR);
    struct flock whole {};
    whole.l_type = F_WRLCK;
    char byte = ::fcntl(file, F_SETLK, &whole) == 0 ? 'y' : 'n';
    (void)!::write(ready[1], &byte, 1);
    (void)!::read(finish[0], &byte, 1);
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');

  const auto log = open(OpenMode::kCreateIfMissing);

  ASSERT_EQ(::write(finish[1], "x", 1), 1);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  for (const int end : {ready[0], ready[1], finish[0], finish[1]}) {
    (void)::close(end);
  }
  EXPECT_EQ(log.error().code, Code::kConflict);
  EXPECT_THAT(log.error().message, HasSubstr("by process " + std::to_string(child)));
}

TEST_F(RocksEventLogTest, ReadsBesideAWriter) {
  const auto writer = open(OpenMode::kCreateIfMissing).value();
  NewEvent requested = note(1);
  requested.run = run_id(1);
  RunRequested cli;
  cli.triggered_by = "cli";
  requested.payload = cli;
  ASSERT_TRUE(append(*writer, request_of({requested, note(2)})));

  const auto reader = open(OpenMode::kReadOnly).value();
  ASSERT_TRUE(append(*writer, request_of({note(3)})));

  EXPECT_EQ(reader->store_id(), writer->store_id());
  EXPECT_EQ(reader->committed(), Sequence{2});
  EXPECT_THAT(read_all(*reader), SizeIs(2));
  EXPECT_EQ(find_run(reader->tables(), run_id(1)).value().triggered_by, "cli");
  EXPECT_EQ(append(*reader, request_of({note(4)})).error().code, Code::kUnavailable);
  EXPECT_TRUE(reader->health().has_value());
  EXPECT_EQ(open(OpenMode::kReadOnly).value()->committed(), Sequence{3});
}

TEST_F(RocksEventLogTest, ReadOnlyChangesNothing) {
  { ASSERT_TRUE(append(*open(OpenMode::kCreateIfMissing).value(), request_of({note(1)}))); }
  const auto listing = [this] {
    std::map<std::string, std::uintmax_t> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      files.emplace(entry.path().filename().string(), entry.file_size());
    }
    return files;
  };
  const auto before = listing();

  { ASSERT_THAT(read_all(*open(OpenMode::kReadOnly).value()), SizeIs(1)); }

  EXPECT_EQ(listing(), before);
}

TEST_F(RocksEventLogTest, ReadOnlyRefusesRowsThatNeedARebuild) {
  RocksLogOptions options;
  options.directory = directory_.path();
  { ASSERT_TRUE(open_rocks_event_log(options, {})); }

  EXPECT_EQ(open(OpenMode::kReadOnly).error().code, Code::kUnavailable);
  options.mode = OpenMode::kReadOnly;
  EXPECT_TRUE(open_rocks_event_log(options, {}).has_value());
}

TEST_F(RocksEventLogTest, RefusesAppendsWhenItsQueueIsFull) {
  std::promise<void> entered;
  std::promise<void> leave;
  RocksLogOptions options;
  options.directory = directory_.path();
  options.limits.requests_queued_max = 3;
  bool first = true;
  const auto log = open_rocks_event_log(options, {}, [&](const Event&) {
                     if (std::exchange(first, false)) {
                       entered.set_value();
                       leave.get_future().wait();
                     }
                   }).value();
  std::atomic<int> answered = 0;
  const auto enqueue = [&] {
    return log->append(request_of({note(1)}), [&](const Result<AppendReceipt>& receipt) {
      answered += receipt.has_value() ? 1 : 0;
    });
  };
  ASSERT_TRUE(enqueue());
  entered.get_future().wait();

  EXPECT_TRUE(enqueue());
  EXPECT_TRUE(enqueue());
  EXPECT_TRUE(enqueue());
  const Status refused = enqueue();
  leave.set_value();
  log->close();

  EXPECT_EQ(refused.error().code, Code::kExhausted);
  EXPECT_EQ(answered, 4);
}

}  // namespace
}  // namespace runledger::store::testing
