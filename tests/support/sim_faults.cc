#include <array>

#include "tests/support/sim_context.h"

namespace runledger::testing {
namespace {

using std::chrono::milliseconds;

// Half of all histories have the fault, at a rate up to `most`.
double armed(SimContext& context, double most) {
  return context.chance(0.5) ? context.draw.uniform() * most : 0.0;
}

void draw_log_faults(SimContext& context) {
  auto& faults = context.log_faults;
  faults.sync_max = std::chrono::microseconds{100 + context.below(20'000)};
  faults.slow = armed(context, 0.2);
  faults.refused = armed(context, 0.01);
  faults.failed_lost = armed(context, 0.02);
  faults.failed_written = armed(context, 0.02);
  faults.late = armed(context, 0.2);
  faults.written_at_crash = armed(context, 1.0);
  faults.queued_max = context.chance(0.2) ? 1 + context.below(6) : 64;
  faults.group_max = 1 + context.below(16);
}

void draw_disk_faults(SimContext& context) {
  auto& faults = context.disk_faults;
  faults.sync_max = std::chrono::microseconds{100 + context.below(20'000)};
  faults.power_off_in_io = armed(context, 0.02);
  faults.power_off_in_open = armed(context, 0.5);
  faults.error_once = armed(context, 0.01);
  faults.error_for_ever = armed(context, 0.01);
  faults.short_write = armed(context, 0.01);
  faults.full = armed(context, 0.01);
  faults.slow_sync = armed(context, 0.1);
  faults.background = 0.1;
}

void draw_job_faults(SimContext& context) {
  auto& faults = *context.job_faults;
  faults.transient = armed(context, 0.2);
  faults.permanent = armed(context, 0.05);
  faults.throws = armed(context, 0.05);
  faults.garbage = armed(context, 0.05);
  // Rare: it costs more than all the rest of a history.
  faults.huge_text = context.chance(0.02) ? 0.01 : 0.0;
  faults.nothing_to_do = armed(context, 0.1);
  faults.uncovered = armed(context, 0.5);
  faults.slow = armed(context, 0.5);
  faults.hang = armed(context, 0.1);
  faults.ignore_stop = armed(context, 0.1);
  faults.past_deadline = armed(context, 0.1);
  faults.storm = armed(context, 0.1);
  faults.plan_fails = armed(context, 0.3);
  context.world.threads_share = context.chance(0.5) ? context.draw.uniform() * 0.1 : 0.0;
}

}  // namespace

void draw_faults(SimContext& context) {
  draw_log_faults(context);
  draw_disk_faults(context);
  draw_job_faults(context);
  auto& faults = context.process_faults;
  faults.crash = armed(context, 0.02);
  faults.crash_while_starting = armed(context, 0.8);
  faults.clock_forward = armed(context, 0.005);
  faults.clock_back = armed(context, 0.005);
  faults.slow_worker = armed(context, 0.005);
}

bool step_faults(SimContext& context) {
  const auto& faults = context.process_faults;
  static constexpr std::array<std::chrono::seconds, 5> kJumps = {
      std::chrono::seconds{1}, std::chrono::minutes{1}, std::chrono::hours{1},
      std::chrono::hours{24}, std::chrono::hours{24 * 3650}};
  if (context.chance(faults.clock_forward)) {
    context.count(SimCount::kClockForward);
    context.world.jump_wall(kJumps[context.below(kJumps.size())]);
  }
  if (context.chance(faults.clock_back)) {
    context.count(SimCount::kClockBack);
    context.world.jump_wall(-kJumps[context.below(kJumps.size())]);
  }
  if (context.chance(faults.slow_worker)) {
    context.count(SimCount::kSlowWorker);
    context.world.work_max = milliseconds{1000};
    context.slow_steps = 100;
  } else if (context.slow_steps > 0 && --context.slow_steps == 0) {
    context.world.work_max = milliseconds{50};
  }
  if (context.rocks != nullptr) {
    context.rocks->step();
    if (!context.disk->has_power()) {
      return true;
    }
  }
  if (context.crash_in && (*context.crash_in)-- == 0) {
    context.crash_in.reset();
    context.count(SimCount::kCrashWhileStarting);
    return true;
  }
  if (context.chance(faults.crash)) {
    context.count(SimCount::kCrash);
    return true;
  }
  return false;
}

void stop_faults(SimContext& context) {
  const auto keep = context.log_faults;
  context.log_faults = LogFaults{};
  context.log_faults.sync_max = keep.sync_max;
  context.log_faults.group_max = keep.group_max;
  context.disk_faults = DiskFaults{};
  context.disk_faults.background = 0.1;
  *context.job_faults = JobFaults{};
  context.process_faults = ProcessFaults{};
  context.crash_in.reset();
  context.world.work_max = milliseconds{50};
}

void count_log_faults(SimContext& context) {
  const auto& from = context.log_counts;
  auto& to = context.counts;
  to.add(SimCount::kAppendSlow, from.slow);
  to.add(SimCount::kAppendRefused, from.refused);
  to.add(SimCount::kQueueFull, from.full);
  to.add(SimCount::kFailedLost, from.failed_lost);
  to.add(SimCount::kFailedWritten, from.failed_written);
  to.add(SimCount::kAnsweredLate, from.late);
  to.add(SimCount::kWrittenAtCrash, from.written_at_crash);
  to.add(SimCount::kLostAtCrash, from.lost_at_crash);
}

}  // namespace runledger::testing
