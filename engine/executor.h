#pragma once

#include <functional>
#include <memory>

#include "engine/clock.h"

namespace runledger::engine {

using Task = std::move_only_function<void()>;

/// A timer that is armed; destroying it disarms it.
class Timer {
 public:
  virtual ~Timer() = default;
};

/// Runs tasks one at a time, in the order of posting. Thread-safe.
class SerialExecutor {
 public:
  virtual ~SerialExecutor() = default;
  /// Never runs the task inside the call.
  virtual void post(Task task) = 0;
  /// Runs the task at `due` or soon after.
  [[nodiscard]] virtual std::unique_ptr<Timer> post_at(MonoTime due, Task task) = 0;
};

/// A SerialExecutor on one thread of its own. The destructor runs what is posted, drops timers and
/// joins; nothing may be posted after it has begun.
class ThreadExecutor final : public SerialExecutor {
 public:
  explicit ThreadExecutor(const Clock& clock);
  ~ThreadExecutor() override;
  ThreadExecutor(const ThreadExecutor&) = delete;
  ThreadExecutor& operator=(const ThreadExecutor&) = delete;

  void post(Task task) override;
  [[nodiscard]] std::unique_ptr<Timer> post_at(MonoTime due, Task task) override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace runledger::engine
