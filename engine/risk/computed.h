#pragma once

#include <expected>

#include "schema/vocabulary.h"

namespace runledger::risk {

/// A computed value, or why there is none. Broken preconditions (sizes that do not match) assert;
/// data that does not allow the calculation is a NullReason.
template <class T>
using Computed = std::expected<T, NullReason>;

[[nodiscard]] inline std::unexpected<NullReason> unknown(NullReason reason) {
  return std::unexpected<NullReason>(reason);
}

inline constexpr double kTradingDaysPerYear = 252.0;

}  // namespace runledger::risk
