#pragma once

#include <atomic>
#include <chrono>

#include "engine/clock.h"

namespace runledger::testing {

/// A clock that stands until a test moves it. Thread-safe.
class ManualClock final : public engine::Clock {
 public:
  explicit ManualClock(UtcTime start = UtcTime{std::chrono::hours{24 * 365 * 50}})
      : start_(start) {}

  [[nodiscard]] UtcTime wall_now() const override { return start_ + elapsed(); }
  [[nodiscard]] engine::MonoTime mono_now() const override {
    return engine::MonoTime{std::chrono::hours{1} + elapsed()};
  }
  void advance(nanoseconds time) { elapsed_.fetch_add(time.count()); }

 private:
  [[nodiscard]] nanoseconds elapsed() const { return nanoseconds{elapsed_.load()}; }
  UtcTime start_;
  std::atomic<std::int64_t> elapsed_{0};
};

}  // namespace runledger::testing
