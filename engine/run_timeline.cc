#include "engine/run_timeline.h"

#include <algorithm>
#include <functional>
#include <queue>
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

// Slots by when they become free, and those that are.
class Slots {
 public:
  std::uint32_t take(UtcTime begin, UtcTime end) {
    while (!busy_.empty() && busy_.top().first <= begin) {
      free_.push(busy_.top().second);
      busy_.pop();
    }
    std::uint32_t slot = count();
    if (free_.empty()) {
      ends_.push_back(end);
    } else {
      slot = free_.top();
      free_.pop();
      ends_[slot] = end;
    }
    busy_.emplace(end, slot);
    return slot;
  }
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(ends_.size()); }
  /// When the last attempt of a slot ended.
  [[nodiscard]] UtcTime end_of(std::uint32_t slot) const { return ends_[slot]; }

 private:
  using Busy = std::pair<UtcTime, std::uint32_t>;
  std::priority_queue<Busy, std::vector<Busy>, std::greater<>> busy_;
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> free_;
  std::vector<UtcTime> ends_;
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
  } else if (const auto outcome = outcome_of(event.payload)) {
    const auto* succeeded = std::get_if<JobSucceeded>(&event.payload);
    end(job_of(event.payload)->index, *outcome, event.time,
        succeeded != nullptr ? succeeded->duration : nanoseconds::max());
  }
}

// A job that never ran can be cancelled, too: then there is no span to end.
void TimelineFold::end(std::uint32_t job,
                       AttemptOutcome outcome,
                       UtcTime time,
                       nanoseconds duration) {
  if (const auto found = open_.extract(job)) {
    auto& span = spans_[found.mapped()];
    // The wall clock may have been set back meanwhile.
    const auto ended = std::max(time, span.attempted_at);
    span.ended_at = ended;
    span.began_at = ended - std::clamp(duration, nanoseconds{0}, ended - span.attempted_at);
    span.outcome = outcome;
  }
}

RunTimeline TimelineFold::layout() const {
  RunTimeline timeline{spans_, 0};
  auto& spans = timeline.spans;
  std::ranges::sort(spans, begins_before);
  Slots slots;
  for (auto& span : spans) {
    if (span.ended_at) {
      span.slot = slots.take(span.began_at, *span.ended_at);
    }
  }
  // Of those under way the oldest are taken to be computing, one a slot; the pool is first in,
  // first out. The rest wait.
  timeline.slots = std::max(slots.count(), spans.empty() ? 0U : 1U);
  std::uint32_t next = 0;
  for (auto& span : spans) {
    if (!span.ended_at && next < timeline.slots) {
      span.slot = next;
      span.began_at = next < slots.count() ? std::max(span.attempted_at, slots.end_of(next))
                                           : span.attempted_at;
      ++next;
    }
  }
  std::ranges::sort(spans, begins_before);
  return timeline;
}

}  // namespace runledger::engine
