#include "store/wal_tail.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/witness.h"
#include "tests/store/store_testing.h"

namespace runledger::store::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

/// What a kill leaves of a store: its files as they are while the log is open.
class WalTail : public ::testing::Test {
 protected:
  void SetUp() override {
    auto log = open_log(live_.path());
    for (std::uint64_t i = 1; i <= 5; ++i) {
      before_last_ = i == 1 ? 0 : fs::file_size(newest_log(live_.path()));
      ASSERT_TRUE(append(*log, request_of({note(i)})));
    }
    fs::copy(live_.path(), killed(), fs::copy_options::recursive);
    fs::remove(killed() / kWitnessFile);  // As if it had not been written yet.
  }

  [[nodiscard]] fs::path killed() const { return copy_.path() / "store"; }
  [[nodiscard]] static fs::path newest_log(const fs::path& directory) {
    fs::path newest;
    for (const auto& entry : fs::directory_iterator(directory)) {
      if (entry.path().extension() == ".log" && entry.path() > newest) {
        newest = entry.path();
      }
    }
    return newest;
  }
  // Turns a byte of the newest write-ahead log of what the kill left.
  void turn(std::size_t at) {
    auto bytes = bytes_of(newest_log(killed()));
    ASSERT_LT(at, bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    write_bytes(newest_log(killed()), bytes);
  }
  static Result<std::unique_ptr<EventLog>> open_again(const fs::path& directory) {
    RocksLogOptions options;
    options.directory = directory;
    return open_rocks_event_log(options, all_projections());
  }

  TempDir live_;
  TempDir copy_;
  std::size_t before_last_ = 0;  ///< Size of the log file before the last append.
};

TEST_F(WalTail, OpensWithoutALastBatchOfWrongBytes) {
  turn(before_last_ + 20);

  const auto log = open_again(killed());

  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ((*log)->committed(), Sequence{4});
  EXPECT_TRUE(append(**log, request_of({note(6)})));
}

TEST_F(WalTail, RefusesDamageThatABatchFollows) {
  turn(before_last_ - 20);

  const auto log = open_again(killed());

  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, Code::kCorruption);
  EXPECT_THAT(log.error().message, HasSubstr("checksum mismatch"));
}

TEST_F(WalTail, RefusesALastBatchOfWrongBytesThatTheWitnessHasSeen) {
  fs::copy_file(live_.path() / kWitnessFile, killed() / kWitnessFile);  // Of its clean end.
  turn(before_last_ + 20);

  const auto log = open_again(killed());

  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, Code::kCorruption);
  EXPECT_THAT(log.error().message, HasSubstr("missing"));
}

TEST_F(WalTail, JudgesEveryByteOfTheFile) {
  const auto sound = bytes_of(newest_log(killed()));
  ASSERT_EQ(judge_wal(sound), WalFile::kSound);
  for (std::size_t at = 0; at < sound.size(); ++at) {
    auto bytes = sound;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x80);
    EXPECT_EQ(judge_wal(bytes), at < before_last_ ? WalFile::kMiddleDamaged : WalFile::kTailDamaged)
        << "byte " << at;
  }
}

TEST_F(WalTail, TakesTheOtherPartsOfADamagedBatchForNoOtherBatch) {
  const auto log = open_again(killed());
  ASSERT_TRUE(log);
  before_last_ = fs::file_size(newest_log(killed()));
  std::vector<NewEvent> many;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    many.push_back(note(100 + i));
  }
  ASSERT_TRUE(append(**log, request_of(std::move(many))));
  auto bytes = bytes_of(newest_log(killed()));
  ASSERT_GT(bytes.size(), before_last_ + 3 * 32768) << "it has to be in several parts";
  EXPECT_EQ(judge_wal(bytes), WalFile::kSound);
  bytes[before_last_ + 20] ^= 1;

  EXPECT_EQ(judge_wal(bytes), WalFile::kTailDamaged);
}

TEST_F(WalTail, SeesABatchInALaterFile) {
  turn(before_last_ + 20);
  const auto newest = newest_log(killed());
  ASSERT_EQ(only_the_last_batch_is_damaged(killed(), rocksdb::Env::Default()), true);
  const auto later = newest.parent_path() / "900000.log";
  fs::copy_file(newest_log(live_.path()), later);

  EXPECT_EQ(only_the_last_batch_is_damaged(killed(), rocksdb::Env::Default()), false);
}

}  // namespace
}  // namespace runledger::store::testing
