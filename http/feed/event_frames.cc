#include "http/feed/event_frames.h"

#include <algorithm>
#include <set>
#include <utility>

#include "http/feed/websocket_frame.h"
#include "schema/codec.h"
#include "schema/json_writer.h"

namespace runledger::http {
namespace {

// Adds a frame, to the last range if it follows it.
void add_frame(FrameBatch& batch,
               const std::shared_ptr<const EventBlock>& block,
               std::size_t index) {
  if (!batch.ranges.empty() && batch.ranges.back().block == block &&
      batch.ranges.back().last == index) {
    ++batch.ranges.back().last;
    return;
  }
  batch.ranges.push_back({block, index, index + 1});
}

}  // namespace

void EventBlock::append(const Event& event) {
  JsonWriter json;
  json.begin_object();
  json.field("type", "event");
  json.key("event");
  write_event(json, event);
  json.end_object();
  const std::string text = json.take();
  EventFrame frame;
  frame.sequence = event.sequence;
  frame.subject = subject_of(event);
  if (const auto* progressed = std::get_if<JobProgressed>(&event.payload)) {
    frame.progress_of = progressed->job.index;
  }
  frame.begin = wire_.size();
  append_frame_header(wire_, WebSocketOpcode::kText, text.size());
  frame.text = wire_.size();
  wire_ += text;
  frame.end = wire_.size();
  frames_.push_back(frame);
}

std::size_t EventBlock::index_after(Sequence sequence) const noexcept {
  // Sequences have no gaps.
  return static_cast<std::size_t>(raw(sequence) + 1 - raw(first()));
}

std::string_view EventBlock::wire(std::size_t first, std::size_t last) const noexcept {
  const std::size_t begin = frames_[first].begin;
  return std::string_view(wire_).substr(begin, frames_[last - 1].end - begin);
}

std::string_view EventBlock::text(std::size_t index) const noexcept {
  const auto& frame = frames_[index];
  return std::string_view(wire_).substr(frame.text, frame.end - frame.text);
}

std::size_t EventBlock::bytes() const noexcept {
  return wire_.capacity() + frames_.capacity() * sizeof(EventFrame);
}

Result<std::shared_ptr<const EventBlock>> read_block(const store::EventLog& log,
                                                     Sequence after,
                                                     store::ReadLimits limits) {
  RL_TRY_ASSIGN(const auto recorded, log.read(after, limits));
  auto block = std::make_shared<EventBlock>();
  for (const auto& record : recorded) {
    RL_TRY_ASSIGN(const auto event, decode_event(record.bytes));
    block->append(event);
  }
  return block;
}

FrameBatch select_frames(std::span<const std::shared_ptr<const EventBlock>> blocks,
                         Sequence after,
                         const EventFilter& filter,
                         ProgressPolicy progress) {
  FrameBatch batch;
  batch.through = after;
  // From the newest to the oldest, so that the first progress of a job that is met is the one to
  // keep.
  std::set<std::pair<RunId, std::uint32_t>> seen;
  std::vector<std::vector<bool>> superseded;
  if (progress == ProgressPolicy::kNewest) {
    superseded.resize(blocks.size());
    for (std::size_t b = blocks.size(); b-- > 0;) {
      const auto& frames = blocks[b]->frames();
      superseded[b].resize(frames.size());
      for (std::size_t i = frames.size(); i-- > 0;) {
        const auto& frame = frames[i];
        superseded[b][i] =
            frame.progress_of && !seen.emplace(frame.subject.run, *frame.progress_of).second;
      }
    }
  }
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const auto& block = blocks[b];
    const std::size_t begin = b == 0 ? block->index_after(after) : 0;
    const auto& frames = block->frames();
    if (filter.is_open() && superseded.empty()) {
      batch.ranges.push_back({block, begin, frames.size()});
    } else {
      for (std::size_t i = begin; i < frames.size(); ++i) {
        if (matches(filter, frames[i].subject) && (superseded.empty() || !superseded[b][i])) {
          add_frame(batch, block, i);
        }
      }
    }
    batch.through = block->last();
  }
  return batch;
}

}  // namespace runledger::http
