#include <thread>

#include <gmock/gmock.h>

#include "tests/http/live_feed_fixture.h"

namespace runledger::http {
namespace {

using nlohmann::json;
using runledger::testing::LiveFeedTest;
using runledger::testing::RawClient;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(LiveFeedTest, BeginsWithTheStateAndGoesOnFromIt) {
  start();
  const auto before = committed();
  const auto client = subscribe(nullptr);

  const auto snapshot = next(*client);
  EXPECT_EQ(snapshot.at("type"), "snapshot");
  EXPECT_EQ(snapshot.at("as_of_seq"), before);
  EXPECT_TRUE(snapshot.at("run").is_null());
  const auto caught_up = next(*client);
  EXPECT_EQ(caught_up.at("type"), "caught_up");
  EXPECT_EQ(caught_up.at("seq"), before);

  append_event();
  const auto event = next(*client);
  EXPECT_EQ(event.at("type"), "event");
  EXPECT_EQ(event.at("event").at("seq"), before + 1);
  EXPECT_EQ(event.at("event").at("type"), "AccessGranted");
}

TEST_F(LiveFeedTest, GivesHistoryAndThenTheRunWithoutAGap) {
  start();
  const auto client = subscribe(0);
  const auto history = until(*client, "caught_up");
  fixture_.import_samples(10);
  const auto run = fixture_.run_to_end("?start_date=2017-03-13&end_date=2017-03-14");

  std::uint64_t expected = 1;
  for (const auto& frame : history) {
    if (frame.at("type") == "event") {
      ASSERT_EQ(frame.at("event").at("seq"), expected++);
    }
  }
  EXPECT_EQ(history.back().at("seq"), expected - 1);
  json event;
  do {
    const auto frame = next(*client);
    ASSERT_EQ(frame.at("type"), "event");
    event = frame.at("event");
    ASSERT_EQ(event.at("seq"), expected++);
  } while (event.at("type") != "RunFinished");
  EXPECT_EQ(event.at("run_id"), run);
}

TEST_F(LiveFeedTest, ResumesExactlyAfterTheSequenceGiven) {
  start();
  for (int i = 0; i < 5; ++i) {
    append_event();
  }
  const auto last = committed();
  const auto client = subscribe(last - 3);

  for (auto expected = last - 2; expected <= last; ++expected) {
    EXPECT_EQ(next(*client).at("event").at("seq"), expected);
  }
  EXPECT_EQ(next(*client).at("type"), "caught_up");
}

TEST_F(LiveFeedTest, ShowsOnlyWhatTheFilterAsksForAndWhereItIs) {
  start({.position_interval = milliseconds{50}});
  fixture_.import_samples(10);
  const auto client =
      subscribe(committed(), {{"job_type", "stress_testing"}, {"portfolio_id", "Alpha"}});
  until(*client, "caught_up");
  const auto run = fixture_.run_to_end("?as_of=2017-03-14");
  const auto end = committed();

  std::uint64_t last = 0;
  std::vector<std::string> types;
  while (last < end) {
    const auto frame = next(*client);
    if (frame.at("type") == "position") {
      EXPECT_GT(frame.at("seq").get<std::uint64_t>(), last);
      last = frame.at("seq").get<std::uint64_t>();
      continue;
    }
    ASSERT_EQ(frame.at("type"), "event");
    EXPECT_GT(frame.at("event").at("seq").get<std::uint64_t>(), last);
    last = frame.at("event").at("seq").get<std::uint64_t>();
    EXPECT_EQ(frame.at("event").at("job_type"), "stress_testing");
    types.push_back(frame.at("event").at("type").get<std::string>());
  }
  EXPECT_THAT(types, ::testing::Contains("JobAttempted"));
  EXPECT_THAT(types, ::testing::Contains("JobSucceeded"));
}

TEST_F(LiveFeedTest, SaysThatThereIsAGapWhenTheStoreIsAnother) {
  start();
  const auto client = subscribe(committed() + 100);

  const auto gap = next(*client);
  EXPECT_EQ(gap.at("type"), "gap");
  EXPECT_EQ(gap.at("requested"), committed() + 100);
  EXPECT_EQ(next(*client).at("type"), "snapshot");
  EXPECT_EQ(next(*client).at("type"), "caught_up");
}

TEST_F(LiveFeedTest, SaysThatThereIsAGapWhenWhatWasAskedForIsPruned) {
  start();
  fixture_.import_samples(10);
  fixture_.run_to_end("?as_of=2017-03-13");
  fixture_.run_to_end("?as_of=2017-03-14");
  ASSERT_EQ(fixture_.post("/api/v1/admin/prune?keep_runs=1").status, 200U);
  const auto pruned = raw(fixture_.service().log().pruned());
  const auto client = subscribe(3);

  const auto gap = next(*client);
  EXPECT_EQ(gap.at("type"), "gap");
  EXPECT_EQ(gap.at("requested"), 3);
  EXPECT_EQ(gap.at("kept_from"), pruned + 1);
  EXPECT_EQ(next(*client).at("event").at("seq"), pruned + 1);
  until(*client, "caught_up");

  // From here on it is served as anybody is, from what is kept for all.
  const auto direct_reads = fixture_.api().metrics().feed_direct_reads.load();
  for (int i = 0; i < 5; ++i) {
    append_event();
    EXPECT_EQ(next(*client).at("event").at("seq"), committed());
  }
  EXPECT_LT(fixture_.api().metrics().feed_direct_reads.load() - direct_reads, 5U);
}

TEST_F(LiveFeedTest, SaysByeWithWhereToResume) {
  start();
  const auto client = subscribe(0);
  until(*client, "caught_up");
  const auto last = committed();
  std::jthread stopper([this] { server_->stop(seconds{10}); });

  const auto bye = next(*client);
  EXPECT_EQ(bye.at("type"), "bye");
  EXPECT_EQ(bye.at("resume_after"), last);
  EXPECT_FALSE(client->receive_text().has_value());
  EXPECT_EQ(client->close_code(), 1012);
}

TEST_F(LiveFeedTest, TakesATokenFromHeaderQueryOrFrame) {
  start();
  RawClient in_query(server_->port());
  EXPECT_EQ(in_query.open_websocket(std::string(kLive) + "?token=" + fixture_.viewer_token()),
            101U);
  in_query.send_text(R"({"type":"subscribe"})");
  EXPECT_EQ(next(in_query).at("type"), "snapshot");

  RawClient in_frame(server_->port());
  EXPECT_EQ(in_frame.open_websocket(kLive), 101U);
  in_frame.send_text(json{{"type", "subscribe"}, {"token", fixture_.viewer_token()}}.dump());
  EXPECT_EQ(next(in_frame).at("type"), "snapshot");

  RawClient wrong(server_->port());
  EXPECT_EQ(wrong.open_websocket(kLive, "no.such.token"), 401U);

  RawClient without(server_->port());
  EXPECT_EQ(without.open_websocket(kLive), 101U);
  without.send_text(R"({"type":"subscribe"})");
  const auto error = next(without);
  EXPECT_EQ(error.at("type"), "error");
  EXPECT_EQ(error.at("code"), "missing_token");
  EXPECT_FALSE(without.receive_text().has_value());
  EXPECT_EQ(without.close_code(), 1008);
}

TEST_F(LiveFeedTest, RefusesFramesThatItDoesNotKnow) {
  start();
  for (const auto* text :
       {"hello", "{}", R"({"type":"publish"})", R"({"type":7})",
        R"({"type":"subscribe","after_seq":-1})", R"({"type":"subscribe","after_seq":"1"})",
        R"({"type":"subscribe","after_seq":1.5})", R"({"type":"subscribe","filter":[]})",
        R"({"type":"subscribe","filter":{"run":"x"}})",
        R"({"type":"subscribe","filter":{"run_id":"x"}})",
        R"({"type":"subscribe","filter":{"job_type":"x"}})",
        R"({"type":"subscribe","filter":{"portfolio_id":"Nobody"}})"}) {
    RawClient client(server_->port());
    ASSERT_EQ(client.open_websocket(kLive, fixture_.viewer_token()), 101U);
    client.send_text(text);
    const auto error = next(client);
    EXPECT_EQ(error.at("type"), "error") << text;
    EXPECT_GE(error.at("status").get<int>(), 400) << text;
  }
}

TEST_F(LiveFeedTest, EndsWhenAClientSpeaksAfterSubscribe) {
  start();
  const auto client = subscribe(0);
  until(*client, "caught_up");

  client->send_text("more");

  EXPECT_FALSE(client->receive_text().has_value());
  EXPECT_EQ(client->close_code(), 1008);
}

TEST_F(LiveFeedTest, ServesManySubscribersFromOneRendering) {
  start();
  fixture_.import_samples(10);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(subscribe(committed()));
  }
  for (auto& client : clients) {
    until(*client, "caught_up");
  }
  const auto first = committed();
  const auto reads = fixture_.api().metrics().feed_direct_reads.load();
  fixture_.run_to_end("?as_of=2017-03-14");
  const auto last = committed();

  for (auto& client : clients) {
    for (auto expected = first + 1; expected <= last; ++expected) {
      ASSERT_EQ(next(*client).at("event").at("seq"), expected);
    }
  }
  EXPECT_EQ(fixture_.api().metrics().feed_direct_reads.load(), reads);
}

}  // namespace
}  // namespace runledger::http
