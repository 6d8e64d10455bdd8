#include "engine/risk/concentration.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

namespace runledger::risk {

Computed<Concentration> concentration(std::span<const double> exposures) {
  std::vector<double> sizes(exposures.size());
  double gross = 0;
  for (std::size_t i = 0; i < exposures.size(); ++i) {
    sizes[i] = std::abs(exposures[i]);
    gross += sizes[i];
  }
  if (!(gross > 0)) {
    return unknown(NullReason::kNoPositions);
  }
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  Concentration result;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double share = sizes[i] / gross;
    result.hhi += 10000 * share * share;
    result.top_3 += i < 3 ? share : 0;
    result.top_10 += i < 10 ? share : 0;
  }
  result.effective_positions = 10000 / result.hhi;
  return result;
}

}  // namespace runledger::risk
