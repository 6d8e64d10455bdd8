#include "engine/plan.h"

#include <algorithm>

namespace runledger::engine {
namespace {

void plan_cancellation(const RunState& active, const PlanLimits& limits, NextSteps& steps) {
  steps.stop_attempts = !active.open().empty();
  if (active.plan() == nullptr) {
    steps.commands.emplace_back(FinishRun{});
    return;
  }
  CancelJobs cancel;
  auto next = active.next_to_cancel(0);
  while (next && cancel.jobs.size() < limits.facts_max) {
    cancel.jobs.push_back(*next);
    next = active.next_to_cancel(*next + 1);
  }
  if (!cancel.jobs.empty()) {
    steps.commands.emplace_back(std::move(cancel));
  }
}

void plan_skips(const RunState& active, const PlanLimits& limits, NextSteps& steps) {
  SkipJobs skip;
  for (const auto& [index, reason] : active.to_skip()) {
    if (skip.jobs.size() >= limits.facts_max) {
      break;
    }
    skip.jobs.push_back(index);
  }
  if (!skip.jobs.empty()) {
    steps.commands.emplace_back(std::move(skip));
  }
}

void plan_attempts(const RunState& active,
                   const PlanLimits& limits,
                   UtcTime now,
                   NextSteps& steps) {
  const auto in_flight = static_cast<std::uint32_t>(active.open().size());
  auto slots =
      limits.attempts_in_flight_max > in_flight ? limits.attempts_in_flight_max - in_flight : 0U;
  StartAttempts start;
  for (const auto& [index, retry] : active.retrying()) {
    if (retry.due > now && retry.due - now <= limits.retry_wait_max) {
      steps.wake_at = steps.wake_at ? std::min(*steps.wake_at, retry.due) : retry.due;
    } else if (slots > 0) {
      start.jobs.push_back(index);
      --slots;
    }
  }
  for (const auto index : active.ready()) {
    if (slots == 0) {
      break;
    }
    start.jobs.push_back(index);
    --slots;
  }
  if (!start.jobs.empty()) {
    steps.commands.emplace_back(std::move(start));
  }
}

}  // namespace

NextSteps plan_next(const RunState& active, const PlanLimits& limits, UtcTime now) {
  NextSteps steps;
  if (active.status() == RunStatus::kCancelling) {
    plan_cancellation(active, limits, steps);
  } else if (active.plan() == nullptr) {
    steps.make_plan = true;
    return steps;
  } else {
    plan_skips(active, limits, steps);
    plan_attempts(active, limits, now, steps);
  }
  if (active.all_ended()) {
    steps.commands.emplace_back(FinishRun{});
  }
  return steps;
}

}  // namespace runledger::engine
