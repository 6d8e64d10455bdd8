#pragma once

#include <chrono>

#include "schema/time.h"

namespace runledger::engine {

/// Instants that never go back; for deadlines and durations only.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, nanoseconds>;

/// Where all time comes from. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual UtcTime wall_now() const = 0;
  [[nodiscard]] virtual MonoTime mono_now() const = 0;
};

/// The clocks of the operating system.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] UtcTime wall_now() const override;
  [[nodiscard]] MonoTime mono_now() const override;
};

}  // namespace runledger::engine
