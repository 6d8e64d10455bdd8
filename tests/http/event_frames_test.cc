#include "http/event_frames.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "store/memory_event_log.h"

namespace runledger::http {
namespace {

const RunId kRun = *RunId::parse("01900000-0000-7000-8000-000000000001");
const PortfolioId kPortfolio = *PortfolioId::parse("01900000-0000-7000-8000-0000000000aa");

class EventWindowTest : public ::testing::Test {
 protected:
  void append(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      store::AppendRequest request;
      request.events.push_back(
          {{}, kRun, {}, JobCancelled{{1, JobType::kStressTesting, kPortfolio, {}}}});
      ASSERT_TRUE(log_->append(std::move(request),
                               [](const auto& receipt) { ASSERT_TRUE(receipt.has_value()); })
                      .has_value());
    }
  }
  static std::vector<std::uint64_t> sequences(const std::optional<EventFrames>& frames) {
    std::vector<std::uint64_t> result;
    for (const auto& frame : frames.value()) {
      result.push_back(raw(frame->sequence));
    }
    return result;
  }
  std::unique_ptr<store::EventLog> log_ = store::make_memory_event_log({});
};

TEST_F(EventWindowTest, HoldsWhatWasCommittedSinceItBegan) {
  append(3);
  EventWindow window(*log_, {.frames_max = 10});
  append(2);

  EXPECT_EQ(sequences(window.after(Sequence{3}, 10)).size(), 0U);
  ASSERT_TRUE(window.refresh().has_value());
  EXPECT_EQ(sequences(window.after(Sequence{3}, 10)), (std::vector<std::uint64_t>{4, 5}));
  EXPECT_EQ(sequences(window.after(Sequence{4}, 10)), (std::vector<std::uint64_t>{5}));
  EXPECT_EQ(sequences(window.after(Sequence{3}, 1)), (std::vector<std::uint64_t>{4}));
  EXPECT_TRUE(window.after(Sequence{5}, 10)->empty());
  EXPECT_FALSE(window.after(Sequence{2}, 10).has_value());
}

TEST_F(EventWindowTest, DropsTheOldestFrames) {
  EventWindow window(*log_, {.frames_max = 4});
  append(3);
  ASSERT_TRUE(window.refresh().has_value());
  append(3);
  ASSERT_TRUE(window.refresh().has_value());

  EXPECT_FALSE(window.after(Sequence{1}, 10).has_value());
  EXPECT_EQ(sequences(window.after(Sequence{2}, 10)), (std::vector<std::uint64_t>{3, 4, 5, 6}));
}

TEST_F(EventWindowTest, BeginsAgainWhenItIsFarBehind) {
  EventWindow window(*log_, {.frames_max = 4});
  append(5);
  ASSERT_TRUE(window.refresh().has_value());

  EXPECT_FALSE(window.after(Sequence{4}, 10).has_value());
  EXPECT_TRUE(window.after(Sequence{5}, 10)->empty());
  append(1);
  ASSERT_TRUE(window.refresh().has_value());
  EXPECT_EQ(sequences(window.after(Sequence{5}, 10)), (std::vector<std::uint64_t>{6}));
}

TEST_F(EventWindowTest, KeepsWithinItsBytes) {
  EventWindow window(*log_, {.frames_max = 100, .bytes_max = 1});
  append(3);
  ASSERT_TRUE(window.refresh().has_value());

  EXPECT_FALSE(window.after(Sequence{1}, 10).has_value());
  EXPECT_EQ(sequences(window.after(Sequence{2}, 10)), (std::vector<std::uint64_t>{3}));
}

TEST_F(EventWindowTest, RendersEventsAsFrames) {
  append(1);

  const auto frames = read_frames(*log_, Sequence{}, {});

  ASSERT_TRUE(frames.has_value());
  const auto json = nlohmann::json::parse(frames->at(0)->text);
  EXPECT_EQ(json.at("type"), "event");
  EXPECT_EQ(json.at("event").at("seq"), 1);
  EXPECT_EQ(json.at("event").at("type"), "JobCancelled");
  EXPECT_EQ(json.at("event").at("portfolio_id"), to_string(kPortfolio));
}

TEST_F(EventWindowTest, MatchesAllFieldsOfAFilter) {
  append(1);
  const auto frame = *read_frames(*log_, Sequence{}, {})->at(0);

  EXPECT_TRUE(matches(EventFilter{}, frame));
  EXPECT_TRUE(matches(EventFilter{kRun, kPortfolio, JobType::kStressTesting}, frame));
  EXPECT_FALSE(matches(EventFilter{RunId{}, kPortfolio, {}}, frame));
  EXPECT_FALSE(matches(EventFilter{kRun, PortfolioId{}, {}}, frame));
  EXPECT_FALSE(matches(EventFilter{{}, {}, JobType::kFactorAnalysis}, frame));
}

}  // namespace
}  // namespace runledger::http
