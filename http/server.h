#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/api.h"
#include "schema/error.h"

namespace runledger::http {

/// Limits of the server. Every one has a test at its edge.
struct ServerLimits {
  std::size_t connections_max = 1024;  ///< More are answered 503 and closed.
  std::size_t subscribers_max = 1000;  ///< Of the live feed; more are answered 503.
  std::uint32_t header_bytes_max = 16U << 10U;
  std::size_t frame_bytes_max = 64U << 10U;  ///< A frame that a subscriber sends.
  std::chrono::milliseconds header_timeout = std::chrono::seconds{10};  ///< From its first byte.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds{60};    ///< Between requests.
  std::chrono::milliseconds stall_timeout = std::chrono::seconds{10};   ///< No byte moves.
  std::size_t body_bytes_per_second_min = 64U << 10U;  ///< After the first stall_timeout.
  std::chrono::milliseconds feed_idle_timeout = std::chrono::seconds{60};   ///< No pong, no ACK.
  std::chrono::milliseconds feed_stall_timeout = std::chrono::seconds{30};  ///< Takes no byte.
  std::chrono::milliseconds position_interval = std::chrono::seconds{1};
  std::size_t window_frames_max = 8192;  ///< Newest events that subscribers share.
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8321;  ///< 0: any free one.
  unsigned handler_threads = 4;
  unsigned reader_threads = 2;  ///< Read the log for the live feed.
  /// Origins whose pages may use the live feed, besides the server's own: "https://a.example".
  std::vector<std::string> allowed_origins;
  ServerLimits limits;
};

/// HTTP/1.1 and the live feed on one address. One thread moves bytes and never blocks; handlers run
/// on a small pool. Limitation: no TLS; put a proxy in front of it for other machines.
class Server {
 public:
  /// Binds and starts. `api` must outlive the server.
  /// Errors: kInvalidArgument (address), kIo (in use, not allowed).
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(Api& api,
                                                             const ServerOptions& options);
  /// Stops with no patience.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Stops accepting, says bye to subscribers, closes idle connections, and lets requests under way
  /// finish for at most `patience`; what is still open then is cut. Returns when all has ended.
  /// Idempotent; not from a handler.
  void stop(std::chrono::milliseconds patience);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace runledger::http
