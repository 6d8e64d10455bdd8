#pragma once

#include <memory>

#include "engine/inputs/rows.h"
#include "engine/job.h"

namespace runledger::engine {

/// The eleven calculations of formulas.md over `inputs`. Building it sorts the inputs once:
/// O(rows log rows). Errors never: whatever cannot be computed is null with a reason.
[[nodiscard]] std::shared_ptr<const Calculation> make_risk_calculation(InputRows inputs);

}  // namespace runledger::engine
