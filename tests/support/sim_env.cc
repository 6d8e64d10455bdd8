#include <utility>

#include <rocksdb/system_clock.h>

#include "tests/support/sim_file_system.h"

namespace runledger::testing {
namespace {

/// Time of the system, but nobody sleeps: after an error of the disk the database would.
class WakefulClock final : public rocksdb::SystemClockWrapper {
 public:
  WakefulClock() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
  [[nodiscard]] const char* Name() const override { return "WakefulClock"; }
  void SleepForMicroseconds(int /*micros*/) override {}
};

}  // namespace

SimEnv::SimEnv(std::shared_ptr<SimFileSystem> files)
    : EnvWrapper(rocksdb::NewCompositeEnv(files)), files_(std::move(files)) {
  file_system_ = files_;
  system_clock_ = std::make_shared<WakefulClock>();
}

bool SimEnv::run_background() {
  Work work{};
  {
    const std::lock_guard lock(mutex_);
    if (work_.empty()) {
      return false;
    }
    work = work_.front();
    work_.pop_front();
  }
  work.function(work.argument);
  return true;
}

void SimEnv::Schedule(void (*function)(void*),
                      void* argument,
                      Priority priority,
                      void* tag,
                      void (*unschedule)(void*)) {
  if (tag == nullptr) {
    // Nobody could take it back when the database closes.
    target()->Schedule(function, argument, priority, tag, unschedule);
    return;
  }
  const std::lock_guard lock(mutex_);
  work_.push_back({function, argument, priority, tag, unschedule});
}

int SimEnv::UnSchedule(void* tag, Priority priority) {
  std::deque<Work> taken;
  {
    const std::lock_guard lock(mutex_);
    std::deque<Work> kept;
    for (const Work& work : work_) {
      (work.tag == tag && work.priority == priority ? taken : kept).push_back(work);
    }
    work_.swap(kept);
  }
  for (const Work& work : taken) {
    if (work.unschedule != nullptr) {
      work.unschedule(work.argument);
    }
  }
  return static_cast<int>(taken.size());
}

void SimEnv::SleepForMicroseconds(int /*micros*/) {}
void SimEnv::SetBackgroundThreads(int /*number*/, Priority /*priority*/) {}
void SimEnv::IncBackgroundThreadsIfNeeded(int /*number*/, Priority /*priority*/) {}

unsigned int SimEnv::GetThreadPoolQueueLen(Priority /*priority*/) const {
  const std::lock_guard lock(mutex_);
  return static_cast<unsigned int>(work_.size());
}

}  // namespace runledger::testing
