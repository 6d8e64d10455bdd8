#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/decide.h"
#include "engine/run_state.h"

/// What should be going on now, judged from the state alone: after any event and after any restart
/// the same rule says what to do, so nothing is lost between a fact and its effect.
namespace runledger::engine {

/// Limits of one step of the plan.
struct PlanLimits {
  std::uint32_t attempts_in_flight_max = 64;
  std::uint32_t facts_max = 1024;  ///< Skips or cancellations in one step.
  /// No retry is scheduled further ahead: one that is due later was scheduled before the wall clock
  /// was set back, and is due.
  nanoseconds retry_wait_max = std::chrono::seconds{72};
};

struct NextSteps {
  bool make_plan = false;          ///< The run is requested but not planned.
  std::vector<Command> commands;   ///< To be decided at once, in this order.
  bool stop_attempts = false;      ///< The run is being cancelled: stop what is open.
  std::optional<UtcTime> wake_at;  ///< The next retry is due then.
};

/// Pure. `active` is the run that has not ended. The result is empty if all that can be done is
/// under way. Call it again after applying the facts of its commands: it may have more to say.
[[nodiscard]] NextSteps plan_next(const RunState& active, const PlanLimits& limits, UtcTime now);

}  // namespace runledger::engine
