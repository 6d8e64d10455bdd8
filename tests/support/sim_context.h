#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/sim_checker.h"
#include "tests/support/sim_jobs.h"
#include "tests/support/sim_node.h"
#include "tests/support/sim_rocks_disk.h"
#include "tests/support/sim_world.h"

namespace runledger::testing {

/// Faults of the process and of what is around it; chances per step.
struct ProcessFaults {
  double crash = 0;
  double crash_while_starting = 0;  ///< Per start: a crash within a few steps.
  double clock_forward = 0;
  double clock_back = 0;
  double slow_worker = 0;  ///< Work waits up to a second for a worker, for a while.
};

/// A command with an idempotency key that has been sent at least once.
struct SentCommand {
  std::string tag;
  store::CommandKey key;
  RunRequested request;  ///< What was asked, unless it is a submission.
  bool submission = false;
  std::uint64_t boot = 0;  ///< Which start of the engine it was sent to.
  bool repeated = false;
};

/// Everything of one simulated history. The order of its members is the order of their lives.
struct SimContext {
  explicit SimContext(std::uint64_t seed) : draw(seed), world(draw.next()) {}

  [[nodiscard]] bool chance(double probability) {
    return probability > 0 && draw.uniform() < probability;
  }
  [[nodiscard]] std::uint64_t below(std::uint64_t end) { return draw.next() % end; }
  void count(SimCount what) { counts.add(what); }
  [[nodiscard]] std::string new_tag(const char* kind) {
    return std::string(kind) + "-" + std::to_string(++tags);
  }

  engine::Random draw;
  SimCounts counts;
  SimWorld world;

  std::uint32_t portfolios = 1;
  std::uint32_t days = 1;
  LogFaults log_faults;
  LogFaultCounts log_counts;
  DiskFaults disk_faults;
  ProcessFaults process_faults;
  std::shared_ptr<JobFaults> job_faults = std::make_shared<JobFaults>();
  SimModel::Limits limits;

  std::unique_ptr<SimPlanner> planner;
  std::unique_ptr<SimDisk> disk;
  SimRocksDisk* rocks = nullptr;  ///< `disk`, if it is one.
  std::unique_ptr<SimChecker> checker;
  std::unique_ptr<SimNode> node;

  std::uint64_t boots = 0;
  std::uint64_t tags = 0;
  std::optional<std::uint64_t> crash_in;  ///< Steps until a crash that has been decided.
  std::uint64_t slow_steps = 0;           ///< Steps that the workers stay slow.
  bool draining = false;
  std::optional<Sequence> drained;  ///< What was committed when it was.
  std::uint64_t patience = 0;       ///< Steps until a drain becomes an abandon.
  std::vector<SentCommand> sent;
};

/// One thing that people and programs do to the engine.
class SimWorkload {
 public:
  virtual ~SimWorkload() = default;
  /// Called before each step while the process is up and not draining.
  virtual void step(SimContext& context) = 0;
};

/// The workloads of a history: one that starts runs, and any combination of the others.
[[nodiscard]] std::vector<std::unique_ptr<SimWorkload>> draw_workloads(SimContext& context);

/// Draws which faults a history has, each armed with an even chance and a rate of its own.
void draw_faults(SimContext& context);
/// Lets faults of the process happen before a step. True: the process must crash now.
[[nodiscard]] bool step_faults(SimContext& context);
/// From here on nothing goes wrong any more.
void stop_faults(SimContext& context);
/// Adds what the log counted to the context's counts.
void count_log_faults(SimContext& context);

}  // namespace runledger::testing
