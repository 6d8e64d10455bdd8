#include <fstream>
#include <future>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/rocks_db.h"
#include "tests/store/faulty_file_system.h"
#include "tests/store/store_testing.h"

// Faults of a real disk under the real appending thread; the simulated one is swept in
// io_sweep_test.
namespace runledger::store::testing {
namespace {

using ::testing::AnyOf;
using ::testing::SizeIs;

class DiskFault : public ::testing::Test {
 protected:
  Result<std::unique_ptr<EventLog>> open_faulty() {
    RocksLogOptions options;
    options.directory = directory_.path();
    return open_rocks_event_log_on(faulty_.env.get(), options, all_projections());
  }

  TempDir directory_;
  FaultyEnv faulty_;
};

/// Appends one after the other until one fails; how many were acknowledged.
std::uint64_t append_until_failure(EventLog& log) {
  for (std::uint64_t i = 0; i < 100; ++i) {
    if (!append(log, request_of({note(i), note(i)}))) {
      return i;
    }
  }
  ADD_FAILURE() << "nothing failed";
  return 0;
}

void expect_whole_requests(const EventLog& log, std::uint64_t acknowledged) {
  const auto events = read_all(log);
  EXPECT_GE(events.size(), 2 * acknowledged);
  EXPECT_EQ(events.size() % 2, 0U) << "half of a request is there";
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(std::get<AccessGranted>(events[i].payload).what, std::to_string(i / 2));
  }
}

TEST_F(DiskFault, ATornTailTakesNothingThatWasAcknowledged) {
  for (const double share : {0.0, 0.1, 0.5, 0.9, 1.0}) {
    for (const std::size_t garble : {0U, 1U, 7U}) {
      SCOPED_TRACE(std::to_string(share) + " kept, garbled " + std::to_string(garble));
      TempDir directory;
      FaultyEnv faulty;
      RocksLogOptions options;
      options.directory = directory.path();
      auto log = open_rocks_event_log_on(faulty.env.get(), options, all_projections()).value();
      faulty.files->power_off_at_sync(5);
      const auto acknowledged = append_until_failure(*log);
      log.reset();
      faulty.files->tear_unsynced(share, garble);

      options.directory = directory.path();
      const auto reopened = open_rocks_event_log(options, all_projections());

      if (share == 1.0 && garble > 0 && !reopened) {
        // In full length and with wrong bytes, what nobody was told of cannot be told from damage
        // to what was acknowledged: the store refuses, a person must look. Nothing is lost.
        EXPECT_EQ(reopened.error().code, Code::kCorruption);
        continue;
      }
      ASSERT_TRUE(reopened.has_value()) << reopened.error().message;
      expect_whole_requests(**reopened, acknowledged);
    }
  }
}

TEST_F(DiskFault, AFailedOrShortWriteStopsTheLogAndLeavesWholeRequests) {
  for (const bool half : {false, true}) {
    for (const bool for_ever : {false, true}) {
      TempDir directory;
      FaultyEnv faulty;
      RocksLogOptions options;
      options.directory = directory.path();
      auto log = open_rocks_event_log_on(faulty.env.get(), options, all_projections()).value();
      ASSERT_TRUE(append(*log, request_of({note(0), note(0)})));
      faulty.files->fail_writes({.for_ever = for_ever, .half = half});

      const auto failed = append(*log, request_of({note(1), note(1)}));
      const auto later = append(*log, request_of({note(2), note(2)}));

      EXPECT_EQ(failed.error().code, Code::kUnknownOutcome);
      EXPECT_EQ(later.error().code, Code::kUnavailable) << "it went on after a failed write";
      EXPECT_EQ(log->health().error().code, Code::kIo);
      log.reset();
      expect_whole_requests(*open_log(directory.path()), 1);
    }
  }
}

TEST_F(DiskFault, ADiskThatFailsForEverIsReportedWhenItIsOpened) {
  { ASSERT_TRUE(append(*open_faulty().value(), request_of({note(0), note(0)}))); }
  faulty_.files->fail_syncs();
  auto log = open_faulty();
  if (log) {
    EXPECT_EQ(append(**log, request_of({note(1)})).error().code, Code::kUnknownOutcome);
    log->reset();
  } else {
    EXPECT_EQ(log.error().code, Code::kIo);
  }

  EXPECT_THAT(read_all(*open_log(directory_.path())).size(), AnyOf(2U, 3U));
}

TEST_F(DiskFault, ASlowSyncHoldsBackAnswersAndNothingElse) {
  auto log = open_faulty().value();
  ASSERT_TRUE(append(*log, request_of({note(0), note(0)})));
  faulty_.files->hold_syncs();
  std::vector<std::promise<bool>> answers(3);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    ASSERT_TRUE(log->append(request_of({note(i + 1), note(i + 1)}),
                            [&answer = answers[i]](const Result<AppendReceipt>& receipt) {
                              answer.set_value(receipt.has_value());
                            }));
  }
  faulty_.files->wait_for_held_sync();

  EXPECT_EQ(log->committed(), Sequence{2}) << "visible before it was synced";
  EXPECT_THAT(read_all(*log), SizeIs(2));
  faulty_.files->release_syncs();

  for (auto& answer : answers) {
    EXPECT_TRUE(answer.get_future().get());
  }
  EXPECT_EQ(log->committed(), Sequence{8});
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

TEST_F(DiskFault, AFlippedBitIsNamedOrHarmlessInEveryKindOfFile) {
  {
    auto log = open_log(directory_.path());
    AppendRequest request = request_of({note(0), note(0)});
    request.blobs.push_back(blob_of(BlobKind::kInput, std::string(5000, 'i')));
    ASSERT_TRUE(append(*log, std::move(request)));
  }
  { ASSERT_TRUE(append(*open_log(directory_.path()), request_of({note(1), note(1)}))); }
  std::size_t named = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    const std::string original = bytes_of(entry.path());
    const auto name = entry.path().filename().string();
    if (original.empty() || name.starts_with("LOG")) {
      continue;
    }
    for (const std::size_t share : {1U, 2U, 3U}) {
      TempDir copy;
      std::filesystem::copy(directory_.path(), copy.path(),
                            std::filesystem::copy_options::recursive);
      std::string flipped = original;
      char& byte = flipped[(original.size() - 1) * share / 4];
      byte = static_cast<char>(byte ^ 0x10);
      std::ofstream(copy.path() / name, std::ios::binary) << flipped;
      RocksLogOptions options;
      options.directory = copy.path();
      const auto log = open_rocks_event_log(options, all_projections());
      const auto events = log ? (*log)->read(Sequence{}, {}) : std::unexpected(log.error());
      const auto input = log ? (*log)->blob(BlobKind::kInput, sha256(std::string(5000, 'i')))
                             : std::unexpected(log.error());
      if (!events || !input) {
        ++named;
      } else if (!name.ends_with(".log")) {
        // The end of a write-ahead log is forgiven: see io_sweep_test.
        EXPECT_THAT(*events, SizeIs(4)) << name;
        EXPECT_EQ(*input, std::string(5000, 'i')) << name;
      }
    }
  }
  EXPECT_GT(named, 5U);
}

}  // namespace
}  // namespace runledger::store::testing
