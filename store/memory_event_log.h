#pragma once

#include <memory>

#include "store/event_log.h"
#include "store/projection.h"

namespace runledger::store {

/// The reference: an EventLog in plain containers, simple enough to be right by reading. Appends
/// are done in the call itself, `done` runs before `append` returns. Thread-safe.
/// Nothing survives the object.
[[nodiscard]] std::unique_ptr<EventLog> make_memory_event_log(Projections projections,
                                                              CommitObserver observer = {});

}  // namespace runledger::store
