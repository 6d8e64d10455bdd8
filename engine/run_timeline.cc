#include "engine/run_timeline.h"

#include <algorithm>
#include <tuple>

namespace runledger::engine {
namespace {

// How an event ends the attempt that is under way, if it does.
std::optional<AttemptOutcome> outcome_of(const Payload& payload) {
  if (const auto* succeeded = std::get_if<JobSucceeded>(&payload)) {
    return status_of(*succeeded) == JobStatus::kSucceeded ? AttemptOutcome::kSucceeded
                                                          : AttemptOutcome::kSucceededWithWarnings;
  }
  if (std::holds_alternative<JobRetryScheduled>(payload)) {
    return AttemptOutcome::kRetried;
  }
  if (std::holds_alternative<JobFailed>(payload)) {
    return AttemptOutcome::kFailed;
  }
  if (std::holds_alternative<JobInterrupted>(payload)) {
    return AttemptOutcome::kInterrupted;
  }
  if (std::holds_alternative<JobCancelled>(payload)) {
    return AttemptOutcome::kCancelled;
  }
  return std::nullopt;
}

// What the workers did, as far as can be told. An attempt computed for its duration at some time
// between being handed out and being committed; a worker that is free takes the next one at once.
class Slots {
 public:
  // Puts an attempt that has ended into the slot that it leaves idle for the least time, a new one
  // if it fits into none, and says when it computed there.
  void place(AttemptSpan& span, std::optional<nanoseconds> duration) {
    const auto latest = *span.ended_at - duration.value_or(nanoseconds{0});
    std::optional<std::uint32_t> best;
    for (std::uint32_t slot = 0; slot < count(); ++slot) {
      if (free_at_[slot] <= latest && (!best || free_at_[slot] > free_at_[*best])) {
        best = slot;
      }
    }
    if (!best) {
      best = count();
      free_at_.push_back(span.attempted_at);
    }
    span.slot = *best;
    span.began_at = std::max(span.attempted_at, free_at_[*best]);
    if (duration) {
      span.ended_at = span.began_at + *duration;
    }
    free_at_[*best] = *span.ended_at;
  }
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(free_at_.size()); }
  [[nodiscard]] UtcTime free_at(std::uint32_t slot) const { return free_at_[slot]; }

 private:
  std::vector<UtcTime> free_at_;  ///< When the last attempt of a slot ended.
};

bool begins_before(const AttemptSpan& a, const AttemptSpan& b) {
  return std::tie(a.began_at, a.job) < std::tie(b.began_at, b.job);
}

}  // namespace

void TimelineFold::fold(const Event& event) {
  if (const auto* attempted = std::get_if<JobAttempted>(&event.payload)) {
    open_[attempted->job.index] = spans_.size();
    spans_.push_back({.job = attempted->job.index,
                      .attempt = attempted->attempt,
                      .attempted_at = event.time,
                      .began_at = event.time,
                      .ended_at = std::nullopt,
                      .outcome = AttemptOutcome::kRunning,
                      .slot = std::nullopt});
    durations_.emplace_back();
  } else if (const auto outcome = outcome_of(event.payload)) {
    // A job that never ran can be cancelled, too: then there is no span to end.
    if (const auto found = open_.extract(job_of(event.payload)->index)) {
      auto& span = spans_[found.mapped()];
      // The wall clock may have been set back meanwhile.
      span.ended_at = std::max(event.time, span.attempted_at);
      span.outcome = *outcome;
      if (const auto* succeeded = std::get_if<JobSucceeded>(&event.payload)) {
        durations_[found.mapped()] =
            std::clamp(succeeded->duration, nanoseconds{0}, *span.ended_at - span.attempted_at);
      }
      ended_.push_back(found.mapped());
    }
  }
}

RunTimeline TimelineFold::layout() const {
  RunTimeline timeline{spans_, 0};
  auto& spans = timeline.spans;
  Slots slots;
  for (const auto index : ended_) {
    slots.place(spans[index], durations_[index]);
  }
  // Of those under way the oldest are taken to be computing, one a slot; the pool is first in,
  // first out. The rest wait.
  timeline.slots = std::max(slots.count(), spans.empty() ? 0U : 1U);
  std::uint32_t next = 0;
  for (auto& span : spans) {
    if (!span.ended_at && next < timeline.slots) {
      span.slot = next;
      span.began_at = next < slots.count() ? std::max(span.attempted_at, slots.free_at(next))
                                           : span.attempted_at;
      ++next;
    }
  }
  std::ranges::sort(spans, begins_before);
  return timeline;
}

}  // namespace runledger::engine
