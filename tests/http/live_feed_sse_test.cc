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

class LiveFeedSseTest : public LiveFeedTest {
 protected:
  struct Block {
    std::string id;
    std::string event;
    json data;
    bool is_comment = false;
    bool is_end = false;
  };
  std::unique_ptr<RawClient> open(const std::string& query,
                                  const std::string& headers = "",
                                  int receive_bytes = 0) {
    auto client = std::make_unique<RawClient>(server_->port(), receive_bytes);
    client->send("GET /api/v1/live/sse" + query +
                 " HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer " + fixture_.viewer_token() +
                 "\r\n" + headers + "\r\n");
    const auto answer = client->receive();
    EXPECT_EQ(answer->status, 200U);
    EXPECT_EQ(answer->headers.at("content-type"), "text/event-stream");
    return client;
  }
  unsigned status_of(const std::string& query, const std::string& headers) {
    RawClient client(server_->port());
    return client
        .exchange("GET /api/v1/live/sse" + query + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n")
        ->status;
  }
  [[nodiscard]] std::string authorization() {
    return "Authorization: Bearer " + fixture_.viewer_token() + "\r\n";
  }
  // As the HTML standard reads it, but for what this server does not send.
  static Block next_block(RawClient& client) {
    Block block;
    const auto text = client.receive_through("\n\n");
    if (!text) {
      block.is_end = true;
      return block;
    }
    for (std::size_t at = 0; at < text->size();) {
      const auto end = text->find('\n', at);
      const auto line = text->substr(at, end - at);
      at = end + 1;
      if (line.starts_with("id: ")) {
        block.id = line.substr(4);
      } else if (line.starts_with("event: ")) {
        block.event = line.substr(7);
      } else if (line.starts_with("data: ")) {
        block.data = json::parse(line.substr(6));
      } else if (line.starts_with(":")) {
        block.is_comment = true;
      } else {
        EXPECT_EQ(line, "");
      }
    }
    return block;
  }
};

TEST_F(LiveFeedSseTest, GivesTheFramesOfTheWebSocket) {
  start();
  const auto before = std::to_string(committed());
  const auto client = open("");

  const auto snapshot = next_block(*client);
  EXPECT_EQ(snapshot.event, "snapshot");
  EXPECT_EQ(snapshot.id, before);
  EXPECT_EQ(snapshot.data.at("type"), "snapshot");
  EXPECT_EQ(snapshot.data.at("as_of_seq"), committed());
  const auto caught_up = next_block(*client);
  EXPECT_EQ(caught_up.event, "caught_up");
  EXPECT_EQ(caught_up.id, before);

  append_event("two\nlines");
  const auto event = next_block(*client);
  EXPECT_EQ(event.event, "event");
  EXPECT_EQ(event.id, std::to_string(committed()));
  EXPECT_EQ(event.data.at("event").at("seq"), committed());
  EXPECT_EQ(event.data.at("event").at("what"), "two\nlines");
}

TEST_F(LiveFeedSseTest, GoesOnAfterTheLastEventId) {
  start();
  for (int i = 0; i < 5; ++i) {
    append_event();
  }
  const auto last = committed();

  const auto by_query = open("?after_seq=" + std::to_string(last - 2));
  EXPECT_EQ(next_block(*by_query).id, std::to_string(last - 1));
  // What a browser sends when it connects again by itself, to the same URL.
  const auto by_header =
      open("?after_seq=0", "Last-Event-ID: " + std::to_string(last - 1) + "\r\n");
  EXPECT_EQ(next_block(*by_header).id, std::to_string(last));
  EXPECT_EQ(next_block(*by_header).event, "caught_up");
}

TEST_F(LiveFeedSseTest, HasNoIdWhereNothingCanBeResumed) {
  start();
  const auto client = open("?after_seq=" + std::to_string(committed() + 100));

  const auto gap = next_block(*client);
  EXPECT_EQ(gap.event, "gap");
  EXPECT_EQ(gap.id, "");
  EXPECT_EQ(next_block(*client).event, "snapshot");
}

TEST_F(LiveFeedSseTest, FiltersAndSaysWhereItIs) {
  start({.position_interval = milliseconds{20}});
  const auto client = open("?job_type=stress_testing&after_seq=" + std::to_string(committed()));
  EXPECT_EQ(next_block(*client).event, "caught_up");
  append_event();

  const auto position = next_block(*client);
  EXPECT_EQ(position.event, "position");
  EXPECT_EQ(position.id, std::to_string(committed()));
}

TEST_F(LiveFeedSseTest, SaysNothingNowAndThen) {
  start({.feed_idle_timeout = milliseconds{100}});
  const auto client = open("?after_seq=" + std::to_string(committed()));
  EXPECT_EQ(next_block(*client).event, "caught_up");

  EXPECT_TRUE(next_block(*client).is_comment);
  EXPECT_TRUE(next_block(*client).is_comment);
  append_event();
  EXPECT_EQ(next_block(*client).event, "event");
}

TEST_F(LiveFeedSseTest, AsksWhoIsThere) {
  ServerOptions options;
  options.allowed_origins = {"https://desk.example"};
  start(options);

  EXPECT_EQ(status_of("", ""), 401U);
  EXPECT_EQ(status_of("?token=no.such.token", ""), 401U);
  EXPECT_EQ(status_of("?token=" + fixture_.viewer_token(), ""), 200U);
  EXPECT_EQ(status_of("", authorization() + "Origin: https://evil.example\r\n"), 403U);
  EXPECT_EQ(status_of("", authorization() + "Origin: http://test\r\n"), 200U);
  RawClient client(server_->port());
  client.send("GET /api/v1/live/sse HTTP/1.1\r\nHost: test\r\n" + authorization() +
              "Origin: https://desk.example\r\n\r\n");
  EXPECT_EQ(client.receive()->headers.at("access-control-allow-origin"), "https://desk.example");
}

TEST_F(LiveFeedSseTest, RefusesWhatItDoesNotKnow) {
  start();

  EXPECT_EQ(status_of("?after=1", authorization()), 400U);
  EXPECT_EQ(status_of("?after_seq=x", authorization()), 400U);
  EXPECT_EQ(status_of("?job_type=x", authorization()), 400U);
  EXPECT_EQ(status_of("?portfolio_id=Nobody", authorization()), 404U);
  EXPECT_EQ(status_of("", authorization() + "Last-Event-ID: x\r\n"), 422U);
  RawClient client(server_->port());
  const auto answer =
      client.exchange("POST /api/v1/live/sse HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(answer->status, 405U);
}

TEST_F(LiveFeedSseTest, CountsAmongTheSubscribers) {
  start({.subscribers_max = 1});
  auto client = open("");
  EXPECT_EQ(next_block(*client).event, "snapshot");

  EXPECT_EQ(status_of("", authorization()), 503U);
  RawClient websocket(server_->port());
  EXPECT_EQ(websocket.open_websocket(kLive, fixture_.viewer_token()), 503U);
  EXPECT_EQ(fixture_.api().sessions().list().at(0).kind, SessionKind::kSse);
  client.reset();
  EXPECT_TRUE(eventually([this] { return metrics().feed_subscribers.load() == 0; }));
}

TEST_F(LiveFeedSseTest, SaysByeWithWhereToResume) {
  start();
  const auto client = open("?after_seq=" + std::to_string(committed()));
  EXPECT_EQ(next_block(*client).event, "caught_up");
  std::jthread stopper([this] { server_->stop(seconds{10}); });

  const auto bye = next_block(*client);
  EXPECT_EQ(bye.event, "bye");
  EXPECT_EQ(bye.id, std::to_string(committed()));
  EXPECT_TRUE(next_block(*client).is_end);
}

TEST_F(LiveFeedSseTest, ClosesAReaderThatStallsAndSaysWhereToResume) {
  start({.feed_stall_timeout = milliseconds{100}});
  const auto first = committed();
  const auto client = open("?after_seq=" + std::to_string(first), "", 4096);
  EXPECT_EQ(next_block(*client).event, "caught_up");
  for (int i = 0; i < 100; ++i) {
    append_event(std::string(100'000, 'x'));
  }
  EXPECT_TRUE(eventually([this] { return metrics().feed_stalled.load() == 1; }));

  auto expected = first;
  auto block = next_block(*client);
  while (block.event == "event") {
    ASSERT_EQ(block.id, std::to_string(++expected));
    block = next_block(*client);
  }
  EXPECT_EQ(block.event, "bye");
  EXPECT_EQ(block.id, std::to_string(expected));
  EXPECT_TRUE(next_block(*client).is_end);
}

}  // namespace
}  // namespace runledger::http
