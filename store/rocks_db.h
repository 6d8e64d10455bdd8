#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include "schema/codec.h"
#include "schema/error.h"
#include "store/appender.h"
#include "store/log_rows.h"
#include "store/rocks_event_log.h"

/// RocksDB behind the log. Internal: included by .cc files of store and by tests/store only.
namespace runledger::store {

/// What `status` means to a caller, with what was being done: kIo, kExhausted (disk full) or
/// kCorruption.
[[nodiscard]] Error to_error(const rocksdb::Status& status, std::string_view doing);

[[nodiscard]] inline rocksdb::Slice to_slice(std::string_view bytes) noexcept {
  return {bytes.data(), bytes.size()};
}

/// An open database with one column family for each table, events, results and inputs.
/// Thread-safe as RocksDB is.
class RocksDb {
 public:
  /// Opens the database, or creates it, and checks that it is ours and of a format we know.
  /// Errors: as open_rocks_event_log, without what needs events.
  [[nodiscard]] static Result<std::unique_ptr<RocksDb>> open(const RocksLogOptions& options,
                                                             rocksdb::Env* env);
  ~RocksDb();
  RocksDb(const RocksDb&) = delete;
  RocksDb& operator=(const RocksDb&) = delete;

  [[nodiscard]] rocksdb::DB& db() const noexcept { return *db_; }
  [[nodiscard]] rocksdb::Env* env() const noexcept { return env_; }
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
  /// How far the log went when it was last seen, as of before the database was opened.
  [[nodiscard]] const std::optional<LogHead>& witness() const noexcept { return witness_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* events() const noexcept { return handles_[1]; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* blobs(BlobKind kind) const noexcept {
    return handles_[kind == BlobKind::kResult ? 2 : 3];
  }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* table(Table table) const noexcept {
    return handles_[4 + kTableCount - 1 - static_cast<std::size_t>(table)];
  }
  /// All of them; null where an older store lacks one.
  [[nodiscard]] const std::vector<rocksdb::ColumnFamilyHandle*>& families() const noexcept {
    return handles_;
  }
  [[nodiscard]] const StoreId& store_id() const noexcept { return store_id_; }

  /// Value of `key`, as of `snapshot` (null: newest), or nullopt. Errors: kIo, kCorruption.
  [[nodiscard]] Result<std::optional<std::string>> get(rocksdb::ColumnFamilyHandle* family,
                                                       std::string_view key,
                                                       const rocksdb::Snapshot* snapshot) const;

 private:
  RocksDb() = default;
  [[nodiscard]] Status open_families(const RocksLogOptions& options, rocksdb::Env* env);
  [[nodiscard]] Status check_meta(const RocksLogOptions& options);
  [[nodiscard]] Status write_meta(const RocksLogOptions& options);

  rocksdb::Env* env_ = nullptr;
  std::filesystem::path directory_;
  std::optional<LogHead> witness_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  StoreId store_id_;
};

/// What readers see: the database at one committed sequence.
struct View {
  std::shared_ptr<const rocksdb::Snapshot> snapshot;
  Sequence committed{};
  Sequence pruned{};  ///< Events up to here are gone.
};

/// The newest view. Thread-safe.
class CurrentView {
 public:
  [[nodiscard]] View get() const;
  /// Takes a snapshot of `db` and makes it what readers see.
  void publish(rocksdb::DB& db, Sequence committed, Sequence pruned);

 private:
  mutable std::mutex mutex_;
  View view_;
};

/// Committed rows. Thread-safe.
class RocksTables final : public TableReader {
 public:
  RocksTables(const RocksDb& db, const CurrentView& view) : db_(db), view_(view) {}

  [[nodiscard]] Result<std::optional<std::string>> get(Table table,
                                                       std::string_view key) const override;
  [[nodiscard]] Status scan(Table table,
                            std::string_view begin,
                            std::string_view end,
                            ScanOrder order,
                            const RowVisitor& visit) const override;

 private:
  const RocksDb& db_;
  const CurrentView& view_;
};

/// The event in a record as stored. Errors: kCorruption, naming `sequence`.
[[nodiscard]] Result<EventBytes> open_record(Sequence sequence, const rocksdb::Slice& record);

/// Errors for what a reader of the events can meet.
[[nodiscard]] Error missing_event(Sequence sequence);
[[nodiscard]] Error pruned_event(Sequence pruned);

/// open_rocks_event_log on a file system of choice: tests put faults there. `env` must outlive the
/// log. With a `driver` there is no appending thread: a simulation runs its steps.
[[nodiscard]] Result<std::unique_ptr<EventLog>> open_rocks_event_log_on(
    rocksdb::Env* env,
    const RocksLogOptions& options,
    Projections projections,
    CommitObserver observer = {},
    AppendDriver driver = {});

}  // namespace runledger::store
