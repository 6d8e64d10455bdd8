#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/executor.h"

namespace runledger::testing {

/// Thrown out of SimThread::yield() when the simulated process has died.
struct ProcessDied {};

/// A thread of the simulated process that can stop in the middle of its work and go on at another
/// virtual time. It and its owner never run at once: a baton goes between them, so what happens is
/// as deterministic as on one thread.
class SimThread {
 public:
  explicit SimThread(engine::Task work);
  /// Ends the work (see kill).
  ~SimThread();
  SimThread(const SimThread&) = delete;
  SimThread& operator=(const SimThread&) = delete;

  /// Lets the work go on until it yields or is done. Called by the owner.
  void resume();
  /// Makes yield() throw ProcessDied and waits for the end of the work. Called by the owner.
  void kill();
  [[nodiscard]] bool done() const noexcept { return done_; }

  /// The thread that calls, or null if it is none of these.
  [[nodiscard]] static SimThread* current() noexcept;
  /// Gives the baton back until the owner calls resume(). Called by the work.
  void yield();

 private:
  enum class Baton : std::uint8_t { kOwner, kWork };
  void pass(Baton to);

  std::mutex mutex_;
  std::condition_variable passed_;
  Baton baton_ = Baton::kOwner;
  bool killed_ = false;
  bool done_ = false;
  std::jthread thread_;
};

}  // namespace runledger::testing
