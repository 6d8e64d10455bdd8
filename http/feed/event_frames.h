#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/feed/event_filter.h"
#include "schema/events.h"
#include "store/event_log.h"

/// Events as they are sent: rendered once, as the bytes of the wire, shared by all who read them.
namespace runledger::http {

/// One event of a block, and where its bytes are.
struct EventFrame {
  Sequence sequence{};
  EventSubject subject;
  std::optional<std::uint32_t> progress_of;  ///< Index of the job that a JobProgressed is about.
  std::size_t begin = 0;                     ///< Of the WebSocket frame, in the block's wire().
  std::size_t text = 0;                      ///< Of its text: {"type":"event","event":{...}}.
  std::size_t end = 0;
};

/// Consecutive events, rendered one after another as WebSocket frames: what many subscribers send
/// is one piece of memory. Immutable once made; shared between threads.
class EventBlock {
 public:
  /// Renders the next event. Only while the block is being made.
  void append(const Event& event);

  [[nodiscard]] const std::vector<EventFrame>& frames() const noexcept { return frames_; }
  [[nodiscard]] bool empty() const noexcept { return frames_.empty(); }
  [[nodiscard]] Sequence first() const noexcept { return frames_.front().sequence; }
  [[nodiscard]] Sequence last() const noexcept { return frames_.back().sequence; }
  /// Index of the first frame after `sequence`, which must not be before the block.
  [[nodiscard]] std::size_t index_after(Sequence sequence) const noexcept;

  /// The WebSocket frames [first, last): unmasked, uncompressed, one text message each.
  [[nodiscard]] std::string_view wire(std::size_t first, std::size_t last) const noexcept;
  [[nodiscard]] std::string_view text(std::size_t index) const noexcept;
  /// Memory that the block holds, nearly.
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  std::string wire_;
  std::vector<EventFrame> frames_;
};
using EventBlocks = std::vector<std::shared_ptr<const EventBlock>>;

/// Reads and renders up to `limits` events after `after`. Blocks the caller.
/// Errors: kNotFound (pruned), kCorruption, kIo.
[[nodiscard]] Result<std::shared_ptr<const EventBlock>> read_block(const store::EventLog& log,
                                                                   Sequence after,
                                                                   store::ReadLimits limits);

/// Frames of one block that follow each other.
struct FrameRange {
  std::shared_ptr<const EventBlock> block;
  std::size_t first = 0;
  std::size_t last = 0;  ///< One past the last.
};

/// What goes to one subscriber in one write.
struct FrameBatch {
  std::vector<FrameRange> ranges;
  Sequence through{};  ///< Newest event that was looked at, sent or not.
};

enum class ProgressPolicy : std::uint8_t {
  kAll,
  kNewest,  ///< Of the JobProgressed of a job in the batch only the newest: for who is behind.
};

/// Chooses the frames after `after` that `filter` lets through, in order. `blocks` follow each
/// other without a gap and the first holds the event after `after`. Cost: O(blocks) for an open
/// filter and kAll, O(events) otherwise.
[[nodiscard]] FrameBatch select_frames(std::span<const std::shared_ptr<const EventBlock>> blocks,
                                       Sequence after,
                                       const EventFilter& filter,
                                       ProgressPolicy progress);

}  // namespace runledger::http
