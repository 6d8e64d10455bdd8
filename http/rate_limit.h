#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

#include "engine/clock.h"

namespace runledger::http {

/// Counts what happens to a key (an address, an e-mail) in a sliding window. Thread-safe.
/// Limitation: remembers at most `keys_max` keys; beyond that the oldest are forgotten.
class RateLimiter {
 public:
  struct Limits {
    std::size_t events_max = 10;  ///< In one window.
    std::chrono::nanoseconds window = std::chrono::minutes{1};
    std::size_t keys_max = 10000;
  };

  RateLimiter(Limits limits, const engine::Clock& clock) : limits_(limits), clock_(&clock) {}

  /// Time until another event fits; zero if one fits now.
  [[nodiscard]] std::chrono::nanoseconds wait_for(const std::string& key);
  /// Records an event.
  void record(const std::string& key);
  /// Records an event if one fits; false if not.
  [[nodiscard]] bool try_record(const std::string& key);
  /// Forgets a key.
  void forget(const std::string& key);

 private:
  using Instants = std::deque<engine::MonoTime>;
  std::chrono::nanoseconds wait_locked(const std::string& key, engine::MonoTime now);
  void record_locked(const std::string& key, engine::MonoTime now);

  Limits limits_;
  const engine::Clock* clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Instants> instants_;
  std::deque<std::string> order_;  // Keys by age of their first event.
};

}  // namespace runledger::http
