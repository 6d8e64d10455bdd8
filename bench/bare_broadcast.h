#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace runledger::bench {

/// What the feed is measured against: Beast alone, no log, no filter, no limits. One thread; each
/// message is one shared string that waits in a queue of each connection, as in Beast's own example
/// of a chat.
class BareBroadcast {
 public:
  enum class Writes {
    kOneEach,   ///< websocket::stream::async_write, a message a call.
    kGathered,  ///< All that wait for a socket in one write of ready frames.
  };

  explicit BareBroadcast(Writes writes);
  ~BareBroadcast();
  BareBroadcast(const BareBroadcast&) = delete;
  BareBroadcast& operator=(const BareBroadcast&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// Sends to all that have sent their first frame. Thread-safe.
  void send(std::shared_ptr<const std::string> text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace runledger::bench
