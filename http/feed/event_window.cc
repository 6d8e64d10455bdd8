#include "http/feed/event_window.h"

#include <algorithm>

namespace runledger::http {
namespace {

constexpr store::ReadLimits kBlockLimits{.events_max = 512, .bytes_max = 512U << 10U};

}  // namespace

EventWindow::EventWindow(const store::EventLog& log, Limits limits)
    : log_(&log), limits_(limits), tail_(log.committed()) {}

Status EventWindow::refresh() {
  Sequence tail{};
  {
    const std::lock_guard lock(mutex_);
    const auto committed = log_->committed();
    // Far behind, or what comes next has been pruned while nobody listened: begin anew.
    if (raw(committed) - raw(tail_) > limits_.frames_max || tail_ < log_->pruned()) {
      blocks_.clear();
      frames_ = 0;
      bytes_ = 0;
      tail_ = committed;
      return {};
    }
    tail = tail_;
  }
  while (tail < log_->committed()) {
    RL_TRY_ASSIGN(auto block, read_block(*log_, tail, kBlockLimits));
    if (block->empty()) {
      break;
    }
    tail = block->last();
    push(std::move(block));
  }
  return {};
}

void EventWindow::push(std::shared_ptr<const EventBlock> block) {
  const std::lock_guard lock(mutex_);
  tail_ = block->last();
  frames_ += block->frames().size();
  bytes_ += block->bytes();
  blocks_.push_back(std::move(block));
  while (blocks_.size() > 1 && (frames_ > limits_.frames_max || bytes_ > limits_.bytes_max)) {
    frames_ -= blocks_.front()->frames().size();
    bytes_ -= blocks_.front()->bytes();
    blocks_.pop_front();
  }
}

std::optional<EventBlocks> EventWindow::after(Sequence after, std::size_t count) const {
  const std::lock_guard lock(mutex_);
  if (after >= tail_) {
    return EventBlocks{};
  }
  if (blocks_.empty() || raw(after) + 1 < raw(blocks_.front()->first())) {
    return std::nullopt;
  }
  auto block =
      std::ranges::upper_bound(blocks_, after, {}, [](const auto& b) { return b->last(); });
  EventBlocks found;
  for (std::size_t events = 0; block != blocks_.end() && events < count; ++block) {
    events += found.empty() ? raw((*block)->last()) - raw(after) : (*block)->frames().size();
    found.push_back(*block);
  }
  return found;
}

std::size_t EventWindow::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace runledger::http
