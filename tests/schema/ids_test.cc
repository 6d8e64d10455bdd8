#include "schema/ids.h"

#include <set>

#include <gtest/gtest.h>

namespace runledger {
namespace {

const UtcTime kNow{std::chrono::milliseconds{1510340400123}};

TEST(Ids, AreVersion7InTimeOrderAndRoundTripAsText) {
  const auto first = RunId::make(kNow, {1, 2});
  const auto later = RunId::make(kNow + std::chrono::milliseconds{1}, {0, 0});
  const auto text = to_string(first);

  EXPECT_EQ(text[14], '7');
  EXPECT_TRUE(text[19] == '8' || text[19] == '9' || text[19] == 'a' || text[19] == 'b');
  EXPECT_LT(text, to_string(later));
  EXPECT_EQ(RunId::parse(text), first);
  EXPECT_EQ(RunId::parse("0190163d-8694-739b-aea5-966c26f8ad9"), std::nullopt);
  EXPECT_EQ(RunId::parse("0190163d_8694-739b-aea5-966c26f8ad91"), std::nullopt);
  EXPECT_EQ(RunId::parse("g190163d-8694-739b-aea5-966c26f8ad91"), std::nullopt);
}

TEST(Ids, OfJobsAreDistinctReversibleAndStillVersion7) {
  const auto run = RunId::make(kNow, {77, 88});
  const auto other = RunId::make(kNow, {78, 89});
  std::set<JobId> seen;
  for (std::uint32_t index = 0; index < 1000; ++index) {
    const auto job = make_job_id(run, index);
    EXPECT_TRUE(seen.insert(job).second);
    EXPECT_EQ(to_string(job)[14], '7');
    EXPECT_EQ(job_index(run, job), index);
    EXPECT_EQ(job_index(other, job), std::nullopt);
  }
  EXPECT_EQ(job_index(run, JobId{run.uuid}), std::nullopt);
}

TEST(Digests, MatchThePublishedVectors) {
  // FIPS 180-4 examples.
  EXPECT_EQ(to_string(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_string(sha256("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(parse_digest(to_string(sha256("abc"))), sha256("abc"));
  EXPECT_EQ(parse_digest("ba78"), std::nullopt);
}

TEST(Hasher, TellsListsApartThatHaveTheSameBytes) {
  const auto hash = [](std::string_view a, std::string_view b) {
    Hasher hasher;
    hasher.add(a).add(b);
    return hasher.finish();
  };
  EXPECT_NE(hash("ab", "c"), hash("a", "bc"));
  EXPECT_EQ(hash("ab", "c"), hash("ab", "c"));
}

}  // namespace
}  // namespace runledger
