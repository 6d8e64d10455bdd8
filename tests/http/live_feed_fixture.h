#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "http/server.h"
#include "tests/http/api_fixture.h"
#include "tests/http/raw_client.h"

namespace runledger::testing {

/// A server with the live feed, and clients that say exactly what goes over the wire.
class LiveFeedTest : public ::testing::Test {
 protected:
  using json = nlohmann::json;
  static constexpr const char* kLive = "/api/v1/live";

  void start(const http::ServerLimits& limits = {}) {
    http::ServerOptions options;
    options.limits = limits;
    start(std::move(options));
  }
  void start(http::ServerOptions options) {
    static_cast<void>(fixture_.viewer_token());  // Its events come before all that is measured.
    options.port = 0;
    auto server = http::Server::start(fixture_.api(), options);
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
  }
  /// @param receive_bytes  See RawClient.
  std::unique_ptr<RawClient> subscribe(const json& after,
                                       const json& filter = nullptr,
                                       int receive_bytes = 0,
                                       bool every_progress = false) {
    auto client = std::make_unique<RawClient>(server_->port(), receive_bytes);
    EXPECT_EQ(client->open_websocket(kLive, fixture_.viewer_token()), 101U);
    client->send_text(json{
        {"type", "subscribe"},
        {"after_seq", after},
        {"filter", filter},
        {"every_progress",
         every_progress}}.dump());
    return client;
  }
  static json next(RawClient& client) {
    const auto text = client.receive_text();
    return text ? json::parse(*text) : json{{"type", "end"}};
  }
  /// Frames up to and with the first of this type.
  static std::vector<json> until(RawClient& client, const std::string& type) {
    std::vector<json> frames;
    do {
      frames.push_back(next(client));
    } while (frames.back().at("type") != type && frames.back().at("type") != "end");
    EXPECT_EQ(frames.back().at("type"), type);
    return frames;
  }
  /// Appends an event that needs no run.
  void append_event(const std::string& what = "tested") {
    ASSERT_TRUE(
        fixture_.service().record_access(AccessGranted{"a@b.c", what, "test"}, {}).has_value());
  }
  [[nodiscard]] std::uint64_t committed() { return raw(fixture_.service().log().committed()); }
  [[nodiscard]] http::Metrics& metrics() { return fixture_.api().metrics(); }

  /// Waits for what another thread brings about; false after 20 s.
  template <class Condition>
  [[nodiscard]] static bool eventually(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > limit) {
        return false;
      }
      std::this_thread::yield();
    }
    return true;
  }

  ApiFixture fixture_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace runledger::testing
