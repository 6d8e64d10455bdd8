#include "tests/support/simulation.h"

#include <cstdio>
#include <utility>

#include "tests/support/sim_context.h"

namespace runledger::testing {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kStepsMax = 2'000'000;
constexpr milliseconds kAttemptDeadline{1000};

/// One history from its first start to its last check.
class History {
 public:
  History(std::uint64_t seed, const SimOptions& options) : context_(seed), options_(options) {
    report_.seed = seed;
    // By a source of its own, so that a seed plays the same history however it was chosen.
    report_.rocks = options.log == SimLog::kRocks ||
                    (options.log == SimLog::kMixed && engine::Random{~seed}.next() % 16 == 0);
    draw_faults(context_);
    workloads_ = draw_workloads(context_);
    wire();
  }

  SimReport run() {
    context_.count(SimCount::kSeeds);
    play();
    if (!failed()) {
      settle();
    }
    if (!failed()) {
      check_all();
    }
    count_log_faults(context_);
    report_.failure = context_.checker->failure();
    report_.history = context_.checker->history();
    report_.counts = context_.counts;
    return std::move(report_);
  }

 private:
  [[nodiscard]] bool failed() const { return context_.checker->failure().has_value(); }
  [[nodiscard]] engine::MonoTime now() const { return context_.world.clock().mono_now(); }
  void fail(std::string what) { context_.checker->fail(std::move(what)); }
  void say(const std::string& what) const {
    if (options_.verbose) {
      std::printf("%10.3f s  %s\n", std::chrono::duration<double>(now().time_since_epoch()).count(),
                  what.c_str());
    }
  }

  void wire() {
    auto& c = context_;
    // Small on purpose: what goes wrong at all goes wrong with a few jobs, and many small histories
    // meet more than one that is large.
    c.portfolios = 1 + static_cast<std::uint32_t>(c.below(1 + c.below(3)));
    c.days = 1 + static_cast<std::uint32_t>(c.below(1 + c.below(3)));
    engine::Coordinator::Limits limits;
    limits.plan.attempts_in_flight_max = 1 + static_cast<std::uint32_t>(c.below(8));
    limits.plan.facts_max = 1 + static_cast<std::uint32_t>(c.below(8));
    limits.retry.interruptions_max = 3 + static_cast<std::uint32_t>(c.below(5));
    limits.attempt_deadline = kAttemptDeadline;
    limits.stop_patience = milliseconds{500};
    limits.progress_interval = milliseconds{50 + c.below(200)};
    limits.appends_in_flight_max = 1 + static_cast<std::uint32_t>(c.below(8));
    limits.facts_in_append_max = 1 + static_cast<std::uint32_t>(c.below(64));
    c.limits = {limits.plan.attempts_in_flight_max, limits.retry};
    c.checker = std::make_unique<SimChecker>(c.limits, c.counts);
    const auto random = std::make_shared<engine::Random>(c.draw.next());
    c.planner = std::make_unique<SimPlanner>(
        c.portfolios, make_job_script(c.world, random, c.job_faults, kAttemptDeadline, c.counts),
        random, c.job_faults, c.counts);
    if (report_.rocks) {
      auto disk = make_rocks_disk(c.world, engine::Random{c.draw.next()}, c.disk_faults, c.counts);
      c.rocks = disk.get();
      c.disk = std::move(disk);
    } else {
      c.disk = make_memory_disk(c.world, engine::Random{c.draw.next()}, c.log_faults, c.log_counts);
    }
    c.node = std::make_unique<SimNode>(c.world, *c.disk, *c.planner, limits,
                                       [&c](const Event& event) { c.checker->observe(event); });
  }

  void play() {
    const auto steps = 100 + context_.below(600);
    for (std::uint64_t step = 0; step < steps && !failed(); ++step) {
      if (!context_.node->up()) {
        start();
        continue;
      }
      if (step_faults(context_)) {
        say("crash");
        crash();
        continue;
      }
      if (context_.draining) {
        step_drain();
        if (!context_.node->up()) {
          continue;
        }
      } else {
        for (const auto& workload : workloads_) {
          workload->step(context_);
        }
      }
      step_once();
    }
  }

  void step_once() {
    context_.count(SimCount::kSteps);
    if (!context_.world.step()) {
      context_.world.spend(milliseconds{50});
    }
    if (failed()) {
      return;
    }
    if (context_.disk->has_power()) {
      const SimDisk::Calm calm(*context_.disk);
      context_.checker->after_step(context_.node->log(), context_.node->view(), now(),
                                   !context_.draining && context_.node->health().has_value());
    }
    if (const auto health = context_.node->health(); !health) {
      say("stopped: " + health.error().message);
      if (context_.disk->has_power()) {
        context_.count(SimCount::kStoppedByFailure);
      }
      check_stop(health.error());
      crash();
    }
  }

  // Nothing here damages what was synced, so nothing may be found damaged. RocksDB calls it a
  // corruption, too, when it cannot look at a file.
  void check_stop(const Error& cause) {
    if (report_.rocks && cause.message.find("IO error") != std::string::npos) {
      return;
    }
    if (cause.code == Code::kCorruption || cause.code == Code::kInvalidArgument ||
        cause.code == Code::kInternal) {
      fail("the engine stopped: " + cause.message);
    }
  }

  void crash() {
    context_.node->crash();
    context_.draining = false;
    context_.crash_in.reset();
  }

  void start() {
    context_.world.spend(milliseconds{1 + context_.below(3000)});
    ++context_.boots;
    const auto booted = context_.node->boot();
    if (!booted) {
      say("does not start: " + booted.error().message);
      context_.count(SimCount::kBootFailed);
      check_stop(booted.error());
      return crash();
    }
    say("started");
    if (context_.chance(context_.process_faults.crash_while_starting)) {
      context_.crash_in = context_.below(8);
    }
    if (context_.disk->has_power()) {
      const SimDisk::Calm calm(*context_.disk);
      context_.checker->after_restart(context_.node->log(), context_.chance(0.05));
    }
  }

  void step_drain() {
    if (context_.drained) {
      say("drained");
      if (context_.node->log().committed() != context_.drained) {
        fail("something was recorded after the engine was drained");
      }
      context_.node->stop();
      context_.draining = false;
      context_.crash_in.reset();
      return;
    }
    if (context_.patience > 0 && --context_.patience == 0) {
      context_.count(SimCount::kAbandon);
      context_.node->coordinator().abandon();
    }
  }

  // No more faults and no more work: now everything must come to its end.
  void settle() {
    stop_faults(context_);
    if (report_.rocks || context_.draining || context_.below(2) == 0) {
      crash();
    }
    say("no more faults");
    const auto bound = now() + kEndBound;
    int starts = 0;
    for (std::uint64_t step = 0; step < kStepsMax && !failed(); ++step) {
      if (!context_.node->up()) {
        if (++starts > 2) {
          return fail("the engine does not stay up although nothing goes wrong");
        }
        start();
        continue;
      }
      const bool idle = !context_.checker->model().active() &&
                        !context_.node->view().current().run && !context_.world.next_due();
      if (idle) {
        context_.count(SimCount::kCheckedEnd);
        return;
      }
      if (now() > bound) {
        return fail("a run has not ended " + std::to_string(kEndBound.count()) +
                    " virtual minutes after the last fault");
      }
      if (!context_.world.next_due()) {
        return fail("a run is stuck: there is nothing left to do, and it has not ended");
      }
      step_once();
    }
  }

  void check_all() {
    context_.checker->check_replay(context_.node->log());
    context_.node->stop();
    if (const auto booted = context_.node->boot(); !booted) {
      return fail("does not start after an orderly stop: " + booted.error().message);
    }
    context_.checker->after_restart(context_.node->log(), true);
  }

  SimContext context_;
  SimOptions options_;
  SimReport report_;
  std::vector<std::unique_ptr<SimWorkload>> workloads_;
};

}  // namespace

SimReport simulate(std::uint64_t seed, const SimOptions& options) {
  return History(seed, options).run();
}

std::string repeat_command(const SimReport& report) {
  return "build/release/simulate --seed " + std::to_string(report.seed) + " --log " +
         (report.rocks ? "rocksdb" : "memory");
}

}  // namespace runledger::testing
