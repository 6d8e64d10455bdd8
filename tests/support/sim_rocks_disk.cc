#include "tests/support/sim_rocks_disk.h"

#include <utility>

#include "store/projections.h"
#include "store/rocks_db.h"
#include "tests/support/sim_file_system.h"

namespace runledger::testing {
namespace {

// Operations of one group or of opening a small store: a fault is drawn from the next so many.
constexpr std::uint64_t kOperationsAhead = 12;
constexpr std::uint64_t kOperationsOfOpen = 400;
constexpr std::uint64_t kOperationsOfBackground = 40;

class RocksDisk final : public SimRocksDisk {
 public:
  RocksDisk(SimWorld& world, engine::Random random, const DiskFaults& faults, SimCounts& counts)
      : world_(world), random_(random), faults_(faults), counts_(counts) {
    env_.files().on_sync([this] {
      if (draw(faults_.slow_sync)) {
        counts_.add(SimCount::kSlowSync);
        world_.spend(std::chrono::milliseconds{random_.next() % 1000});
      }
    });
  }

  [[nodiscard]] Result<std::unique_ptr<store::EventLog>> open(
      store::CommitObserver observer) override {
    if (draw(faults_.power_off_in_open)) {
      arm_power_off(kOperationsOfOpen);
    }
    store::RocksLogOptions options;
    options.directory = "/store";
    options.build = "simulation";
    options.limits.checkpoint_events = 64;
    options.limits.group_events_max = 256;
    return store::open_rocks_event_log_on(
        &env_, options, store::make_projections(), std::move(observer),
        [this](std::move_only_function<void()> step) {
          const auto most = static_cast<double>(nanoseconds(faults_.sync_max).count());
          world_.after(nanoseconds{static_cast<std::int64_t>(random_.uniform() * most)},
                       std::move(step));
        });
  }

  void power_off() override { env_.files().power_off(); }
  void power_on() override {
    note_fired();
    env_.files().crash(random_);
  }
  [[nodiscard]] bool has_power() const override { return env_.files().has_power(); }
  void pause(bool paused) override { env_.files().pause(paused); }

  void step() override {
    if (draw(faults_.background)) {
      run_background();
    }
    if (armed_ || !has_power()) {
      return;
    }
    if (draw(faults_.power_off_in_io)) {
      arm_power_off(kOperationsAhead);
    } else if (draw(faults_.error_once)) {
      arm(SimFault::kError, false, SimCount::kDiskError);
    } else if (draw(faults_.error_for_ever)) {
      arm(SimFault::kError, true, SimCount::kDiskErrorForEver);
    } else if (draw(faults_.short_write)) {
      arm(SimFault::kShortWrite, false, SimCount::kShortWrite);
    } else if (draw(faults_.full)) {
      arm(SimFault::kNoSpace, true, SimCount::kDiskFull);
    }
  }

 private:
  // A compaction that the disk fails may end in an assertion of RocksDB 7.8 (its statistics ask for
  // the keys of a file that was not written), so there the disk works, but the power may go.
  void run_background() {
    const bool dies = !armed_ && draw(10 * faults_.power_off_in_io);
    if (dies) {
      env_.files().arm({.at = 1 + random_.next() % kOperationsOfBackground,
                        .persistent = false,
                        .fault = SimFault::kLastDurable,
                        .only = std::nullopt,
                        .suffix = ""});
    } else {
      env_.files().pause(true);
    }
    counts_.add(SimCount::kBackgroundWork, env_.run_background() ? 1U : 0U);
    if (dies) {
      counts_.add(SimCount::kCrashInBackground, env_.files().fired());
      env_.files().disarm();
    }
    env_.files().pause(false);
  }

  bool draw(double chance) { return chance > 0 && random_.uniform() < chance; }

  void arm(SimFault fault, bool persistent, SimCount what) {
    note_fired();
    armed_ = what;
    env_.files().arm({.at = 1 + random_.next() % kOperationsAhead,
                      .persistent = persistent,
                      .fault = fault,
                      .only = std::nullopt,
                      .suffix = ""});
  }
  void arm_power_off(std::uint64_t ahead) {
    note_fired();
    const bool behind = random_.next() % 2 == 0;
    armed_ = behind ? SimCount::kCrashBehindIo : SimCount::kCrashInIo;
    env_.files().arm({.at = 1 + random_.next() % ahead,
                      .persistent = false,
                      .fault = behind ? SimFault::kPowerOffBehind : SimFault::kPowerOff,
                      .only = std::nullopt,
                      .suffix = ""});
  }
  void note_fired() {
    if (armed_ && env_.files().fired() > 0) {
      counts_.add(*armed_);
    }
    armed_.reset();
  }

  SimWorld& world_;
  engine::Random random_;
  const DiskFaults& faults_;
  SimCounts& counts_;
  SimEnv env_;
  std::optional<SimCount> armed_;
};

}  // namespace

std::unique_ptr<SimRocksDisk> make_rocks_disk(SimWorld& world,
                                              engine::Random random,
                                              const DiskFaults& faults,
                                              SimCounts& counts) {
  return std::make_unique<RocksDisk>(world, random, faults, counts);
}

}  // namespace runledger::testing
