#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "http/feed/feed_transport.h"

namespace runledger::http {

/// A subscriber over a WebSocket. Beast does the protocol: the handshake, reading, pings and pongs,
/// the closing handshake. Events go past it, straight to the socket and many frames at a time;
/// FeedSocket keeps the two apart. No extension is negotiated, so a frame is the same for all.
class WebSocketTransport : public FeedTransport {
 public:
  using Upgrade = boost::beast::http::request<boost::beast::http::string_body>;
  struct Limits {
    std::size_t frame_bytes_max = 0;
    std::chrono::milliseconds handshake_timeout{};
    std::chrono::milliseconds idle_timeout{};  ///< Half of it without a byte: a ping.
  };

  static std::unique_ptr<WebSocketTransport> make(std::shared_ptr<FeedSocket> socket,
                                                  const Limits& limits);

  /// Answers the request; false if the connection broke.
  virtual net::awaitable<bool> accept(Upgrade upgrade) = 0;
  /// The next text frame, or nullopt if the connection ended or what came is no text frame that the
  /// limits allow; the reason has been sent then.
  virtual net::awaitable<std::optional<std::string>> read() = 0;

 protected:
  using FeedTransport::FeedTransport;
};

}  // namespace runledger::http
