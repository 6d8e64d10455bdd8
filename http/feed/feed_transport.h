#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "http/feed/control_frames.h"
#include "http/feed/event_frames.h"
#include "http/feed/feed_socket.h"

namespace runledger::http {

/// How the frames of the live feed are put on a connection: as a WebSocket or as Server-Sent
/// Events. What is sent, and when, is the feed's business. Confined to the I/O thread.
class FeedTransport {
 public:
  using Outcome = FeedSocket::Outcome;
  struct Sent {
    Outcome outcome = Outcome::kDone;
    /// Newest event that was looked at and sent or hidden. At kStalled a frame that was begun is
    /// counted: nothing can follow unless its rest is taken.
    Sequence through{};
    std::uint64_t events = 0;
    bool was_full = false;  ///< The socket did not take all of it at once.
  };

  explicit FeedTransport(std::shared_ptr<FeedSocket> socket) : socket_(std::move(socket)) {}
  virtual ~FeedTransport() = default;
  FeedTransport(const FeedTransport&) = delete;
  FeedTransport& operator=(const FeedTransport&) = delete;

  [[nodiscard]] FeedSocket& socket() noexcept { return *socket_; }

  net::awaitable<Outcome> send(const ControlFrame& frame);
  /// Sends as much of the batch as the socket takes at once, to the end of a frame. What is left is
  /// not kept: it is asked for again, from where `through` says.
  net::awaitable<Sent> send(FrameBatch batch);

  /// After kStalled: tries once to send a last frame. False: the socket does not take it.
  bool send_last(const ControlFrame& frame);

  /// Reads until the other side ends; true if it said something before, which nobody expects.
  virtual net::awaitable<bool> watch() = 0;
  /// Reads on and throws away what comes, until the other side ends.
  virtual net::awaitable<void> drain() = 0;
  /// Ends the connection, with a reason if the transport has a way to give it.
  virtual net::awaitable<void> close(CloseCode code, std::string reason) = 0;
  /// How long nothing may be sent before beat() is due; absent: the transport sees to it.
  [[nodiscard]] virtual std::optional<std::chrono::milliseconds> beat_interval() const = 0;
  /// Sends something that means nothing.
  net::awaitable<Outcome> beat();

 protected:
  [[nodiscard]] virtual std::string encode(const ControlFrame& frame) const = 0;
  [[nodiscard]] virtual std::string encode_beat() const = 0;
  /// The bytes of `range`; `scratch` keeps what is not in the block and lives as long as they do.
  [[nodiscard]] virtual net::const_buffer encode(const FrameRange& range,
                                                 std::string& scratch) const = 0;
  [[nodiscard]] virtual std::size_t encoded_size(const EventBlock& block,
                                                 std::size_t index) const = 0;
  net::awaitable<Outcome> send_bytes(std::string bytes);

 private:
  // Finds the frame in which the socket became full after `taken` bytes: what of it is left, and in
  // `sent` how far that is.
  [[nodiscard]] std::string locate(const FrameBatch& batch,
                                   std::span<const net::const_buffer> buffers,
                                   std::size_t taken,
                                   Sent& sent) const;

  std::shared_ptr<FeedSocket> socket_;
};

}  // namespace runledger::http
