#pragma once

#include <chrono>

namespace runledger::tools {

/// Turns SIGINT and SIGTERM into something to wait for. The second one ends the process at once,
/// with 128 + its number as the exit code; that loses no more than kill -9 does: nothing
/// acknowledged. One object a process; its destructor restores what was there.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// Whether a signal has come.
  [[nodiscard]] bool stopped() const noexcept;
  /// Waits until a signal comes, or `time` has passed; true if one has come, now or before.
  bool wait_for(std::chrono::milliseconds time) const noexcept;
  /// Waits until a signal has come.
  void wait() const noexcept;
};

}  // namespace runledger::tools
