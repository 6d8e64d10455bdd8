#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "schema/error.h"
#include "store/event_log.h"

/// Backups: a directory with any number of consistent copies of one store, which share the files
/// that have not changed. A backup is made through EventLog::maintenance().
namespace runledger::store {

/// The backups in `directory`, oldest first. Errors: kNotFound (no backups there), kIo,
/// kCorruption.
[[nodiscard]] Result<std::vector<BackupInfo>> list_backups(const std::filesystem::path& directory);

/// Deletes all but the newest `keep` backups and the files that only they had.
/// Errors: kInvalidArgument (`keep` is 0), kNotFound, kIo.
[[nodiscard]] Status drop_old_backups(const std::filesystem::path& directory, std::uint32_t keep);

/// Writes backup `id` (absent: the newest) into `target`, which must not exist or be empty, checks
/// its files and its head, and hands back what it holds. An interruption leaves `target` without a
/// store. Errors: kNotFound, kInvalidArgument (`target` is in use), kCorruption, kExhausted, kIo.
[[nodiscard]] Result<BackupInfo> restore_backup(const std::filesystem::path& directory,
                                                std::optional<std::uint32_t> id,
                                                const std::filesystem::path& target);

}  // namespace runledger::store
