#pragma once

#include <functional>
#include <memory>

#include "engine/executor.h"

namespace runledger::engine {

/// Runs the calculations of attempts side by side. Thread-safe.
class ComputePool {
 public:
  virtual ~ComputePool() = default;
  /// Runs `work` on some worker, first come first served. `work` must not throw.
  virtual void submit(Task work) = 0;
};

/// A ComputePool on `threads` threads. The destructor drops what has not begun, waits for what has.
[[nodiscard]] std::unique_ptr<ComputePool> make_thread_pool(unsigned threads);

}  // namespace runledger::engine
