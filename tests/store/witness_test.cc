#include "store/witness.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/verify.h"
#include "tests/store/store_testing.h"

/// A log that lost its newest events must not open as if they had never been.
namespace runledger::store::testing {
namespace {

using ::testing::HasSubstr;

class HeadWitness : public ::testing::Test {
 protected:
  void SetUp() override {
    make_store(directory_.path() / "store", 41, 2, 5);
    std::filesystem::copy(directory_.path() / "store", directory_.path() / "older");
    const auto log = open_log(directory_.path() / "store");
    ASSERT_TRUE(append(*log, request_of({note(1), note(2)})));
    last_ = log->committed();
  }
  [[nodiscard]] std::filesystem::path file(const char* store) const {
    return directory_.path() / store / kWitnessFile;
  }
  static Error open_error(const std::filesystem::path& directory) {
    RocksLogOptions options;
    options.directory = directory;
    const auto log = open_rocks_event_log(options, all_projections());
    return log ? Error{Code::kInternal, "it opened"} : log.error();
  }

  TempDir directory_;
  Sequence last_{};
};

TEST_F(HeadWitness, SaysWhichEventsAreMissing) {
  std::filesystem::copy_file(file("store"), file("older"),
                             std::filesystem::copy_options::overwrite_existing);

  const Error error = open_error(directory_.path() / "older");

  EXPECT_EQ(error.code, Code::kCorruption);
  EXPECT_THAT(error.message, HasSubstr("event " + std::to_string(raw(last_) - 1) + " is missing"));
  const auto report = verify_store(directory_.path() / "older", {});
  EXPECT_EQ(report.error().code, Code::kCorruption);
}

TEST_F(HeadWitness, CanBeOverruled) {
  std::filesystem::copy_file(file("store"), file("older"),
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::remove(file("older"));

  const auto log = open_log(directory_.path() / "older");

  EXPECT_TRUE(append(*log, request_of({note(3)})));
}

TEST_F(HeadWitness, IsNotNeededAndNotTrustedWhenDamaged) {
  {
    std::fstream damaged(file("store"), std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(25);
    damaged.put('x');
  }

  EXPECT_EQ(open_log(directory_.path() / "store")->committed(), last_);
}

TEST_F(HeadWitness, TellsALostDatabaseFromAnEmptyDirectory) {
  std::filesystem::remove(directory_.path() / "store" / "CURRENT");

  const Error error = open_error(directory_.path() / "store");

  EXPECT_EQ(error.code, Code::kCorruption);
  EXPECT_THAT(error.message, HasSubstr("CURRENT"));
}

}  // namespace
}  // namespace runledger::store::testing
