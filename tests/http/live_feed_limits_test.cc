#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include <gmock/gmock.h>

#include "schema/codec.h"
#include "tests/http/live_feed_fixture.h"

namespace runledger::http {
namespace {

using nlohmann::json;
using runledger::testing::LiveFeedTest;
using runledger::testing::RawClient;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kTinyBuffer = 4096;
constexpr std::size_t kLargeText = 100'000;

class LiveFeedLimitsTest : public LiveFeedTest {
 protected:
  // 10 MB, more than the buffers of both sockets hold, while `client` does not read.
  static constexpr std::uint64_t kLargeEvents = 100;
  void append_large_events(std::uint64_t count = kLargeEvents) {
    for (std::uint64_t i = 0; i < count; ++i) {
      append_event(std::string(kLargeText, 'x'));
    }
  }
  // Appends facts about jobs of no run: the feed does not ask what they mean.
  void append_fact(Payload payload) {
    auto& log = const_cast<store::EventLog&>(fixture_.service().log());
    store::AppendRequest request;
    request.events.push_back({{}, kRun, {}, std::move(payload)});
    std::atomic<bool> done = false;
    ASSERT_TRUE(log.append(std::move(request),
                           [&done](const auto& receipt) {
                             EXPECT_TRUE(receipt.has_value());
                             done = true;
                             done.notify_one();
                           })
                    .has_value());
    done.wait(false);
  }
  void append_progress(std::uint32_t job, std::uint64_t step) {
    append_fact(JobProgressed{{job, JobType::kStressTesting, {}, {}}, step, 100, "positions", ""});
  }
  void append_attempt(std::uint32_t job) {
    append_fact(JobAttempted{{job, JobType::kStressTesting, {}, {}}, Attempt{1}, Epoch{1}});
  }
  std::unique_ptr<RawClient> stalled_subscriber(bool every_progress = false) {
    auto client = subscribe(committed(), nullptr, kTinyBuffer, every_progress);
    until(*client, "caught_up");
    return client;
  }

  static inline const RunId kRun = *RunId::parse("01900000-0000-7000-8000-000000000001");
};

TEST_F(LiveFeedLimitsTest, RefusesAFrameThatIsTooLarge) {
  start({.frame_bytes_max = 1000});
  RawClient fits(server_->port());
  ASSERT_EQ(fits.open_websocket(kLive, fixture_.viewer_token()), 101U);
  fits.send_text(std::string(1000, ' '));
  EXPECT_EQ(next(fits).at("code"), "invalid_subscribe");

  RawClient large(server_->port());
  ASSERT_EQ(large.open_websocket(kLive, fixture_.viewer_token()), 101U);
  large.send_text(std::string(1001, ' '));
  EXPECT_FALSE(large.receive_text().has_value());
  EXPECT_EQ(large.close_code(), 1009);

  // A subscriber is held to it, too.
  const auto subscriber = subscribe(nullptr);
  until(*subscriber, "caught_up");
  subscriber->send_text(std::string(1001, ' '));
  EXPECT_FALSE(subscriber->receive_text().has_value());
  EXPECT_EQ(subscriber->close_code(), 1009);
}

TEST_F(LiveFeedLimitsTest, RefusesSubscribersAboveTheLimit) {
  start({.subscribers_max = 2});
  auto first = subscribe(nullptr);
  const auto second = subscribe(nullptr);
  until(*first, "caught_up");
  until(*second, "caught_up");

  RawClient third(server_->port());
  EXPECT_EQ(third.open_websocket(kLive, fixture_.viewer_token()), 503U);
  // Who leaves makes room.
  first.reset();
  EXPECT_TRUE(eventually([this] { return metrics().feed_subscribers.load() == 1; }));
  const auto fourth = subscribe(nullptr);
  until(*fourth, "caught_up");
}

TEST_F(LiveFeedLimitsTest, RefusesPagesOfOtherOrigins) {
  ServerOptions options;
  options.allowed_origins = {"https://desk.example"};
  start(options);
  const auto open = [this](const std::string& origin) {
    return RawClient(server_->port())
        .open_websocket(kLive, fixture_.viewer_token(), "Origin: " + origin + "\r\n");
  };

  EXPECT_EQ(open("http://test"), 101U);  // The Host that the client sends.
  EXPECT_EQ(open("https://desk.example"), 101U);
  EXPECT_EQ(open("https://evil.example"), 403U);
  EXPECT_EQ(open("null"), 403U);
}

TEST_F(LiveFeedLimitsTest, DropsASubscriberThatNoLongerAnswersPings) {
  start({.feed_idle_timeout = milliseconds{200}});
  const auto client = subscribe(nullptr);
  // It neither reads nor answers; the place becomes free all the same.
  auto& subscribers = metrics().feed_subscribers;
  EXPECT_TRUE(eventually([&] { return subscribers.load() == 1; }));
  EXPECT_TRUE(eventually([&] { return subscribers.load() == 0; }));
}

TEST_F(LiveFeedLimitsTest, KeepsASubscriberThatAnswersPings) {
  start({.feed_idle_timeout = milliseconds{200}});
  const auto client = subscribe(nullptr);
  until(*client, "caught_up");
  // Ten pings are five idle times.
  for (int pings = 0; pings < 10;) {
    const auto frame = client->receive_frame();
    ASSERT_TRUE(frame.has_value());
    pings += frame->opcode == 9 ? 1 : 0;
  }
  append_event();

  EXPECT_EQ(next(*client).at("type"), "event");
}

// Frames that were mixed up would be no JSON, or no frames at all.
TEST_F(LiveFeedLimitsTest, AnswersPingsBetweenTheFramesOfEvents) {
  constexpr int kPings = 100;
  start();
  const auto client = stalled_subscriber();
  const auto first = committed() + 1;
  append_large_events();
  // A frame of an event is under way when the pings come.
  EXPECT_TRUE(eventually([this] { return metrics().feed_held_bytes.load() > 0; }));
  for (int i = 0; i < kPings; ++i) {
    client->send_ping(std::to_string(i));
  }

  int pongs = 0;
  auto expected = first;
  while (pongs < kPings || expected < first + kLargeEvents) {
    const auto frame = client->receive_frame();
    ASSERT_TRUE(frame.has_value());
    if (frame->opcode == 10) {
      ASSERT_EQ(frame->payload, std::to_string(pongs++));
      continue;
    }
    ASSERT_EQ(frame->opcode, 1U);
    ASSERT_EQ(json::parse(frame->payload).at("event").at("seq"), expected++);
  }
}

TEST_F(LiveFeedLimitsTest, GivesASlowReaderEverythingInTheEnd) {
  start({.window_frames_max = 16});
  const auto first = committed();
  const auto client = stalled_subscriber();
  const auto reads = metrics().feed_direct_reads.load();
  append_large_events();

  for (auto expected = first + 1; expected <= first + kLargeEvents; ++expected) {
    ASSERT_EQ(next(*client).at("event").at("seq"), expected);
  }
  EXPECT_GT(metrics().feed_direct_reads.load(), reads);  // What it missed has left the window.
}

TEST_F(LiveFeedLimitsTest, AStalledReaderHoldsNobodyUpAndCostsLittle) {
  start();
  std::vector<std::unique_ptr<RawClient>> stalled;
  for (int i = 0; i < 20; ++i) {
    stalled.push_back(stalled_subscriber());
  }
  const auto reader = subscribe(committed());
  until(*reader, "caught_up");
  const auto first = committed();
  std::jthread appender([this] { append_large_events(4 * kLargeEvents); });

  // 40 MB pass by while twenty others read nothing.
  for (auto expected = first + 1; expected <= first + 4 * kLargeEvents; ++expected) {
    ASSERT_EQ(next(*reader).at("event").at("seq"), expected);
  }

  EXPECT_EQ(metrics().feed_subscribers.load(), 21);
  EXPECT_EQ(metrics().feed_stalled.load(), 0U);
  // The rest of a frame each, and no more; of what they share, what the limits allow. It is counted
  // with the next commit.
  EXPECT_TRUE(eventually([this] {
    append_event();
    return metrics().feed_held_bytes.load() > 0;
  }));
  EXPECT_LE(metrics().feed_held_bytes.load(), 21 * static_cast<std::int64_t>(kLargeText + 1000));
  EXPECT_LE(metrics().feed_shared_bytes.load(), 40 << 20);
  stalled.resize(1);
  for (auto expected = first + 1; expected <= first + 4 * kLargeEvents; ++expected) {
    ASSERT_EQ(next(*stalled[0]).at("event").at("seq"), expected);
  }
}

TEST_F(LiveFeedLimitsTest, ClosesAReaderThatStallsAndSaysWhereToResume) {
  start({.feed_stall_timeout = milliseconds{100}});
  const auto client = stalled_subscriber();
  const auto first = committed();
  append_large_events();
  EXPECT_TRUE(eventually([this] { return metrics().feed_stalled.load() == 1; }));

  // All that had been sent is still there to be read, and then the reason.
  auto frames = until(*client, "bye");

  auto expected = first;
  for (const auto& frame : frames) {
    if (frame.at("type") == "event") {
      ASSERT_EQ(frame.at("event").at("seq"), ++expected);
    }
  }
  EXPECT_LT(expected, first + kLargeEvents);
  EXPECT_EQ(frames.back().at("resume_after"), expected);
  EXPECT_FALSE(client->receive_text().has_value());
  EXPECT_EQ(client->close_code(), 1013);
  const auto again = subscribe(expected);
  EXPECT_EQ(next(*again).at("event").at("seq"), expected + 1);
}

TEST_F(LiveFeedLimitsTest, DoesNotCloseAReaderThatIsSlowButReads) {
  start({.feed_stall_timeout = milliseconds{300}});
  const auto client = stalled_subscriber();
  const auto first = committed();
  std::jthread appender([this] { append_large_events(); });

  // A little at a time, far below what makes the kernel say that there is room.
  const auto begin = std::chrono::steady_clock::now();
  auto expected = first;
  while (std::chrono::steady_clock::now() < begin + seconds{2}) {
    ASSERT_EQ(next(*client).at("event").at("seq"), ++expected);
    const auto pause = std::chrono::steady_clock::now() + milliseconds{100};
    while (std::chrono::steady_clock::now() < pause) {
      std::this_thread::yield();
    }
  }
  EXPECT_EQ(metrics().feed_stalled.load(), 0U);
  EXPECT_EQ(metrics().feed_subscribers.load(), 1);
}

TEST_F(LiveFeedLimitsTest, LeavesOutdatedProgressOutForOneThatIsBehind) {
  constexpr std::uint64_t kSteps = 100;
  start();
  const auto behind = stalled_subscriber();
  const auto complete = stalled_subscriber(true);
  const auto first = committed();
  append_large_events(20);
  for (std::uint64_t step = 1; step <= kSteps; ++step) {
    append_progress(1, step);
    append_progress(2, step);
    append_attempt(3);
  }
  const auto last = committed();

  for (auto expected = first + 1; expected <= last; ++expected) {
    ASSERT_EQ(next(*complete).at("event").at("seq"), expected);
  }
  std::uint64_t previous = first;
  std::map<std::string, std::uint64_t> counts;
  std::set<std::uint64_t> progress;
  while (previous < last) {
    const auto event = next(*behind).at("event");
    ASSERT_GT(event.at("seq").get<std::uint64_t>(), previous);
    previous = event.at("seq").get<std::uint64_t>();
    ++counts[event.at("type").get<std::string>()];
    if (event.at("type") == "JobProgressed") {
      progress.insert(previous);
    }
  }
  EXPECT_EQ(counts["AccessGranted"], 20U);
  EXPECT_EQ(counts["JobAttempted"], kSteps);
  EXPECT_LT(progress.size(), kSteps);
  EXPECT_TRUE(progress.contains(last - 2));
  EXPECT_TRUE(progress.contains(last - 1));
}

TEST_F(LiveFeedLimitsTest, StopsWithoutWaitingForAReaderThatStalls) {
  start();
  const auto client = stalled_subscriber();
  append_large_events();
  EXPECT_TRUE(eventually([this] { return metrics().feed_held_bytes.load() > 0; }));

  server_->stop(seconds{20});

  const auto frames = until(*client, "bye");
  EXPECT_EQ(frames.back().at("resume_after"), frames[frames.size() - 2].at("event").at("seq"));
  EXPECT_FALSE(client->receive_text().has_value());
  EXPECT_EQ(client->close_code(), 1012);
}

// Random places to drop the connection, with and without filters, while a run goes on.
TEST_F(LiveFeedLimitsTest, HasEverySequenceOnceHoweverOftenItConnectsAgain) {
  std::random_device device;
  const auto seed = device();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  start({.position_interval = milliseconds{1}, .window_frames_max = 64});
  fixture_.import_samples(10);
  const auto first = committed();
  const std::vector<std::pair<json, EventFilter>> filters = {
      {nullptr, {}}, {{{"job_type", "stress_testing"}}, {{}, {}, JobType::kStressTesting}}};
  std::jthread runner(
      [this] { fixture_.run_to_end("?start_date=2017-03-10&end_date=2017-03-14"); });
  std::vector<std::vector<std::uint64_t>> seen(filters.size());

  for (std::size_t i = 0; i < filters.size(); ++i) {
    std::uint64_t resume = first;
    bool ended = false;
    while (!ended) {
      const auto client = subscribe(resume, filters[i].first);
      const auto frames = std::uniform_int_distribution<int>(1, 20)(random);
      for (int frame = 0; frame < frames && !ended; ++frame) {
        const auto got = next(*client);
        if (got.at("type") == "event") {
          resume = got.at("event").at("seq").get<std::uint64_t>();
          seen[i].push_back(resume);
        } else {
          resume = got.at("seq").get<std::uint64_t>();
        }
        const auto run = fixture_.service().current_run();
        ended = !run.run && resume == committed() && resume > first + 10;
      }
    }
  }
  runner.join();

  const auto records = fixture_.service().log().read(Sequence{first}, {100'000}).value();
  for (std::size_t i = 0; i < filters.size(); ++i) {
    std::vector<std::uint64_t> expected;
    for (const auto& record : records) {
      const auto event = decode_event(record.bytes).value();
      if (matches(filters[i].second, event)) {
        expected.push_back(raw(event.sequence));
      }
    }
    EXPECT_EQ(seen[i], expected);
    EXPECT_GT(expected.size(), 3U);
  }
}

TEST_F(LiveFeedLimitsTest, ListsItsSessions) {
  start();
  EXPECT_TRUE(fixture_.api().sessions().list().empty());
  const auto open = subscribe(0);
  until(*open, "caught_up");
  const auto filtered = subscribe(nullptr, {{"job_type", "stress_testing"}});
  until(*filtered, "caught_up");
  append_event();
  next(*open);

  EXPECT_TRUE(eventually(
      [this] { return fixture_.api().sessions().list().at(0).sequence == Sequence{committed()}; }));
  const auto sessions = fixture_.api().sessions().list();
  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(sessions[0].kind, SessionKind::kWebSocket);
  EXPECT_EQ(sessions[0].user, runledger::testing::ApiFixture::kViewer);
  EXPECT_EQ(sessions[0].remote, "127.0.0.1");
  EXPECT_EQ(sessions[0].sent, committed());
  EXPECT_EQ(sessions[1].filter.job_type, JobType::kStressTesting);
  EXPECT_EQ(sessions[1].sent, 0U);
  EXPECT_GE(sessions[1].since, sessions[0].since);
}

}  // namespace
}  // namespace runledger::http
