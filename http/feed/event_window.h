#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "http/feed/event_frames.h"
#include "store/event_log.h"

namespace runledger::http {

/// The newest events, so that a thousand subscribers at the end of the log cost one read and one
/// rendering. Thread-safe; refresh() must not run twice at a time.
class EventWindow {
 public:
  struct Limits {
    std::size_t frames_max = 8192;
    std::size_t bytes_max = 16U << 20U;  ///< The newest block stays, whatever its size.
  };

  /// `log` must outlive this. The window begins empty at the committed end.
  EventWindow(const store::EventLog& log, Limits limits);

  /// Reads what was committed since the last call; if that is more than the window holds, it starts
  /// again at the end. Blocks. Errors: kCorruption, kIo.
  [[nodiscard]] Status refresh();

  /// Blocks that hold the events after `after`, whole ones until they have `count` events; none if
  /// there are no such events yet; nullopt if they have left the window and must be read from the
  /// log.
  [[nodiscard]] std::optional<EventBlocks> after(Sequence after, std::size_t count) const;

  /// Memory that the blocks of the window hold.
  [[nodiscard]] std::size_t bytes() const;

 private:
  void push(std::shared_ptr<const EventBlock> block);

  const store::EventLog* log_;
  Limits limits_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const EventBlock>> blocks_;
  std::size_t frames_ = 0;
  std::size_t bytes_ = 0;
  Sequence tail_{};  // Of the newest frame, or where the window began.
};

}  // namespace runledger::http
