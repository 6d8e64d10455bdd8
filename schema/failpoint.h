#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "schema/error.h"

/// Places where a test can make the real program die, stand still or fail, between any two steps
/// that matter for what is kept. One failpoint is armed at most, once, before any thread starts;
/// until then a site costs one relaxed load. -DRUNLEDGER_FAILPOINTS=OFF leaves no trace of them.
namespace runledger {

/// Every site there is, in the order of the write path. A name that is not here does not compile.
inline constexpr std::array<std::string_view, 19> kFailpoints = {
    "recovery.after_replay",      // Projections caught up, nothing of this start is in the log.
    "recovery.before_start",      // EngineStarted and what it closes decided, not handed over.
    "recovery.after_start",       // The same, durable; the server does not listen yet.
    "coordinator.before_append",  // Facts applied to the state, not handed to the log.
    "coordinator.before_answer",  // The receipt is there, its caller has not heard.
    "appender.before_write",      // The group is formed, nothing is written.
    "appender.before_publish",    // Written and synced, visible to nobody.
    "appender.before_answers",    // Visible, the callers have not heard.
    "appender.before_wake",       // The callers have heard, subscribers have not.
    "checkpoint.before_write",    // Checkpoints joined a batch that is not written.
    "checkpoint.after_write",     // Written.
    "attempt.before_run",         // On a worker, nothing calculated.
    "attempt.calculate",          // In place of the calculation, which can be made to fail here.
    "attempt.after_run",          // Calculated, the coordinator has not heard.
    "import.before_append",       // The file was checked.
    "import.after_append",        // It is durable, the caller has not heard.
    "prune.archived",             // The archive is written and checked, nothing is deleted.
    "prune.recorded",             // Deleted and recorded, the space not given back.
    "drain.before_close",         // Attempts have ended, the log is open.
};

/// Arms `spec`, "NAME", "NAME:N", "NAME:N:ACTION" or "NAME:N:fail:TIMES": at the N-th hit (1 if
/// absent) the process gets SIGKILL (`kill`, the default), the thread stands still for ever
/// (`hang`), or what happens there fails (`fail`; TIMES hits from the N-th on, 1 if absent; only at
/// attempt.calculate). An empty spec arms nothing. Call before threads start.
/// Errors: kInvalidArgument (the message lists the names), kUnsupported (built without failpoints).
[[nodiscard]] Status arm_failpoint(std::string_view spec);

namespace failpoint_detail {

/// 0: none; otherwise one more than the index in kFailpoints. Process-wide on purpose: a site is
/// reached from every layer and must not need an argument.
inline std::atomic<std::uint32_t> armed{0};

/// Counts a hit of the armed site and acts when it is the one. True: what happens there is to fail.
bool hit() noexcept;

consteval std::uint32_t number_of(std::string_view name) {
  for (std::uint32_t i = 0; i < kFailpoints.size(); ++i) {
    if (kFailpoints[i] == name) {
      return i + 1;
    }
  }
  throw "unknown failpoint: add it to kFailpoints";
}

}  // namespace failpoint_detail
}  // namespace runledger

#if defined(RUNLEDGER_FAILPOINTS)
#define RL_FAILPOINT(name)                                                                    \
  do {                                                                                        \
    constexpr auto rl_failpoint = ::runledger::failpoint_detail::number_of(name);             \
    if (::runledger::failpoint_detail::armed.load(std::memory_order_relaxed) == rl_failpoint) \
        [[unlikely]] {                                                                        \
      ::runledger::failpoint_detail::hit();                                                   \
    }                                                                                         \
  } while (false)
/// A failpoint that is also a condition: is what happens here to fail?
#define RL_FAILPOINT_FAILS(name)                                           \
  (::runledger::failpoint_detail::armed.load(std::memory_order_relaxed) == \
       ::runledger::failpoint_detail::number_of(name) &&                   \
   ::runledger::failpoint_detail::hit())
#else
#define RL_FAILPOINT_FAILS(name) (::runledger::failpoint_detail::number_of(name) == 0)
#define RL_FAILPOINT(name) static_cast<void>(::runledger::failpoint_detail::number_of(name))
#endif
