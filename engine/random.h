#pragma once

#include <array>
#include <cstdint>

namespace runledger::engine {

/// SplitMix64 (Steele, Lea & Flood 2014): small, fast, seedable; for jitter and ids, not for
/// secrets. Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}
  /// Seeded by the operating system.
  [[nodiscard]] static Random from_system();

  [[nodiscard]] std::uint64_t next() noexcept;
  /// Uniform in [0, 1).
  [[nodiscard]] double uniform() noexcept;
  /// Entropy for one id.
  [[nodiscard]] std::array<std::uint64_t, 2> entropy() noexcept { return {next(), next()}; }

 private:
  std::uint64_t state_;
};

}  // namespace runledger::engine
