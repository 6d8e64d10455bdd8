#pragma once

#include <string>
#include <vector>

#include "schema/error.h"
#include "schema/events.h"
#include "store/projection.h"
#include "store/tables.h"

/// Events that a projection could not apply. They stay in the log and are passed over; the rest
/// goes on. Each is a row of kQuarantine, an error in the log of the process, and a count in the
/// health of the store, until a later version of the projection can apply it.
namespace runledger::store {

struct QuarantinedEvent {
  std::string projection;
  Sequence sequence{};
  std::string reason;
};

/// Applies `event` to `projection`. If that fails, by an error or an exception, the event is put in
/// quarantine in the same batch instead. Never throws.
void apply_event(Projection& projection, const Event& event, TableBatch& rows) noexcept;

/// What is in quarantine, by projection and sequence. Errors: kCorruption, kIo.
[[nodiscard]] Result<std::vector<QuarantinedEvent>> list_quarantine(const TableReader& tables);

/// Start of the keys of one projection's rows, which go when it is rebuilt.
[[nodiscard]] std::string quarantine_prefix(std::string_view projection);

/// Erases the rows of events up to `through`.
[[nodiscard]] Status forget_quarantine(Sequence through,
                                       const TableReader& rows,
                                       TableBatch& changes);

}  // namespace runledger::store
