#include "tests/support/sim_world.h"

#include <algorithm>
#include <utility>

namespace runledger::testing {

using engine::MonoTime;
using engine::Task;
using engine::Timer;

struct SimWorld::SimClock final : engine::Clock {
  explicit SimClock(const SimWorld& the_world) : world(the_world) {}
  [[nodiscard]] UtcTime wall_now() const override {
    // The night of 2026-11-26, plus virtual time.
    return UtcTime{std::chrono::seconds{1795716000}} + world.now_.time_since_epoch() +
           world.wall_offset_;
  }
  [[nodiscard]] MonoTime mono_now() const override { return world.now_; }
  const SimWorld& world;
};

namespace {

template <class Tasks, class Key>
class SimTimer final : public Timer {
 public:
  SimTimer(Tasks& tasks, Key key, std::weak_ptr<int> alive)
      : tasks_(tasks), key_(key), alive_(std::move(alive)) {}
  ~SimTimer() override {
    if (!alive_.expired()) {
      tasks_.erase(key_);
    }
  }
  SimTimer(const SimTimer&) = delete;
  SimTimer& operator=(const SimTimer&) = delete;

 private:
  Tasks& tasks_;
  Key key_;
  std::weak_ptr<int> alive_;
};

}  // namespace

struct SimWorld::Executor final : engine::SerialExecutor {
  explicit Executor(SimWorld& the_world) : world(the_world) {}
  void post(Task task) override { world.schedule(world.now_, std::move(task)); }
  [[nodiscard]] std::unique_ptr<Timer> post_at(MonoTime due, Task task) override {
    const auto key = world.schedule(std::max(due, world.now_), std::move(task));
    return std::make_unique<SimTimer<std::map<Key, Task>, Key>>(world.tasks_, key,
                                                                world.generation_);
  }
  SimWorld& world;
};

struct SimWorld::Pool final : engine::ComputePool {
  explicit Pool(SimWorld& the_world) : world(the_world) {}
  void submit(Task work) override {
    const auto longest = static_cast<double>(nanoseconds(world.work_max).count());
    const auto takes = nanoseconds{static_cast<std::int64_t>(world.random_.uniform() * longest)};
    if (world.threads_share > 0 && world.random_.uniform() < world.threads_share) {
      work = [this, work = std::move(work)]() mutable { world.run_on_thread(std::move(work)); };
    }
    world.schedule(world.now_ + takes, std::move(work));
  }
  SimWorld& world;
};

SimWorld::SimWorld(std::uint64_t seed)
    : random_(seed),
      clock_(std::make_unique<SimClock>(*this)),
      executor_(std::make_unique<Executor>(*this)),
      pool_(std::make_unique<Pool>(*this)) {}

SimWorld::~SimWorld() {
  threads_.clear();
}

const engine::Clock& SimWorld::clock() const noexcept {
  return *clock_;
}
engine::SerialExecutor& SimWorld::executor() noexcept {
  return *executor_;
}
engine::ComputePool& SimWorld::pool() noexcept {
  return *pool_;
}

SimWorld::Key SimWorld::schedule(MonoTime due, Task task) {
  const Key key{due, scheduled_++};
  tasks_.emplace(key, std::move(task));
  return key;
}

bool SimWorld::step() {
  if (tasks_.empty()) {
    return false;
  }
  auto next = tasks_.extract(tasks_.begin());
  now_ = std::max(now_, next.key().first);
  next.mapped()();
  return true;
}

void SimWorld::after(nanoseconds delay, Task task) {
  schedule(now_ + delay, std::move(task));
}

std::optional<MonoTime> SimWorld::next_due() const {
  return tasks_.empty() ? std::nullopt : std::optional(std::max(now_, tasks_.begin()->first.first));
}

bool SimWorld::sleep(nanoseconds time) {
  SimThread* const thread = SimThread::current();
  if (thread == nullptr) {
    return false;
  }
  after(time, [this, thread] { go_on(*thread); });
  thread->yield();
  return true;
}

void SimWorld::run_on_thread(Task work) {
  const auto thread = threads_.insert(std::make_unique<SimThread>(std::move(work))).first;
  go_on(**thread);
}

void SimWorld::go_on(SimThread& thread) {
  thread.resume();
  if (thread.done()) {
    std::erase_if(threads_, [&thread](const auto& owned) { return owned.get() == &thread; });
  }
}

void SimWorld::crash() {
  threads_.clear();
  generation_ = std::make_shared<int>(0);
  std::exchange(tasks_, {});
}

}  // namespace runledger::testing
