#pragma once

#include <optional>
#include <string>

/// Compiled for the baseline instruction set, so that it can run on any machine.
namespace runledger::risk {

/// What this processor lacks to run the calculations (they are compiled for x86-64-v3), as a
/// sentence for people; nullopt if it can. Call it before anything else of this library.
/// Thread-safe.
[[nodiscard]] std::optional<std::string> unsupported_cpu();

/// What the last bits of a result depend on: compiler, instruction set level, Eigen version, and
/// the versions of formulas and scenarios. Recorded with each run. Thread-safe.
[[nodiscard]] std::string numerics_profile();

}  // namespace runledger::risk
