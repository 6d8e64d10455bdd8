#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "http/feed/feed_transport.h"

namespace runledger::http {

/// A subscriber over Server-Sent Events (HTML Living Standard, 9.2). Each frame of the feed is one
/// event: its type as the name, the same JSON as the data, and an id where it may be resumed from.
/// A connection that has nothing to say sends a comment now and then.
class SseTransport final : public FeedTransport {
 public:
  SseTransport(std::shared_ptr<FeedSocket> socket, std::chrono::milliseconds idle_timeout);

  /// Sends the head of the answer.
  net::awaitable<Outcome> begin(std::string head);

  net::awaitable<bool> watch() override;
  net::awaitable<void> drain() override;
  net::awaitable<void> close(CloseCode code, std::string reason) override;
  [[nodiscard]] std::optional<std::chrono::milliseconds> beat_interval() const override {
    return beat_interval_;
  }

 protected:
  [[nodiscard]] std::string encode(const ControlFrame& frame) const override;
  [[nodiscard]] std::string encode_beat() const override { return ":\n\n"; }
  [[nodiscard]] net::const_buffer encode(const FrameRange& range,
                                         std::string& scratch) const override;
  [[nodiscard]] std::size_t encoded_size(const EventBlock& block, std::size_t index) const override;

 private:
  std::chrono::milliseconds beat_interval_;
};

}  // namespace runledger::http
