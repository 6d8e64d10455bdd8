#include "http/event_frames.h"

#include <algorithm>

#include "schema/codec.h"
#include "schema/json_writer.h"

namespace runledger::http {
namespace {

// The portfolio that an event is about, if it is about one.
std::optional<PortfolioId> portfolio_of(const Payload& payload) noexcept {
  if (const auto* job = job_of(payload)) {
    return job->portfolio.is_nil() ? std::nullopt : std::optional(job->portfolio);
  }
  if (const auto* imported = std::get_if<PortfolioImported>(&payload)) {
    return imported->portfolio;
  }
  if (const auto* deleted = std::get_if<PortfolioDeleted>(&payload)) {
    return deleted->portfolio;
  }
  return std::nullopt;
}

bool matches_fields(const EventFilter& filter,
                    const RunId& run,
                    const std::optional<PortfolioId>& portfolio,
                    const std::optional<JobType>& job_type) noexcept {
  return (!filter.run || *filter.run == run) &&
         (!filter.portfolio || filter.portfolio == portfolio) &&
         (!filter.job_type || filter.job_type == job_type);
}

std::optional<JobType> job_type_of(const Payload& payload) noexcept {
  const auto* job = job_of(payload);
  return job != nullptr ? std::optional(job->type) : std::nullopt;
}

}  // namespace

bool matches(const EventFilter& filter, const Event& event) noexcept {
  return matches_fields(filter, event.run, portfolio_of(event.payload), job_type_of(event.payload));
}

bool matches(const EventFilter& filter, const EventFrame& frame) noexcept {
  return matches_fields(filter, frame.run, frame.portfolio, frame.job_type);
}

EventFrame make_frame(const Event& event) {
  JsonWriter json;
  json.begin_object();
  json.field("type", "event");
  json.key("event");
  write_event(json, event);
  json.end_object();
  return {event.sequence, event.run, portfolio_of(event.payload), job_type_of(event.payload),
          json.take()};
}

Result<EventFrames> read_frames(const store::EventLog& log,
                                Sequence after,
                                store::ReadLimits limits) {
  RL_TRY_ASSIGN(const auto recorded, log.read(after, limits));
  EventFrames frames;
  frames.reserve(recorded.size());
  for (const auto& record : recorded) {
    RL_TRY_ASSIGN(const auto event, decode_event(record.bytes));
    frames.push_back(std::make_shared<const EventFrame>(make_frame(event)));
  }
  return frames;
}

EventWindow::EventWindow(const store::EventLog& log, Limits limits)
    : log_(&log), limits_(limits), tail_(log.committed()) {}

Status EventWindow::refresh() {
  Sequence tail{};
  {
    const std::lock_guard lock(mutex_);
    const auto committed = log_->committed();
    // Far behind, or what comes next has been pruned while nobody listened: begin anew.
    if (raw(committed) - raw(tail_) > limits_.frames_max || tail_ < log_->pruned()) {
      frames_.clear();
      bytes_ = 0;
      tail_ = committed;
      return {};
    }
    tail = tail_;
  }
  while (tail < log_->committed()) {
    RL_TRY_ASSIGN(auto frames,
                  read_frames(*log_, tail, {.events_max = 1000, .bytes_max = 1U << 20U}));
    if (frames.empty()) {
      break;
    }
    tail = frames.back()->sequence;
    const std::lock_guard lock(mutex_);
    for (auto& frame : frames) {
      bytes_ += frame->text.size();
      frames_.push_back(std::move(frame));
    }
    while (frames_.size() > limits_.frames_max ||
           (bytes_ > limits_.bytes_max && frames_.size() > 1)) {
      bytes_ -= frames_.front()->text.size();
      frames_.pop_front();
    }
    tail_ = tail;
  }
  return {};
}

std::optional<EventFrames> EventWindow::after(Sequence after, std::size_t count) const {
  const std::lock_guard lock(mutex_);
  if (after >= tail_) {
    return EventFrames{};
  }
  const auto first = raw(tail_) - frames_.size() + 1;  // Of the oldest frame; no gaps in between.
  if (raw(after) + 1 < first) {
    return std::nullopt;
  }
  const auto begin = static_cast<std::ptrdiff_t>(raw(after) + 1 - first);
  const auto end = std::min(begin + static_cast<std::ptrdiff_t>(count),
                            static_cast<std::ptrdiff_t>(frames_.size()));
  return EventFrames(frames_.begin() + begin, frames_.begin() + end);
}

}  // namespace runledger::http
