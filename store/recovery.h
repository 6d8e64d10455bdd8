#pragma once

#include "schema/error.h"
#include "store/log_rows.h"
#include "store/projection.h"
#include "store/rocks_db.h"

/// What is done between opening the database and the first append. Internal.
namespace runledger::store {

/// The newest event that has been pruned; event 0 if none has. Errors: kCorruption, kIo.
[[nodiscard]] Result<LogHead> pruned_head(const RocksDb& db);

/// Folds the imports that outlived the events around them into a projection that was reset.
/// Errors: kCorruption, kIo.
[[nodiscard]] Status fold_kept_imports(const RocksDb& db, Projection& projection, TableBatch& rows);

/// Checks that the events begin after the pruned ones and end where the log's head says, with the
/// hash that it says. Events between are checked when they are read. Errors: kCorruption, naming
/// the sequence.
[[nodiscard]] Result<LogHead> check_head(const RocksDb& db);

/// Brings every projection up to `head`: from its checkpoint, or, if that is missing, damaged or
/// of another version, from the first event that is left, after emptying its tables. The events
/// that are read are checked against each other. Writes new checkpoints for the projections that
/// moved. Errors: kCorruption, naming the sequence; kIo.
[[nodiscard]] Status recover_projections(RocksDb& db,
                                         const LogHead& head,
                                         Projections& projections);

/// For a reader that may not write: that every projection has a checkpoint of this version, so its
/// rows mean what the caller takes them for. Errors: kUnavailable.
[[nodiscard]] Status check_projections(const RocksDb& db, Projections& projections);

}  // namespace runledger::store
