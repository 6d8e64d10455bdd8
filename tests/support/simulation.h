#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "schema/ids.h"
#include "tests/support/sim_counts.h"

namespace runledger::testing {

enum class SimLog : std::uint8_t {
  kMemory,
  kRocks,
  kMixed,  ///< RocksDB for one seed in sixteen.
};

struct SimOptions {
  SimLog log = SimLog::kMixed;
  bool verbose = false;  ///< Prints what happens, for one seed.
};

struct SimReport {
  std::uint64_t seed = 0;
  bool rocks = false;
  std::optional<std::string> failure;  ///< The first broken promise.
  SimCounts counts;
  Digest history;  ///< Of all events: the same seed gives the same.
};

/// After the last fault every run must have ended within this virtual time.
inline constexpr std::chrono::minutes kEndBound{5};

/// Plays the history that follows from `seed`: the production engine and log under virtual time,
/// with the workloads and faults that the seed draws, until faults stop and every run has ended;
/// all promises are checked on the way. Deterministic; thread-safe.
[[nodiscard]] SimReport simulate(std::uint64_t seed, const SimOptions& options);

/// The one command that repeats a seed.
[[nodiscard]] std::string repeat_command(const SimReport& report);

}  // namespace runledger::testing
