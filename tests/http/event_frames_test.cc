#include "http/feed/event_frames.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "http/feed/event_window.h"
#include "store/memory_event_log.h"

namespace runledger::http {
namespace {

const RunId kRun = *RunId::parse("01900000-0000-7000-8000-000000000001");
const PortfolioId kPortfolio = *PortfolioId::parse("01900000-0000-7000-8000-0000000000aa");

class EventFramesTest : public ::testing::Test {
 protected:
  void append(Payload payload) {
    store::AppendRequest request;
    request.events.push_back({{}, kRun, {}, std::move(payload)});
    ASSERT_TRUE(log_->append(std::move(request),
                             [](const auto& receipt) { ASSERT_TRUE(receipt.has_value()); })
                    .has_value());
  }
  void append(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      append(JobCancelled{{1, JobType::kStressTesting, kPortfolio, {}}});
    }
  }
  void append_progress(std::uint32_t job) {
    append(JobProgressed{{job, JobType::kStressTesting, kPortfolio, {}}, 1, 2, "positions", ""});
  }
  // Of the frames that a subscriber after `after` gets.
  static std::vector<std::uint64_t> sequences(const EventBlocks& blocks,
                                              std::uint64_t after,
                                              ProgressPolicy progress = ProgressPolicy::kAll,
                                              const EventFilter& filter = {}) {
    std::vector<std::uint64_t> result;
    for (const auto& range : select_frames(blocks, Sequence{after}, filter, progress).ranges) {
      for (auto i = range.first; i < range.last; ++i) {
        result.push_back(raw(range.block->frames()[i].sequence));
      }
    }
    return result;
  }
  static std::vector<std::uint64_t> held(const EventWindow& window, std::uint64_t after) {
    const auto blocks = window.after(Sequence{after}, 100);
    return blocks && !blocks->empty() ? sequences(*blocks, after) : std::vector<std::uint64_t>{};
  }
  std::unique_ptr<store::EventLog> log_ = store::make_memory_event_log({});
};
using Sequences = std::vector<std::uint64_t>;

TEST_F(EventFramesTest, WindowHoldsWhatWasCommittedSinceItBegan) {
  append(3);
  EventWindow window(*log_, {.frames_max = 10});
  append(2);

  EXPECT_TRUE(window.after(Sequence{3}, 10)->empty());
  ASSERT_TRUE(window.refresh().has_value());
  EXPECT_EQ(held(window, 3), (Sequences{4, 5}));
  EXPECT_EQ(held(window, 4), (Sequences{5}));
  EXPECT_TRUE(window.after(Sequence{5}, 10)->empty());
  EXPECT_FALSE(window.after(Sequence{2}, 10).has_value());
}

TEST_F(EventFramesTest, WindowGivesWholeBlocksUntilThereIsEnough) {
  EventWindow window(*log_, {.frames_max = 10});
  for (int i = 0; i < 3; ++i) {
    append(2);
    ASSERT_TRUE(window.refresh().has_value());
  }

  EXPECT_EQ(window.after(Sequence{0}, 1)->size(), 1U);
  EXPECT_EQ(window.after(Sequence{0}, 3)->size(), 2U);
  EXPECT_EQ(window.after(Sequence{1}, 3)->size(), 2U);
  EXPECT_EQ(window.after(Sequence{1}, 4)->size(), 3U);
}

TEST_F(EventFramesTest, WindowDropsTheOldestBlocks) {
  EventWindow window(*log_, {.frames_max = 4});
  append(3);
  ASSERT_TRUE(window.refresh().has_value());
  append(3);
  ASSERT_TRUE(window.refresh().has_value());

  EXPECT_FALSE(window.after(Sequence{2}, 10).has_value());
  EXPECT_EQ(held(window, 3), (Sequences{4, 5, 6}));
}

TEST_F(EventFramesTest, WindowBeginsAgainWhenItIsFarBehind) {
  EventWindow window(*log_, {.frames_max = 4});
  append(5);
  ASSERT_TRUE(window.refresh().has_value());

  EXPECT_FALSE(window.after(Sequence{4}, 10).has_value());
  EXPECT_TRUE(window.after(Sequence{5}, 10)->empty());
  append(1);
  ASSERT_TRUE(window.refresh().has_value());
  EXPECT_EQ(held(window, 5), (Sequences{6}));
}

TEST_F(EventFramesTest, WindowKeepsWithinItsBytes) {
  EventWindow window(*log_, {.frames_max = 100, .bytes_max = 1});
  append(1);
  ASSERT_TRUE(window.refresh().has_value());
  append(1);
  ASSERT_TRUE(window.refresh().has_value());

  EXPECT_FALSE(window.after(Sequence{0}, 10).has_value());
  EXPECT_EQ(held(window, 1), (Sequences{2}));
  const auto blocks = window.after(Sequence{1}, 1);
  EXPECT_EQ(window.bytes(), blocks->at(0)->bytes());
}

TEST_F(EventFramesTest, RendersEventsAsWebSocketFrames) {
  append(1);
  append(AccessGranted{"a@b.c", std::string(200, 'x'), ""});
  append(AccessGranted{"a@b.c", std::string(70'000, 'x'), ""});

  const auto block = read_block(*log_, Sequence{}, {}).value();

  const auto json = nlohmann::json::parse(block->text(0));
  EXPECT_EQ(json.at("type"), "event");
  EXPECT_EQ(json.at("event").at("seq"), 1);
  EXPECT_EQ(json.at("event").at("type"), "JobCancelled");
  EXPECT_EQ(json.at("event").at("portfolio_id"), to_string(kPortfolio));
  // RFC 6455, 5.2: a final, unmasked text frame with its length in two or in eight bytes.
  const auto wire = block->wire(1, 2);
  const auto byte = [&wire](std::size_t i) { return static_cast<unsigned char>(wire[i]); };
  EXPECT_EQ(byte(0), 0x81);
  EXPECT_EQ(byte(1), 126);
  EXPECT_EQ(byte(2) * 256U + byte(3), block->text(1).size());
  EXPECT_EQ(wire.substr(4), block->text(1));
  const auto large = block->wire(2, 3);
  EXPECT_EQ(static_cast<unsigned char>(large[1]), 127);
  std::uint64_t length = 0;
  for (std::size_t i = 2; i < 10; ++i) {
    length = length * 256 + static_cast<unsigned char>(large[i]);
  }
  EXPECT_EQ(length, block->text(2).size());
  EXPECT_EQ(large.substr(10), block->text(2));
  EXPECT_EQ(block->wire(0, 3).size(),
            block->wire(0, 1).size() + block->wire(1, 2).size() + block->wire(2, 3).size());
}

TEST_F(EventFramesTest, MatchesAllFieldsOfAFilter) {
  append(1);
  const auto block = read_block(*log_, Sequence{}, {}).value();
  const auto& subject = block->frames()[0].subject;

  EXPECT_TRUE(matches(EventFilter{}, subject));
  EXPECT_TRUE(matches(EventFilter{kRun, kPortfolio, JobType::kStressTesting}, subject));
  EXPECT_FALSE(matches(EventFilter{RunId{}, kPortfolio, {}}, subject));
  EXPECT_FALSE(matches(EventFilter{kRun, PortfolioId{}, {}}, subject));
  EXPECT_FALSE(matches(EventFilter{{}, {}, JobType::kFactorAnalysis}, subject));
  EXPECT_TRUE(matches(EventFilter{.type = std::string(subject.type)}, subject));
  EXPECT_FALSE(matches(EventFilter{.type = "RunFinished"}, subject));
}

TEST_F(EventFramesTest, SelectsWhatFollowsInOnePiece) {
  append(3);
  EventBlocks blocks{read_block(*log_, Sequence{}, {}).value()};
  append(2);
  blocks.push_back(read_block(*log_, Sequence{3}, {}).value());

  const auto batch = select_frames(blocks, Sequence{1}, {}, ProgressPolicy::kAll);

  EXPECT_EQ(batch.ranges.size(), 2U);
  EXPECT_EQ(raw(batch.through), 5U);
  EXPECT_EQ(sequences(blocks, 1), (Sequences{2, 3, 4, 5}));
}

TEST_F(EventFramesTest, LooksAtWhatTheFilterHides) {
  append(2);
  append(AccessGranted{"a@b.c", "x", ""});
  append(1);
  append(AccessGranted{"a@b.c", "x", ""});
  const EventBlocks blocks{read_block(*log_, Sequence{}, {}).value()};
  const EventFilter filter{{}, kPortfolio, {}};

  EXPECT_EQ(sequences(blocks, 0, ProgressPolicy::kAll, filter), (Sequences{1, 2, 4}));
  const auto batch = select_frames(blocks, Sequence{}, filter, ProgressPolicy::kAll);
  EXPECT_EQ(batch.ranges.size(), 2U);  // Neighbours go together.
  EXPECT_EQ(raw(batch.through), 5U);
}

TEST_F(EventFramesTest, KeepsOnlyTheNewestProgressOfEachJob) {
  append_progress(7);  // 1
  append(1);           // 2: a transition
  append_progress(7);  // 3
  append_progress(8);  // 4
  EventBlocks blocks{read_block(*log_, Sequence{}, {}).value()};
  append_progress(7);  // 5
  append(1);           // 6
  blocks.push_back(read_block(*log_, Sequence{4}, {}).value());

  EXPECT_EQ(sequences(blocks, 0, ProgressPolicy::kNewest), (Sequences{2, 4, 5, 6}));
  EXPECT_EQ(sequences(blocks, 0, ProgressPolicy::kAll), (Sequences{1, 2, 3, 4, 5, 6}));
  // What was looked at before is not asked again.
  EXPECT_EQ(sequences(blocks, 4, ProgressPolicy::kNewest), (Sequences{5, 6}));
}

}  // namespace
}  // namespace runledger::http
