#pragma once

#include <filesystem>

#include "schema/error.h"
#include "store/event_log.h"
#include "store/rocks_db.h"

namespace runledger::store {

/// Maintenance::backup of an open database. Internal.
[[nodiscard]] Result<BackupInfo> create_backup(const RocksDb& db,
                                               const std::filesystem::path& directory);

}  // namespace runledger::store
