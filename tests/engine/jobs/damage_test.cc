#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/inputs/calendar.h"
#include "engine/jobs/risk_calculation.h"
#include "tests/engine/jobs/document_check.h"
#include "tests/engine/jobs/random_market.h"
#include "tests/engine/jobs/support.h"

/// Whatever the data, every document has numbers, or nulls with a reason.
namespace runledger::engine::test {
namespace {

const Date kDay = Date{std::chrono::year{2017} / 6 / 30};

void expect_sound(std::uint64_t seed, Damage damage) {
  const auto calculation = make_risk_calculation(random_market(seed, kDay, damage));
  for (const Date day : {kDay, kDay - std::chrono::days{1}, kDay - std::chrono::days{44}}) {
    EXPECT_THAT(faults_of_all_jobs(*calculation, portfolio_id(1), day), testing::IsEmpty())
        << "seed " << seed << " as of " << format_date(day);
  }
}

TEST(Damage, LeavesNoDocumentOfAnOrdinaryBookUnsound) {
  for (const std::uint64_t seed : test_seeds(100)) {
    expect_sound(seed, Damage::kReal);
  }
}

TEST(Damage, LeavesNoDocumentOfAWildBookUnsound) {
  for (const std::uint64_t seed : test_seeds(200)) {
    expect_sound(seed, Damage::kWild);
  }
}

}  // namespace
}  // namespace runledger::engine::test
