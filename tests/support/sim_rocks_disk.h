#pragma once

#include <cstdint>
#include <memory>

#include "tests/support/sim_counts.h"
#include "tests/support/sim_node.h"

namespace runledger::testing {

/// What may go wrong with the disk under RocksDB. Chances are per step of the simulation.
struct DiskFaults {
  std::chrono::microseconds sync_max{2'000};  ///< Longest time before a queued group is written.
  double power_off_in_io = 0;  ///< The power fails at one of the next operations, half of the time
                               ///< behind it.
  double power_off_in_open = 0;  ///< The same while the log is opened; per start.
  double error_once = 0;
  double error_for_ever = 0;
  double short_write = 0;
  double full = 0;
  double slow_sync = 0;   ///< Per sync: it takes up to a second.
  double background = 0;  ///< Chance that waiting background work is done.
};

/// A disk that is the production log on RocksDB on a simulated file system.
class SimRocksDisk : public SimDisk {
 public:
  /// Draws what happens to the disk in this step.
  virtual void step() = 0;
};
[[nodiscard]] std::unique_ptr<SimRocksDisk> make_rocks_disk(SimWorld& world,
                                                            engine::Random random,
                                                            const DiskFaults& faults,
                                                            SimCounts& counts);

}  // namespace runledger::testing
