#include "http/feed/block_shelf.h"

#include <algorithm>
#include <exception>

#include <boost/asio/as_tuple.hpp>

namespace runledger::http {
namespace {

constexpr auto kToken = net::as_tuple(net::use_awaitable);
constexpr store::ReadLimits kBlockLimits{.events_max = 512, .bytes_max = 512U << 10U};

}  // namespace

BlockShelf::BlockShelf(const store::EventLog& log,
                       Metrics& metrics,
                       net::thread_pool& readers,
                       const net::any_io_executor& executor,
                       Limits limits)
    : log_(log), metrics_(metrics), readers_(readers), limits_(limits), read_(executor) {
  read_.expires_at(net::steady_timer::time_point::max());
}

std::shared_ptr<const EventBlock> BlockShelf::find(Sequence after) {
  const auto found = std::ranges::find_if(blocks_, [after](const auto& block) {
    return raw(block->first()) <= raw(after) + 1 && block->last() > after;
  });
  if (found == blocks_.end()) {
    return nullptr;
  }
  blocks_.splice(blocks_.begin(), blocks_, found);
  return blocks_.front();
}

void BlockShelf::keep(std::shared_ptr<const EventBlock> block) {
  bytes_ += block->bytes();
  blocks_.push_front(std::move(block));
  while (blocks_.size() > 1 &&
         (blocks_.size() > limits_.blocks_max || bytes_ > limits_.bytes_max)) {
    bytes_ -= blocks_.back()->bytes();
    blocks_.pop_back();
  }
}

net::awaitable<Result<std::shared_ptr<const EventBlock>>> BlockShelf::find_or_read(Sequence after) {
  while (true) {
    if (auto block = find(after)) {
      co_return block;
    }
    // A read that began a little before may well bring it.
    const bool is_coming = std::ranges::any_of(reading_, [after](Sequence begin) {
      return begin <= after && raw(after) - raw(begin) < kBlockLimits.events_max;
    });
    if (!is_coming) {
      break;
    }
    co_await read_.async_wait(kToken);
  }
  const auto place = reading_.insert(reading_.end(), after);
  metrics_.feed_direct_reads.fetch_add(1, std::memory_order_relaxed);
  auto read = [this, after]() -> Result<std::shared_ptr<const EventBlock>> {
    try {
      return read_block(log_, after, kBlockLimits);
    } catch (const std::exception& exception) {
      return fail(Code::kInternal, exception.what());
    }
  };
  auto block = co_await run_on(readers_, std::move(read));
  reading_.erase(place);
  read_.cancel();
  if (block && !(*block)->empty()) {
    keep(*block);
  }
  co_return block;
}

}  // namespace runledger::http
