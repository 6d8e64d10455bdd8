#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/service.h"
#include "tests/support/temporary_directory.h"

/// No run starts when the disk may run full under it; everything else goes on.
namespace runledger::engine {
namespace {

using ::testing::HasSubstr;

TEST(DiskWatermark, StopsNewRunsAndNothingElse) {
  const testing::TemporaryDirectory directory;
  const SystemClock clock;
  ServiceOptions options;
  options.data_directory = directory.path() / "data";
  options.free_disk_bytes_min = ~std::uint64_t{0};
  const auto service = open_service(options, clock);
  ASSERT_TRUE(service) << service.error().message;
  const std::string prices =
      "symbol,date,open,high,low,close,volume\n"
      "SPY,2017-03-01,100,101,99,100,1000\n";
  ASSERT_TRUE((*service)->import_input(InputKind::kPrices, "prices.csv", prices));
  const Sequence before = (*service)->log().committed();

  const auto refused = (*service)->start_run({}, std::nullopt);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kExhausted);
  EXPECT_THAT(refused.error().message, HasSubstr("are free on the disk"));
  EXPECT_EQ((*service)->log().committed(), before) << "it was recorded all the same";
  EXPECT_TRUE((*service)->health());
}

}  // namespace
}  // namespace runledger::engine
