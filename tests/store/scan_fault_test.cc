#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "store/keys.h"
#include "store/rocks_db.h"
#include "store/rocks_options.h"
#include "tests/store/store_testing.h"
#include "tests/support/sim_file_system.h"

// A scan gives every row or says that it could not, whichever of its reads the disk fails, however
// many files a level has. RocksDB 7.8 does not by itself (new_iterator).
namespace runledger::store::testing {
namespace {

using ::runledger::testing::SimEnv;
using ::runledger::testing::SimFault;
using ::runledger::testing::SimFileSystem;
using ::runledger::testing::SimOp;

constexpr std::uint64_t kRows = 24;
constexpr std::size_t kRowBytes = 20'000;

RocksLogOptions options_of(const std::filesystem::path& directory) {
  RocksLogOptions options;
  options.directory = directory;
  return options;
}

/// A store whose table of jobs is a level of many files, one row each.
SimFileSystem::Image level_of_many_files() {
  const TempDir directory;
  {
    const auto store = RocksDb::open(options_of(directory.path()), rocksdb::Env::Default()).value();
    rocksdb::ColumnFamilyHandle* const jobs = store->table(Table::kJobs);
    EXPECT_TRUE(store->db().SetOptions(jobs, {{"target_file_size_base", "4096"}}).ok());
    std::mt19937_64 random(1);
    for (std::uint64_t i = 1; i <= kRows; ++i) {
      std::string value(kRowBytes, '\0');
      std::ranges::generate(value, [&random] { return static_cast<char>(random()); });
      EXPECT_TRUE(store->db().Put({}, jobs, sequence_key(Sequence{i}), value).ok());
    }
    rocksdb::CompactRangeOptions everything;
    everything.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    EXPECT_TRUE(store->db().Flush({}, jobs).ok());
    EXPECT_TRUE(store->db().CompactRange(everything, jobs, nullptr, nullptr).ok());
    rocksdb::ColumnFamilyMetaData files;
    store->db().GetColumnFamilyMetaData(jobs, &files);
    EXPECT_GE(files.levels.back().files.size(), kRows / 2);
  }
  SimFileSystem::Image image;
  for (const auto& file : std::filesystem::directory_iterator(directory.path())) {
    std::ifstream stream(file.path(), std::ios::binary);
    std::ostringstream bytes;
    bytes << stream.rdbuf();
    image["/store/" + file.path().filename().string()] = bytes.str();
  }
  return image;
}

class ScanFault : public ::testing::TestWithParam<ScanOrder> {};

TEST_P(ScanFault, NoRowIsSkippedWhicheverReadFails) {
  const auto image = level_of_many_files();
  std::uint64_t refused = 0;
  for (std::uint64_t n = 1; !HasFailure(); ++n) {
    SimEnv env;
    env.files().restore(image);
    const auto store = RocksDb::open(options_of("/store"), &env).value();
    CurrentView view;
    view.publish(store->db(), Sequence{kRows}, Sequence{});
    const RocksTables tables(*store, view);
    env.files().arm({.at = n,
                     .persistent = false,
                     .fault = SimFault::kError,
                     .only = SimOp::kRead,
                     .suffix = ".sst"});
    std::uint64_t rows = 0;
    const auto scanned = tables.scan(Table::kJobs, sequence_key(Sequence{1}), {}, GetParam(),
                                     [&rows](std::string_view, std::string_view) {
                                       ++rows;
                                       return true;
                                     });
    const bool fired = env.files().fired() > 0;
    env.files().disarm();

    EXPECT_TRUE(!scanned || rows == kRows) << "read " << n << ": " << rows << " rows, and no error";
    refused += scanned ? 0U : 1U;
    if (!fired) {
      EXPECT_EQ(rows, kRows);
      break;
    }
  }
  EXPECT_GE(refused, kRows / 2);
}

INSTANTIATE_TEST_SUITE_P(Orders,
                         ScanFault,
                         ::testing::Values(ScanOrder::kAscending, ScanOrder::kDescending));

}  // namespace
}  // namespace runledger::store::testing
