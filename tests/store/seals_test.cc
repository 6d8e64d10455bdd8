#include "store/seals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_event_log.h"
#include "tests/store/store_testing.h"

namespace runledger::store::testing {
namespace {

using ::testing::SizeIs;

std::string hex_root(const MerkleTree& tree) {
  return to_string(tree.root());
}

Digest node(char kind, const std::vector<Digest>& parts) {
  std::string bytes(1, kind);
  for (const Digest& part : parts) {
    bytes.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
  }
  return sha256(bytes);
}

/// The definition of RFC 6962, section 2.1, word for word.
Digest root_by_definition(const std::vector<Digest>& hashes) {
  if (hashes.size() == 1) {
    return node('\x00', hashes);
  }
  std::size_t left = 1;
  while (left * 2 < hashes.size()) {
    left *= 2;
  }
  const auto middle = hashes.begin() + static_cast<std::ptrdiff_t>(left);
  return node('\x01', {root_by_definition({hashes.begin(), middle}),
                       root_by_definition({middle, hashes.end()})});
}

TEST(MerkleTree, HasTheRootOfItsDefinition) {
  MerkleTree tree;
  std::vector<Digest> hashes;
  EXPECT_TRUE(tree.root().is_nil());
  for (int i = 0; i < 70; ++i) {
    hashes.push_back(sha256(std::to_string(i)));
    tree.add(hashes.back());
    ASSERT_EQ(hex_root(tree), to_string(root_by_definition(hashes))) << hashes.size();
    ASSERT_EQ(tree.size(), hashes.size());
  }
}

TEST(Seals, CloseEachRunAndChainToTheNext) {
  const auto log = make_memory_event_log(all_projections());
  for (AppendRequest& request : whole_history(5, 4, 6)) {
    ASSERT_TRUE(append(*log, std::move(request)));
  }
  const auto events = read_all(*log);

  const auto seals = list_seals(log->tables()).value();

  ASSERT_FALSE(seals.empty());
  Sequence first{1};
  for (const Seal& seal : seals) {
    EXPECT_EQ(seal.first, first);
    MerkleTree tree;
    for (auto sequence = raw(seal.first); sequence <= raw(seal.last); ++sequence) {
      tree.add(events.at(sequence).previous);  // The next event has the hash of this one.
    }
    EXPECT_EQ(seal.root, tree.root());
    EXPECT_EQ(seal.last_hash, events.at(raw(seal.last)).previous);
    EXPECT_TRUE(ends_run(events.at(raw(seal.last) - 1).payload));
    first = next(seal.last);
  }
}

TEST(Seals, CloseASegmentThatGrowsWithoutARun) {
  Sealer sealer;
  std::vector<Seal> seals;
  for (std::uint64_t i = 1; i <= 2 * kSegmentEvents + 1; ++i) {
    Event event;
    event.sequence = Sequence{i};
    event.previous = sha256(std::to_string(i));
    event.payload = AccessGranted{};
    if (const auto seal = sealer.add(event)) {
      seals.push_back(*seal);
    }
  }

  ASSERT_THAT(seals, SizeIs(2));
  EXPECT_EQ(seals[0].last, Sequence{kSegmentEvents});
  EXPECT_EQ(seals[1].first, Sequence{kSegmentEvents + 1});
}

}  // namespace
}  // namespace runledger::store::testing
