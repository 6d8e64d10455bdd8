#include "store/bundle.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/retention.h"
#include "store/verify.h"
#include "tests/store/store_testing.h"

/// Bundles: what is exported comes back byte for byte, and nothing damaged comes in.
namespace runledger::store::testing {
namespace {

using ::testing::HasSubstr;

class Bundle : public ::testing::Test {
 protected:
  void SetUp() override { make_store(directory_.path() / "store", 21, 4, 8); }

  void write(const std::filesystem::path& path) const {
    const auto log = open_log(directory_.path() / "store");
    const auto file = make_bundle_file(path).value();
    const Status written =
        export_bundle(*log, {.after = log->pruned(), .through = {}, .whole = true}, *file);
    ASSERT_TRUE(written) << written.error().message;
  }
  [[nodiscard]] static Status import(const std::filesystem::path& file,
                                     const std::filesystem::path& directory) {
    RL_TRY_ASSIGN(const auto store, make_store_from_bundle(directory, "test"));
    const auto footer = read_bundle(file, store.get());
    return footer ? Status() : std::unexpected(footer.error());
  }
  [[nodiscard]] static std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::filesystem::path path(const char* name) const {
    return directory_.path() / name;
  }

  TempDir directory_;
};

TEST_F(Bundle, ComesBackByteForByte) {
  write(path("first.rlb"));
  ASSERT_TRUE(import(path("first.rlb"), path("copy")));

  const auto original = open_log(path("store"));
  const auto copy = open_log(path("copy"));
  EXPECT_EQ(copy->store_id(), original->store_id());
  EXPECT_EQ(copy->committed(), original->committed());
  const auto left = original->read(Sequence{}, {.events_max = 100'000}).value();
  const auto right = copy->read(Sequence{}, {.events_max = 100'000}).value();
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ(left[i].bytes.view(), right[i].bytes.view());
  }
  TableDump before = dump_tables(*original);
  TableDump after = dump_tables(*copy);
  before.erase("checkpoints");
  after.erase("checkpoints");
  EXPECT_EQ(before, after);

  const auto file = make_bundle_file(path("second.rlb")).value();
  ASSERT_TRUE(export_bundle(*copy, {.after = {}, .through = {}, .whole = true}, *file));
  EXPECT_EQ(bytes_of(path("first.rlb")), bytes_of(path("second.rlb")));
}

TEST_F(Bundle, IsWholeAfterAPruning) {
  {
    const auto log = open_log(path("store"));
    RetentionPolicy policy;
    policy.age_max = std::chrono::nanoseconds{1};
    const auto plan = plan_prune(*log, policy, at(4'000'000'000)).value().value();
    ASSERT_TRUE(append(*log, prune_request(plan, std::nullopt, at(1))));
  }
  write(path("pruned.rlb"));
  ASSERT_TRUE(import(path("pruned.rlb"), path("copy")));

  const auto report = verify_store(
      path("copy"),
      {.deep = false, .head = {}, .work_directory = directory_.path(), .progress = {}});
  EXPECT_TRUE(report) << report.error().message;
  const auto copy = open_log(path("copy"));
  const auto original = open_log(path("store"));
  EXPECT_EQ(copy->pruned(), original->pruned());
  TableDump before = dump_tables(*original);
  TableDump after = dump_tables(*copy);
  before.erase("checkpoints");
  after.erase("checkpoints");
  EXPECT_EQ(before, after);
}

TEST_F(Bundle, FindsAnyByteThatWasChanged) {
  {
    const auto log = open_log(path("small"));
    ASSERT_TRUE(append(*log, request_of({note(1), note(2)})));
    const auto file = make_bundle_file(path("small.rlb")).value();
    ASSERT_TRUE(export_bundle(*log, {.after = {}, .through = {}, .whole = true}, *file));
  }
  const std::string bytes = bytes_of(path("small.rlb"));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::ofstream(path("changed.rlb"), std::ios::binary) << flipped(bytes, at);
    EXPECT_FALSE(read_bundle(path("changed.rlb"), nullptr)) << "byte " << at;
    std::ofstream(path("changed.rlb"), std::ios::binary) << bytes.substr(0, at);
    EXPECT_FALSE(read_bundle(path("changed.rlb"), nullptr)) << "cut off at " << at;
  }
  EXPECT_TRUE(read_bundle(path("small.rlb"), nullptr));
}

TEST_F(Bundle, LeavesNoHalfStoreBehind) {
  write(path("whole.rlb"));
  const std::string bytes = bytes_of(path("whole.rlb"));
  std::ofstream(path("half.rlb"), std::ios::binary) << bytes.substr(0, bytes.size() - 9);

  const Status imported = import(path("half.rlb"), path("copy"));

  EXPECT_EQ(imported.error().code, Code::kCorruption);
  EXPECT_FALSE(std::filesystem::exists(path("copy")));
  EXPECT_FALSE(std::filesystem::exists(path("copy.importing")));
}

TEST_F(Bundle, OverwritesNothing) {
  write(path("once.rlb"));

  EXPECT_EQ(make_bundle_file(path("once.rlb")).error().code, Code::kConflict);
  EXPECT_EQ(make_store_from_bundle(path("store"), "test").error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace runledger::store::testing
