#include "http/server.h"

#include <thread>

#include <gmock/gmock.h>

#include "tests/http/api_fixture.h"
#include "tests/http/raw_client.h"

namespace runledger::http {
namespace {

using runledger::testing::ApiFixture;
using runledger::testing::RawClient;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class ServerTest : public ::testing::Test {
 protected:
  void start(const ServerLimits& limits = {}) {
    ServerOptions options;
    options.port = 0;
    options.limits = limits;
    // Logged in before anything is counted, and by one thread.
    ASSERT_NE(fixture_.admin_token(), fixture_.viewer_token());
    auto server = Server::start(fixture_.api(), options);
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
  }
  [[nodiscard]] std::string request(const std::string& line, const std::string& rest = "\r\n") {
    return line + " HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer " + fixture_.admin_token() +
           "\r\n" + rest;
  }

  ApiFixture fixture_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, KeepsAConnectionForManyRequests) {
  start();
  RawClient client(server_->port());
  for (int i = 0; i < 3; ++i) {
    const auto response = client.exchange(request("GET /api/v1/auth/me"));
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, 200U);
    EXPECT_EQ(response->headers.at("content-type"), "application/json");
    EXPECT_EQ(response->headers.at("x-content-type-options"), "nosniff");
    EXPECT_THAT(response->headers.at("date"), HasSubstr(" GMT"));
    EXPECT_THAT(response->body, HasSubstr(ApiFixture::kAdmin));
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  RawClient client(server_->port());
  client.send(request("GET /livez") + request("GET /nothing") + request("GET /readyz"));

  EXPECT_EQ(client.receive()->status, 200U);
  EXPECT_EQ(client.receive()->status, 404U);
  EXPECT_THAT(client.receive()->body, HasSubstr("ready"));
}

TEST_F(ServerTest, ClosesWhenAsked) {
  start();
  RawClient client(server_->port());

  const auto response = client.exchange(request("GET /livez", "Connection: close\r\n\r\n"));

  EXPECT_EQ(response->status, 200U);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(ServerTest, SendsTheLengthButNoBodyForHead) {
  start();
  RawClient client(server_->port());
  client.send(request("HEAD /livez"));
  const auto head = client.receive(true);
  const auto get = client.exchange(request("GET /livez"));

  EXPECT_EQ(head->status, 200U);
  EXPECT_EQ(head->headers.at("content-length"), get->headers.at("content-length"));
  EXPECT_EQ(get->status, 200U);
}

struct WrongCase {
  std::string bytes;
  unsigned status;
};

TEST_F(ServerTest, NamesWhatIsWrongOnTheWire) {
  start();
  const std::string big_header(17U << 10U, 'x');
  const std::vector<WrongCase> cases = {
      {"NONSENSE\r\n\r\n", 400},
      {"GET /livez HTTP/9.9\r\nHost: a\r\n\r\n", 400},
      {"GET /livez HTTP/1.1\r\nbad header\r\n\r\n", 400},
      {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET http://a/livez HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"POST /livez HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", 400},
      {"POST /livez HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
      {"GET /livez HTTP/1.1\r\nX: " + big_header + "\r\n\r\n", 431},
      {"GET /" + big_header + " HTTP/1.1\r\nHost: a\r\n\r\n", 431},
      {"GET /api/v1/events HTTP/1.1\r\nHost: a\r\n\r\n", 401},
      {"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404},
      {"BREW /livez HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {request("POST /api/v1/portfolios?name=A",
               "Content-Type: text/csv\r\nContent-Length: 10485761\r\n\r\n"),
       413},
      {request("POST /api/v1/portfolios?name=A",
               "Content-Type: application/zip\r\nContent-Length: 5\r\n\r\nabcde"),
       415},
      {request("POST /api/v1/portfolios?name=A",
               "Content-Type: text/csv\r\nContent-Length: 4\r\n\r\na,b\n"),
       422}};
  for (const auto& wrong : cases) {
    RawClient client(server_->port());
    const auto response = client.exchange(wrong.bytes);
    ASSERT_TRUE(response.has_value()) << wrong.bytes.substr(0, 60);
    EXPECT_EQ(response->status, wrong.status) << wrong.bytes.substr(0, 60);
    EXPECT_EQ(response->headers.at("content-type"), "application/problem+json");
  }
}

TEST_F(ServerTest, AllowsWhatA405Names) {
  start();
  RawClient client(server_->port());

  const auto response = client.exchange(request("DELETE /api/v1/portfolios"));

  EXPECT_EQ(response->status, 405U);
  EXPECT_EQ(response->headers.at("allow"), "GET, HEAD, OPTIONS, POST");
}

TEST_F(ServerTest, TakesAChunkedBody) {
  start();
  RawClient client(server_->port());
  const std::string body = R"({"email":"admin@example.com","password":"correct horse"})";
  client.send(
      "POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  client.send("10\r\n" + body.substr(0, 16) + "\r\n");
  std::array<char, 8> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", body.size() - 16);
  client.send(size.data() + body.substr(16) + "\r\n0\r\n\r\n");

  EXPECT_EQ(client.receive()->status, 200U);
}

TEST_F(ServerTest, StopsAChunkedBodyAtTheLimit) {
  start();
  RawClient client(server_->port());
  client.send(
      "POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n11000\r\n");
  client.send(std::string(0x11000, ' ') + "\r\n");

  EXPECT_EQ(client.receive()->status, 413U);
}

TEST_F(ServerTest, SaysContinueOnlyForABodyThatMayCome) {
  start();
  RawClient good(server_->port());
  good.send(request("POST /api/v1/portfolios?name=A",
                    "Content-Type: text/csv\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(good.receive()->status, 100U);
  EXPECT_EQ(good.exchange("a,b\n")->status, 422U);

  RawClient bad(server_->port());
  bad.send(
      "POST /api/v1/portfolios?name=A HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\n"
      "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(bad.receive()->status, 401U);
}

TEST_F(ServerTest, GivesUpOnASlowHeader) {
  start({.header_timeout = milliseconds{200}});
  RawClient client(server_->port());
  client.send("GET /livez HTTP/1.1\r\nHost:");

  const auto response = client.receive();

  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 408U);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(ServerTest, GivesUpOnABodyThatStalls) {
  start({.stall_timeout = milliseconds{200}});
  RawClient client(server_->port());
  client.send(request("POST /api/v1/portfolios?name=A",
                      "Content-Type: text/csv\r\nContent-Length: 100\r\n\r\nabc"));

  EXPECT_EQ(client.receive()->status, 408U);
}

TEST_F(ServerTest, ClosesAConnectionThatSaysNothing) {
  start({.idle_timeout = milliseconds{200}});
  RawClient client(server_->port());

  EXPECT_TRUE(client.is_closed());
}

TEST_F(ServerTest, EndsWithAClientThatIsHalfClosed) {
  start();
  RawClient client(server_->port());
  client.send(request("GET /livez"));
  client.finish_sending();

  EXPECT_EQ(client.receive()->status, 200U);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(ServerTest, RefusesConnectionsAboveTheLimit) {
  start({.connections_max = 2});
  RawClient first(server_->port());
  RawClient second(server_->port());
  EXPECT_EQ(first.exchange(request("GET /livez"))->status, 200U);
  EXPECT_EQ(second.exchange(request("GET /livez"))->status, 200U);

  RawClient third(server_->port());
  const auto refused = third.receive();
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 503U);
  EXPECT_EQ(first.exchange(request("GET /livez"))->status, 200U);

  const auto ended = second.exchange(request("GET /livez", "Connection: close\r\n\r\n"));
  EXPECT_EQ(ended->status, 200U);
  EXPECT_TRUE(second.is_closed());
  // The place is free once the server has seen the end; a refused client tries again.
  std::optional<runledger::testing::WireResponse> answer;
  for (int i = 0; i < 1000 && (!answer || answer->status != 200); ++i) {
    RawClient fourth(server_->port());
    answer = fourth.exchange(request("GET /livez"));
  }
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200U);
}

TEST_F(ServerTest, ServesManyAtOnce) {
  start();
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 16; ++i) {
      threads.emplace_back([&] {
        RawClient client(server_->port());
        for (int k = 0; k < 20; ++k) {
          const auto response = client.exchange(request("GET /api/v1/events?limit=10"));
          good += response && response->status == 200 ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(good.load(), 16 * 20);
}

TEST_F(ServerTest, FinishesRequestsBeforeItStops) {
  start();
  fixture_.import_samples(5);
  RawClient idle(server_->port());
  EXPECT_EQ(idle.exchange(request("GET /livez"))->status, 200U);
  RawClient busy(server_->port());
  const std::string login = R"({"email":"admin@example.com","password":"correct horse"})";
  // Checking a password takes long enough to be under way; the header is seen before the stop.
  busy.send(
      "POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      "Expect: 100-continue\r\nContent-Length: " +
      std::to_string(login.size()) + "\r\n\r\n");
  ASSERT_EQ(busy.receive()->status, 100U);
  busy.send(login);
  std::optional<runledger::testing::WireResponse> answer;
  std::jthread reader([&] { answer = busy.receive(); });

  server_->stop(seconds{20});
  reader.join();

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->headers.at("connection"), "close");
  EXPECT_TRUE(idle.is_closed());
}

TEST_F(ServerTest, CutsWhatDoesNotEndInTime) {
  start();
  RawClient half(server_->port());
  half.send("GET /livez HTTP/1.1\r\n");
  RawClient idle(server_->port());

  server_->stop(milliseconds{0});

  EXPECT_FALSE(half.receive().has_value());
  EXPECT_TRUE(idle.is_closed());
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
  start();
  ServerOptions taken;
  taken.port = server_->port();
  ServerOptions wrong;
  wrong.address = "localhost:1";

  EXPECT_EQ(Server::start(fixture_.api(), taken).error().code, Code::kIo);
  EXPECT_EQ(Server::start(fixture_.api(), wrong).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace runledger::http
