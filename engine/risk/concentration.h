#pragma once

#include <span>

#include "engine/risk/computed.h"

namespace runledger::risk {

struct Concentration {
  double hhi = 0;                  ///< 10000 x sum of squared shares (Herfindahl, Hirschman).
  double effective_positions = 0;  ///< 10000 / hhi.
  double top_3 = 0;                ///< Share of the three greatest.
  double top_10 = 0;
};

/// How concentrated `exposures` (signed money) are by their absolute shares.
/// Errors: kNoPositions if they add up to nothing. Cost: O(n log n). Pure, thread-safe.
[[nodiscard]] Computed<Concentration> concentration(std::span<const double> exposures);

}  // namespace runledger::risk
