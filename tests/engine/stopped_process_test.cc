#include <condition_variable>
#include <future>
#include <map>
#include <mutex>

#include <gtest/gtest.h>

#include "engine/coordinator.h"
#include "store/memory_event_log.h"
#include "store/run_history.h"
#include "tests/support/toy_calculation.h"

// What a process does that was stopped for a while (SIGSTOP, a machine that sleeps): the clock has
// gone on, nothing else has.
namespace runledger::engine {
namespace {

using std::chrono::seconds;

// Time that goes on when a test says so, with or without the timers that become due.
class HandWorld final : public Clock, public SerialExecutor {
 public:
  [[nodiscard]] UtcTime wall_now() const override {
    return UtcTime{seconds{1795716000}} + mono_now().time_since_epoch();
  }
  [[nodiscard]] MonoTime mono_now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void post(Task task) override { schedule(MonoTime{}, std::move(task)); }
  [[nodiscard]] std::unique_ptr<Timer> post_at(MonoTime due, Task task) override {
    return std::make_unique<HandTimer>(*this, schedule(due, std::move(task)));
  }

  /// Runs tasks until `done`; false if that takes longer than a minute. What it asks for may come
  /// true on another thread, without a task.
  template <class Done>
  bool run_until(Done done) {
    for (int waits = 0; !done() && waits < 6000;) {
      if (run_due()) {
        continue;
      }
      std::unique_lock lock(mutex_);
      posted_.wait_for(lock, std::chrono::milliseconds{10}, [this] { return is_due(); });
      ++waits;
    }
    return done();
  }
  /// Lets time pass from timer to timer.
  void pass(nanoseconds time) {
    const auto end = mono_now() + time;
    while (true) {
      while (run_due()) {
      }
      const std::lock_guard lock(mutex_);
      if (tasks_.empty() || tasks_.begin()->first.first > end) {
        now_ = end;
        return;
      }
      now_ = tasks_.begin()->first.first;
    }
  }
  /// Lets time pass in which nothing runs.
  void stand_still(nanoseconds time) {
    const std::lock_guard lock(mutex_);
    now_ += time;
  }

 private:
  using Key = std::pair<MonoTime, std::uint64_t>;
  class HandTimer final : public Timer {
   public:
    HandTimer(HandWorld& world, Key key) : world_(world), key_(key) {}
    ~HandTimer() override {
      const std::lock_guard lock(world_.mutex_);
      world_.tasks_.erase(key_);
    }
    HandTimer(const HandTimer&) = delete;
    HandTimer& operator=(const HandTimer&) = delete;

   private:
    HandWorld& world_;
    Key key_;
  };

  Key schedule(MonoTime due, Task task) {
    const std::lock_guard lock(mutex_);
    const Key key{due, scheduled_++};
    tasks_.emplace(key, std::move(task));
    posted_.notify_all();
    return key;
  }
  [[nodiscard]] bool is_due() const {
    return !tasks_.empty() && tasks_.begin()->first.first <= now_;
  }
  bool run_due() {
    std::unique_lock lock(mutex_);
    if (!is_due()) {
      return false;
    }
    auto task = std::move(tasks_.extract(tasks_.begin()).mapped());
    lock.unlock();
    task();
    return true;
  }

  mutable std::mutex mutex_;
  std::condition_variable posted_;
  std::map<Key, Task> tasks_;
  std::uint64_t scheduled_ = 0;
  MonoTime now_{std::chrono::hours{1}};
};

// A run whose first job waits until it is let go or asked to stop.
class StoppedProcess : public ::testing::Test {
 protected:
  StoppedProcess() {
    store::Projections projections;
    projections.push_back(store::make_run_history());
    log_ = store::make_memory_event_log(std::move(projections));
    coordinator_ = std::make_unique<Coordinator>(
        Coordinator::Dependencies{*log_, *pool_, world_, world_, planner_, Random{1}},
        Coordinator::Limits{}, std::nullopt);
    coordinator_->start({{}, "test", "toy"}, [](Result<Epoch>) {});
    coordinator_->request_run({RunId::make(world_.wall_now(), {1, 2}),
                               {"test", false, testing::toy_scope(1), std::nullopt}},
                              std::nullopt, [](Result<Sequence>) {});
    EXPECT_TRUE(world_.run_until([this] { return begun_.load(); }));
  }
  ~StoppedProcess() override {
    let_go();
    pool_.reset();
    log_->close();
  }

  void let_go() {
    if (!gone_.exchange(true)) {
      gate_.set_value();
    }
  }
  [[nodiscard]] bool ended() const {
    const auto open = store::open_runs(log_->tables());
    return open.has_value() && open->empty();
  }
  [[nodiscard]] std::vector<ErrorCategory> retries() const {
    std::vector<ErrorCategory> found;
    const auto page = log_->read(Sequence{0}, {});
    for (const auto& recorded : *page) {
      const auto event = decode_event(recorded.bytes);
      if (const auto* retry = std::get_if<JobRetryScheduled>(&event->payload)) {
        found.push_back(retry->category);
      }
    }
    return found;
  }

  HandWorld world_;
  std::promise<void> gate_;
  std::atomic<bool> gone_{false};
  std::atomic<bool> begun_{false};
  std::atomic<bool> asked_to_stop_{false};

 private:
  std::expected<JobOutput, JobError> work(const JobSpec& spec, const std::stop_token& stop) {
    if (spec.type == JobType::kMarketDataUpdate && !begun_.exchange(true)) {
      const std::stop_callback on_stop(stop, [this] {
        asked_to_stop_ = true;
        let_go();
      });
      gate_.get_future().wait();
    }
    return testing::toy_output(spec);
  }

  testing::ToyPlanner planner_{
      1, [this](const JobSpec& spec, const std::stop_token& stop, const JobProgress&) {
        return work(spec, stop);
      }};
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<ComputePool> pool_ = make_thread_pool(1);
  std::unique_ptr<Coordinator> coordinator_;
};

TEST_F(StoppedProcess, DoesNotTakeThePauseForTheTimeOfItsAttempts) {
  world_.pass(seconds{200});
  world_.stand_still(seconds{3600});
  world_.pass(seconds{90});

  EXPECT_FALSE(asked_to_stop_);
  let_go();
  EXPECT_TRUE(world_.run_until([this] { return ended(); }));
  EXPECT_TRUE(retries().empty());
}

TEST_F(StoppedProcess, StillStopsAnAttemptThatHasHadItsTime) {
  world_.pass(seconds{200});
  world_.stand_still(seconds{3600});
  world_.pass(seconds{101});

  EXPECT_TRUE(asked_to_stop_);
}

}  // namespace
}  // namespace runledger::engine
