#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "schema/error.h"
#include "store/projection.h"
#include "store/tables.h"

/// Projection of events of kinds that this version does not know: a newer one wrote them. They are
/// kept, counted and never interpreted.
namespace runledger::store {

[[nodiscard]] std::unique_ptr<Projection> make_unknown_events();

/// Payload type -> how many such events the log has. Errors: kCorruption, kIo.
[[nodiscard]] Result<std::map<std::uint8_t, std::uint64_t>> count_unknown_events(
    const TableReader& tables);

}  // namespace runledger::store
