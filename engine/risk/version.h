#pragma once

#include <cstdint>

namespace runledger::risk {

/// Version of the definitions in docs/risk.md; recorded with each result.
inline constexpr std::uint32_t kFormulaVersion = 1;
/// Version of the built-in stress scenarios; an input of stress_testing.
inline constexpr std::uint32_t kScenarioVersion = 1;

}  // namespace runledger::risk
