#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "engine/executor.h"

namespace runledger::engine {
namespace {

using TimerKey = std::pair<MonoTime, std::uint64_t>;

}  // namespace

struct ThreadExecutor::Impl {
  explicit Impl(const Clock& the_clock) : clock(the_clock) {}

  const Clock& clock;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Task> tasks;
  std::map<TimerKey, Task> timers;
  std::uint64_t timers_made = 0;
  bool stopping = false;
  std::jthread thread;

  // Moves the tasks of timers that are due behind what was posted before. Holds the mutex.
  void collect_due() {
    const auto now = clock.mono_now();
    while (!timers.empty() && timers.begin()->first.first <= now) {
      tasks.push_back(std::move(timers.begin()->second));
      timers.erase(timers.begin());
    }
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      collect_due();
      if (!tasks.empty()) {
        auto task = std::move(tasks.front());
        tasks.pop_front();
        lock.unlock();
        task();
        task = nullptr;  // Its captures go before the lock is taken.
        lock.lock();
      } else if (stopping) {
        return;
      } else if (timers.empty()) {
        wake.wait(lock);
      } else {
        wake.wait_until(lock, timers.begin()->first.first);
      }
    }
  }
};

namespace {

template <class Impl>
class ThreadTimer final : public Timer {
 public:
  ThreadTimer(std::weak_ptr<Impl> impl, TimerKey key) : impl_(std::move(impl)), key_(key) {}
  ~ThreadTimer() override {
    if (const auto impl = impl_.lock()) {
      const std::lock_guard lock(impl->mutex);
      impl->timers.erase(key_);
    }
  }
  ThreadTimer(const ThreadTimer&) = delete;
  ThreadTimer& operator=(const ThreadTimer&) = delete;

 private:
  std::weak_ptr<Impl> impl_;
  TimerKey key_;
};

}  // namespace

ThreadExecutor::ThreadExecutor(const Clock& clock) : impl_(std::make_shared<Impl>(clock)) {
  impl_->thread = std::jthread([impl = impl_.get()] { impl->run(); });
}

ThreadExecutor::~ThreadExecutor() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->timers.clear();
  }
  impl_->wake.notify_one();
  impl_->thread.join();
}

void ThreadExecutor::post(Task task) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->tasks.push_back(std::move(task));
  }
  impl_->wake.notify_one();
}

std::unique_ptr<Timer> ThreadExecutor::post_at(MonoTime due, Task task) {
  TimerKey key;
  {
    const std::lock_guard lock(impl_->mutex);
    key = {due, impl_->timers_made++};
    impl_->timers.emplace(key, std::move(task));
  }
  impl_->wake.notify_one();
  return std::make_unique<ThreadTimer<Impl>>(impl_, key);
}

}  // namespace runledger::engine
