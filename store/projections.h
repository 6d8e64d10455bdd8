#pragma once

#include "store/projection.h"

namespace runledger::store {

/// One of each projection that a store keeps: run history, job history, catalog, seals and unknown
/// events.
[[nodiscard]] Projections make_projections();

}  // namespace runledger::store
