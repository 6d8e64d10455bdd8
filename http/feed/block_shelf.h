#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <memory>

#include "http/asio_support.h"
#include "http/feed/event_frames.h"
#include "http/metrics.h"

namespace runledger::http {

/// Events that have left the window, for subscribers that are behind: read from the log once for
/// all who are at the same place, such as a thousand that come back after a restart. Keeps the
/// blocks used last. Confined to the I/O thread.
class BlockShelf {
 public:
  struct Limits {
    std::size_t blocks_max = 16;
    std::size_t bytes_max = 16U << 20U;
  };

  /// All must outlive this.
  BlockShelf(const store::EventLog& log,
             Metrics& metrics,
             net::thread_pool& readers,
             const net::any_io_executor& executor,
             Limits limits);

  /// A block that holds the event after `after`; an empty one if there is none.
  /// Errors: those of read_block.
  net::awaitable<Result<std::shared_ptr<const EventBlock>>> find_or_read(Sequence after);

  /// Memory that the blocks of the shelf hold.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  [[nodiscard]] std::shared_ptr<const EventBlock> find(Sequence after);
  void keep(std::shared_ptr<const EventBlock> block);

  const store::EventLog& log_;
  Metrics& metrics_;
  net::thread_pool& readers_;
  Limits limits_;
  std::list<std::shared_ptr<const EventBlock>> blocks_;  // Used last, first.
  std::size_t bytes_ = 0;
  std::list<Sequence> reading_;  // Where reads under way began.
  net::steady_timer read_;       // Cancelled when one of them has ended.
};

}  // namespace runledger::http
