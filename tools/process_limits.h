#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#include "schema/error.h"

namespace runledger::tools {

/// Raises the limit of open files as far as this process may, and gives how many are left for
/// connections: the store keeps its share, so that a flood of them cannot stop the log.
/// Errors: kExhausted if the limit is too low to serve at all; the message says what is needed.
[[nodiscard]] Result<std::size_t> descriptors_for_connections();

/// Ends the process with exit code 0 if it is still there after `patience`: for the last steps of a
/// stop, when everything that was acknowledged is durable and a thread that never returns must not
/// keep the process alive. The destructor calls it off.
class ExitDeadline {
 public:
  explicit ExitDeadline(std::chrono::milliseconds patience);
  ~ExitDeadline();
  ExitDeadline(const ExitDeadline&) = delete;
  ExitDeadline& operator=(const ExitDeadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool called_off_ = false;
  std::jthread thread_;
};

}  // namespace runledger::tools
