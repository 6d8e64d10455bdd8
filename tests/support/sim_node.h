#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/coordinator.h"
#include "engine/run_view.h"
#include "store/event_log.h"
#include "tests/support/faulty_event_log.h"
#include "tests/support/sim_world.h"

namespace runledger::testing {

/// What outlives the process: opens logs on what is durable.
class SimDisk {
 public:
  virtual ~SimDisk() = default;
  /// Errors: as the log's; it may be tried again.
  [[nodiscard]] virtual Result<std::unique_ptr<store::EventLog>> open(
      store::CommitObserver observer) = 0;
  /// From here on nothing more becomes durable.
  virtual void power_off() = 0;
  /// Once nothing uses the log any more: drops what was not durable.
  virtual void power_on() = 0;
  [[nodiscard]] virtual bool has_power() const = 0;
  /// While paused, faults neither happen nor are counted: for checks.
  virtual void pause(bool /*paused*/) {}

  /// Pauses for its own life.
  class Calm {
   public:
    explicit Calm(SimDisk& disk) : disk_(disk) { disk_.pause(true); }
    ~Calm() { disk_.pause(false); }
    Calm(const Calm&) = delete;
    Calm& operator=(const Calm&) = delete;

   private:
    SimDisk& disk_;
  };
};

/// A disk that is the reference log in memory, which FaultyEventLog makes slow and unreliable.
[[nodiscard]] std::unique_ptr<SimDisk> make_memory_disk(SimWorld& world,
                                                        engine::Random random,
                                                        const LogFaults& faults,
                                                        LogFaultCounts& counts);

/// One engine process: the production coordinator, its view and its log, as the service wires them.
class SimNode {
 public:
  SimNode(SimWorld& world,
          SimDisk& disk,
          engine::Planner& planner,
          engine::Coordinator::Limits limits,
          store::CommitObserver observer);
  ~SimNode();
  SimNode(const SimNode&) = delete;
  SimNode& operator=(const SimNode&) = delete;

  /// Starts the process on what the disk holds. Errors: it could not; the process is down.
  [[nodiscard]] Status boot();
  /// kill -9 or power loss.
  void crash();
  /// The end of a drained process: the log is closed as it should be.
  void stop();

  [[nodiscard]] bool up() const noexcept { return coordinator_ != nullptr; }
  /// Ok, or why this process must be started again. It must be up.
  [[nodiscard]] Status health() const;
  [[nodiscard]] engine::Coordinator& coordinator() noexcept { return *coordinator_; }
  [[nodiscard]] const store::EventLog& log() const noexcept { return *log_; }
  [[nodiscard]] const engine::RunView& view() const noexcept { return *view_; }

 private:
  void take_down();

  SimWorld& world_;
  SimDisk& disk_;
  engine::Planner& planner_;
  engine::Coordinator::Limits limits_;
  store::CommitObserver observer_;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<engine::RunView> view_;
  std::unique_ptr<engine::EarlierResults> earlier_;
  std::unique_ptr<engine::Coordinator> coordinator_;
};

}  // namespace runledger::testing
