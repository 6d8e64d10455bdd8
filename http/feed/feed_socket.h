#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <boost/asio/buffer.hpp>

#include "http/asio_support.h"

namespace runledger::http {

/// A subscriber's socket and the one way to write to it. Only whole frames go through, one writer
/// at a time, so that frames never mix: events in gathered writes, and what the WebSocket library
/// sends by itself (pings, pongs, the close frame). It never holds more than the rest of one frame.
/// Owned by a shared_ptr. Confined to the I/O thread.
class FeedSocket : public std::enable_shared_from_this<FeedSocket> {
 public:
  enum class Outcome : std::uint8_t {
    kDone,
    kStalled,  ///< The other side has taken no byte for the time allowed.
    kGone,
  };

  /// Bounds what the kernel keeps unsent for the socket, and how long it tries.
  FeedSocket(tcp::socket socket,
             std::chrono::milliseconds stall_timeout,
             std::chrono::milliseconds peer_timeout);

  [[nodiscard]] tcp::socket& tcp_socket() noexcept { return socket_; }

  /// Waits until nobody else writes. After kDone, release() must follow.
  net::awaitable<Outcome> acquire();
  void release();

  struct Taken {
    std::size_t bytes = 0;
    bool full = false;  ///< The socket takes no more at present.
    bool gone = false;
  };
  /// Writes as much as the socket takes at once, in as few system calls as it can. Only between
  /// acquire() and release().
  Taken write_now(std::span<const net::const_buffer> buffers);

  /// After write_now() said `full`: waits until `rest` has been taken too. At kStalled what was not
  /// taken is kept for write_last().
  net::awaitable<Outcome> write_rest(std::string rest);

  /// After kStalled: tries once to write what write_rest() left and then `bytes`, for which room
  /// was kept aside. False: it was not taken, and nothing more can be written.
  bool write_last(std::string bytes);

  /// Waits no longer for a socket that is full: kStalled at once. For a server that stops.
  void stop_waiting();

  /// acquire, write and release of one frame, for as long as it takes; kDone or kGone.
  net::awaitable<Outcome> write_frame(std::string frame);

  /// Bytes of a frame under way that wait for the socket.
  [[nodiscard]] std::size_t held_bytes() const noexcept { return rest_.size(); }

  void close();

 private:
  // Shared with the handler that says when the socket takes more.
  struct Waiting {
    explicit Waiting(const net::any_io_executor& executor) : timer(executor) {}
    net::steady_timer timer;
    bool ready = false;
  };
  net::awaitable<Outcome> wait_until_writable();
  [[nodiscard]] int queued_bytes();

  tcp::socket socket_;
  std::chrono::milliseconds stall_timeout_;
  std::shared_ptr<Waiting> waiting_;
  net::steady_timer released_;  // Cancelled when the next writer may try.
  std::string rest_;
  bool busy_ = false;
  bool broken_ = false;  // A frame was cut off: nothing that follows would make sense.
  bool impatient_ = false;
};

}  // namespace runledger::http
