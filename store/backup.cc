#include "store/backup.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <rocksdb/utilities/backup_engine.h>

#include "store/backup_engine.h"
#include "store/keys.h"
#include "store/recovery.h"
#include "store/rocks_db.h"

namespace runledger::store {
namespace {

namespace fs = std::filesystem;

// Beside the database's own files: which store the directory is of.
constexpr const char* kOwnerFile = "runledger-backups";

rocksdb::BackupEngineOptions engine_options(const fs::path& directory) {
  rocksdb::BackupEngineOptions options(directory.string());
  options.share_table_files = true;
  options.share_files_with_checksum = true;
  options.backup_log_files = true;
  options.sync = true;
  options.max_background_operations = 1;
  return options;
}

Result<std::unique_ptr<rocksdb::BackupEngine>> open_engine(const fs::path& directory) {
  rocksdb::BackupEngine* engine = nullptr;
  const rocksdb::IOStatus opened =
      rocksdb::BackupEngine::Open(engine_options(directory), rocksdb::Env::Default(), &engine);
  if (!opened.ok()) {
    return std::unexpected(to_error(opened, "opening the backups in " + directory.string()));
  }
  return std::unique_ptr<rocksdb::BackupEngine>(engine);
}

Status check_is_backups(const fs::path& directory) {
  std::error_code ignored;
  if (!fs::exists(directory / kOwnerFile, ignored)) {
    return fail(Code::kNotFound, "there are no backups in " + directory.string());
  }
  return {};
}

/// Makes `directory` one for backups of `store`, or checks that it is.
Status claim(const fs::path& directory, const StoreId& store) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    return fail(Code::kIo, "cannot make " + directory.string() + ": " + error.message());
  }
  rocksdb::Env* const env = rocksdb::Env::Default();
  const std::string owner = (directory / kOwnerFile).string();
  if (fs::exists(owner, error)) {
    std::string held;
    const rocksdb::Status read = rocksdb::ReadFileToString(env, owner, &held);
    if (!read.ok()) {
      return std::unexpected(to_error(read, "reading " + owner));
    }
    return held == to_string(store) + "\n"
               ? Status()
               : fail(Code::kInvalidArgument,
                      directory.string() + " holds backups of another store: choose another one");
  }
  if (!fs::is_empty(directory, error) || error) {
    return fail(Code::kInvalidArgument,
                directory.string() + " is not empty and holds no backups: choose another one");
  }
  const rocksdb::Status written =
      rocksdb::WriteStringToFile(env, to_string(store) + "\n", owner, true);
  return written.ok() ? Status() : std::unexpected(to_error(written, "writing " + owner));
}

BackupInfo to_info(const rocksdb::BackupInfo& info) {
  BackupInfo backup;
  backup.id = info.backup_id;
  backup.taken_at = UtcTime{std::chrono::seconds{info.timestamp}};
  backup.bytes = info.size;
  backup.files = info.number_files;
  if (const auto head = decode_head(info.app_metadata)) {
    backup.committed = head->sequence;
    backup.head_hash = head->hash;
  }
  return backup;
}

Result<LogHead> stored_head(const RocksDb& db) {
  RL_TRY_ASSIGN(const auto row, db.get(db.table(Table::kMeta), kHeadKey, nullptr));
  return row ? decode_head(*row) : LogHead{};
}

std::vector<BackupInfo> infos_of(const rocksdb::BackupEngine& engine) {
  std::vector<rocksdb::BackupInfo> found;
  engine.GetBackupInfo(&found);
  std::vector<BackupInfo> infos;
  std::ranges::transform(found, std::back_inserter(infos), to_info);
  return infos;
}

Result<BackupInfo> choose(const rocksdb::BackupEngine& engine,
                          std::optional<std::uint32_t> id,
                          const fs::path& directory) {
  const auto infos = infos_of(engine);
  if (infos.empty()) {
    return fail(Code::kNotFound, "there are no backups in " + directory.string());
  }
  const auto found = id ? std::ranges::find(infos, *id, &BackupInfo::id) : infos.end() - 1;
  if (found == infos.end()) {
    return fail(Code::kNotFound,
                fmt::format("no backup {} in {}: it has {} to {}", *id, directory.string(),
                            infos.front().id, infos.back().id));
  }
  return *found;
}

/// What a restored copy holds; it must reach at least what the backup says.
Status check_copy(const fs::path& copy, const BackupInfo& expected, BackupInfo& found) {
  RocksLogOptions options;
  options.directory = copy;
  options.mode = OpenMode::kReadOnly;
  RL_TRY_ASSIGN(const auto db, RocksDb::open(options, rocksdb::Env::Default()));
  RL_TRY_ASSIGN(const LogHead head, check_head(*db));
  if (head.sequence < expected.committed) {
    return fail(Code::kCorruption, fmt::format("the backup ends with event {}, it should reach {}",
                                               raw(head.sequence), raw(expected.committed)));
  }
  found.committed = head.sequence;
  found.head_hash = head.hash;
  return {};
}

}  // namespace

Result<BackupInfo> create_backup(const RocksDb& db, const fs::path& directory) {
  RL_TRY(claim(directory, db.store_id()));
  RL_TRY_ASSIGN(const auto engine, open_engine(directory));
  // The copy reaches at least this far; it may have what is committed meanwhile.
  RL_TRY_ASSIGN(const LogHead head, stored_head(db));
  rocksdb::BackupID id = 0;
  const rocksdb::IOStatus made = engine->CreateNewBackupWithMetadata(
      rocksdb::CreateBackupOptions(), &db.db(), encode_head(head), &id);
  if (!made.ok()) {
    return std::unexpected(to_error(made, "making a backup in " + directory.string()));
  }
  const rocksdb::IOStatus verified = engine->VerifyBackup(id, true);
  if (!verified.ok()) {
    return std::unexpected(to_error(verified, fmt::format("verifying backup {}", id)));
  }
  return choose(*engine, id, directory);
}

Result<std::vector<BackupInfo>> list_backups(const fs::path& directory) {
  RL_TRY(check_is_backups(directory));
  RL_TRY_ASSIGN(const auto engine, open_engine(directory));
  return infos_of(*engine);
}

Status drop_old_backups(const fs::path& directory, std::uint32_t keep) {
  if (keep == 0) {
    return fail(Code::kInvalidArgument, "at least one backup must be kept");
  }
  RL_TRY(check_is_backups(directory));
  RL_TRY_ASSIGN(const auto engine, open_engine(directory));
  const rocksdb::IOStatus dropped = engine->PurgeOldBackups(keep);
  return dropped.ok() ? Status() : std::unexpected(to_error(dropped, "dropping old backups"));
}

Result<BackupInfo> restore_backup(const fs::path& directory,
                                  std::optional<std::uint32_t> id,
                                  const fs::path& target) {
  RL_TRY(check_is_backups(directory));
  std::error_code error;
  if (fs::exists(target, error) && !fs::is_empty(target, error)) {
    return fail(Code::kInvalidArgument, target.string() + " is not empty: restore into a new one");
  }
  RL_TRY_ASSIGN(const auto engine, open_engine(directory));
  RL_TRY_ASSIGN(BackupInfo info, choose(*engine, id, directory));
  // Beside the target first: what is at the target is whole.
  const fs::path copy = target.string() + ".restoring";
  fs::remove_all(copy, error);
  const rocksdb::IOStatus restored =
      engine->RestoreDBFromBackup(info.id, copy.string(), copy.string());
  if (!restored.ok()) {
    return std::unexpected(to_error(restored, "restoring to " + target.string()));
  }
  RL_TRY(check_copy(copy, BackupInfo(info), info));
  fs::remove(target, error);
  fs::rename(copy, target, error);
  if (error) {
    return fail(Code::kIo, "cannot move the copy to " + target.string() + ": " + error.message());
  }
  return info;
}

}  // namespace runledger::store
