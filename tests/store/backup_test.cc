#include "store/backup.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/verify.h"
#include "tests/store/store_testing.h"

namespace runledger::store::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class Backup : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path(const char* name) const {
    return directory_.path() / name;
  }
  void expect_whole(const std::filesystem::path& store) const {
    const auto report = verify_store(
        store, {.deep = true, .head = {}, .work_directory = directory_.path(), .progress = {}});
    EXPECT_TRUE(report) << report.error().message;
  }

  TempDir directory_;
};

TEST_F(Backup, IsMadeWhileOthersAppendAndRestoresWhole) {
  make_store(path("store"), 31, 3, 10);
  const auto log = open_log(path("store"));
  std::vector<BackupInfo> made;
  {
    std::jthread writer([&log](const std::stop_token& stop) {
      for (std::uint64_t i = 1; !stop.stop_requested(); ++i) {
        EXPECT_TRUE(append(*log, request_of({note(i)})));
      }
    });
    for (int i = 0; i < 3; ++i) {
      const auto backup = log->maintenance()->backup(path("backups"));
      ASSERT_TRUE(backup) << backup.error().message;
      made.push_back(*backup);
    }
  }

  for (const BackupInfo& backup : made) {
    const auto target = path(("restored" + std::to_string(backup.id)).c_str());
    const auto restored = restore_backup(path("backups"), backup.id, target);
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_GE(restored->committed, backup.committed);
    expect_whole(target);
    const auto copy = open_log(target);
    const auto events = copy->read(Sequence{}, {.events_max = 1'000'000, .bytes_max = 1U << 30U});
    const auto original =
        log->read(Sequence{}, {.events_max = raw(copy->committed()), .bytes_max = 1U << 30U});
    ASSERT_EQ(events->size(), original->size());
    EXPECT_EQ(events->back().bytes.view(), original->back().bytes.view());
  }
}

TEST_F(Backup, SharesWhatHasNotChanged) {
  make_store(path("store"), 32, 3, 10);
  const auto log = open_log(path("store"));
  ASSERT_TRUE(log->maintenance()->backup(path("backups")));
  ASSERT_TRUE(log->maintenance()->backup(path("backups")));

  std::uint64_t stored = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path("backups"))) {
    stored += entry.is_regular_file() ? entry.file_size() : 0;
  }
  const auto backups = list_backups(path("backups")).value();
  ASSERT_THAT(backups, SizeIs(2));
  EXPECT_LT(stored, backups[0].bytes + backups[1].bytes);

  ASSERT_TRUE(drop_old_backups(path("backups"), 1));
  EXPECT_THAT(list_backups(path("backups")).value(), SizeIs(1));
}

TEST_F(Backup, NamesADamagedBackup) {
  make_store(path("store"), 33, 2, 10);
  ASSERT_TRUE(open_log(path("store"))->maintenance()->backup(path("backups")));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path("backups"))) {
    if (entry.path().extension() == ".sst") {
      std::filesystem::resize_file(entry.path(), entry.file_size() - 1);
    }
  }

  const auto restored = restore_backup(path("backups"), std::nullopt, path("restored"));

  EXPECT_EQ(restored.error().code, Code::kCorruption) << restored.error().message;
  EXPECT_FALSE(std::filesystem::exists(path("restored")));
}

TEST_F(Backup, RefusesWhatWouldOverwriteOrMix) {
  make_store(path("store"), 34, 1, 3);
  make_store(path("other"), 35, 1, 3);
  ASSERT_TRUE(open_log(path("store"))->maintenance()->backup(path("backups")));

  const auto mixed = open_log(path("other"))->maintenance()->backup(path("backups"));
  const auto foreign = open_log(path("other"))->maintenance()->backup(path("store"));

  EXPECT_THAT(mixed.error().message, HasSubstr("another store"));
  EXPECT_EQ(foreign.error().code, Code::kInvalidArgument);
  EXPECT_EQ(restore_backup(path("backups"), std::nullopt, path("other")).error().code,
            Code::kInvalidArgument);
  EXPECT_EQ(restore_backup(path("backups"), 7, path("new")).error().code, Code::kNotFound);
  EXPECT_EQ(restore_backup(path("nowhere"), std::nullopt, path("new")).error().code,
            Code::kNotFound);
}

}  // namespace
}  // namespace runledger::store::testing
