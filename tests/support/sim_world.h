#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "engine/compute_pool.h"
#include "engine/executor.h"
#include "engine/random.h"
#include "tests/support/sim_thread.h"

namespace runledger::testing {

/// Virtual time, one thread, one seed: runs the production engine step by step. Tasks that are
/// ready together run in the order of posting; work on the simulated pool takes a random time.
class SimWorld {
 public:
  explicit SimWorld(std::uint64_t seed);
  ~SimWorld();

  [[nodiscard]] const engine::Clock& clock() const noexcept;
  [[nodiscard]] engine::SerialExecutor& executor() noexcept;
  [[nodiscard]] engine::ComputePool& pool() noexcept;
  [[nodiscard]] engine::Random& random() noexcept { return random_; }

  /// Runs the next task, moving time forward to it; false if there is none.
  bool step();
  /// Runs tasks until there is none or `done` is true; false if more than `steps_max` were needed.
  template <class Done>
  bool run_until(Done done, std::uint64_t steps_max = 2'000'000) {
    for (std::uint64_t i = 0; i < steps_max; ++i) {
      if (done()) {
        return true;
      }
      if (!step()) {
        return done();
      }
    }
    return false;
  }
  /// Drops every task, timer and thread, as a crash does. Virtual time goes on.
  void crash();

  /// Runs `task` once `delay` has passed, unless there is a crash before.
  void after(nanoseconds delay, engine::Task task);
  /// When the next task is due; absent: there is none.
  [[nodiscard]] std::optional<engine::MonoTime> next_due() const;
  /// Lets time pass within a step, as an operation that takes long does.
  void spend(nanoseconds time) { now_ += time; }
  /// Sets the wall clock forward or back. The monotonic clock goes on as before.
  void jump_wall(nanoseconds by) { wall_offset_ += by; }
  /// For work on a thread of its own: lets virtual time pass; false (and no time passes) if the
  /// caller runs on none. Throws ProcessDied at a crash.
  bool sleep(nanoseconds time);

  /// Longest time that work waits for a worker.
  std::chrono::milliseconds work_max{50};
  /// Share of the pool's work that gets a thread of its own, and so may sleep().
  double threads_share = 0;

 private:
  struct Executor;
  struct Pool;
  struct SimClock;
  using Key = std::pair<engine::MonoTime, std::uint64_t>;

  Key schedule(engine::MonoTime due, engine::Task task);
  void run_on_thread(engine::Task work);
  void go_on(SimThread& thread);

  engine::Random random_;
  std::map<Key, engine::Task> tasks_;
  std::uint64_t scheduled_ = 0;
  engine::MonoTime now_{std::chrono::hours{1}};
  nanoseconds wall_offset_{0};
  std::set<std::unique_ptr<SimThread>> threads_;
  std::unique_ptr<SimClock> clock_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Pool> pool_;
  std::shared_ptr<int> generation_ = std::make_shared<int>(0);
};

}  // namespace runledger::testing
