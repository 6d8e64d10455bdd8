#pragma once

#include <vector>

#include "schema/error.h"
#include "store/event_log.h"
#include "store/group_committer.h"
#include "store/log_rows.h"
#include "store/tables.h"

namespace runledger::store {

/// Everything that changes with the deletion of the oldest events, but for the events themselves.
struct PruneChanges {
  TableBatch rows;
  std::vector<Digest> results;  ///< Blobs to delete.
  LogHead pruned;               ///< The newest event that goes.
  Digest base;                  ///< Digest of kBase as it is afterwards.
};

/// Works out what goes with the events up to `prune.through`, and has the projections forget them.
/// Nothing may have been put into `store` since its last commit. After an error projections may
/// have forgotten in part: the log must stop.
/// Errors: kInvalidArgument (`through` does not end a run, or a run reaches beyond it, or it has
/// been pruned or has not been written), kCorruption, kIo.
[[nodiscard]] Result<PruneChanges> forget_events(const Prune& prune,
                                                 const LogHead& head,
                                                 const GroupStore& store,
                                                 const Projections& projections);

}  // namespace runledger::store
