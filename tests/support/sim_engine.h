#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/coordinator.h"
#include "schema/codec.h"
#include "store/memory_event_log.h"
#include "tests/support/sim_world.h"
#include "tests/support/toy_calculation.h"

namespace runledger::testing {

/// The production coordinator on the reference log in a simulated world. The log survives crash().
class SimEngine {
 public:
  SimEngine(std::uint64_t seed, std::uint32_t portfolios, Script script = {});
  ~SimEngine();

  SimWorld world;
  engine::Coordinator::Limits limits;

  /// Starts an engine on what the log holds.
  void boot();
  /// Drops the engine with all that it was about to do.
  void crash();
  /// Asks for a run; the answer is in `started` once it has come.
  RunId request(RunScope scope, bool force = false, std::optional<store::CommandKey> key = {});
  void cancel();
  /// Runs the world until no run is active; false if that takes too long.
  bool settle();

  [[nodiscard]] engine::Coordinator& coordinator() { return *coordinator_; }
  [[nodiscard]] store::EventLog& log() { return *log_; }
  [[nodiscard]] std::vector<Event> events() const;
  /// Events of type T, in order.
  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& event : events()) {
      if (const auto* payload = std::get_if<T>(&event.payload)) {
        found.push_back(*payload);
      }
    }
    return found;
  }
  [[nodiscard]] bool idle() const;

  std::vector<Result<Sequence>> started;  ///< Answers to request(), in the order they came.
  std::vector<Result<RunId>> cancelled;

 private:
  std::unique_ptr<store::EventLog> log_;
  ToyPlanner planner_;
  std::unique_ptr<engine::Coordinator> coordinator_;
};

}  // namespace runledger::testing
