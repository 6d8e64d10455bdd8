#include "store/rocks_event_log.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>

#include "store/appender.h"
#include "store/backup_engine.h"
#include "store/commit_listeners.h"
#include "store/event_chain.h"
#include "store/group_committer.h"
#include "store/keys.h"
#include "store/log_rows.h"
#include "store/recovery.h"
#include "store/rocks_db.h"
#include "store/rocks_options.h"
#include "store/witness.h"

namespace runledger::store {
namespace {

/// Writes groups as one WriteBatch each. A failed put (it can only be out of memory or a batch too
/// large) is remembered and fails the commit.
class RocksGroupStore final : public GroupStore {
 public:
  RocksGroupStore(RocksDb& db,
                  CurrentView& view,
                  const TableReader& rows,
                  std::atomic<std::uint64_t>& committed)
      : db_(db), view_(view), rows_(rows), committed_(committed) {}

  [[nodiscard]] Result<std::optional<std::string>> get(Table table,
                                                       std::string_view key) const override {
    return db_.get(db_.table(table), key, nullptr);
  }
  [[nodiscard]] const TableReader& rows() const noexcept override { return rows_; }
  [[nodiscard]] Result<std::string> event_record(Sequence sequence) const override {
    RL_TRY_ASSIGN(auto record, db_.get(db_.events(), sequence_key(sequence), nullptr));
    if (!record) {
      return std::unexpected(missing_event(sequence));
    }
    return std::move(*record);
  }
  void put_event(Sequence sequence, std::string_view record) override {
    check(batch_.Put(db_.events(), sequence_key(sequence), to_slice(record)));
  }
  void put_blob(const Blob& blob) override {
    std::string key;
    put_digest(key, blob.digest);
    check(batch_.Put(db_.blobs(blob.kind), key, *blob.packed));
  }
  void put(Table table, std::string_view key, std::string_view value) override {
    check(batch_.Put(db_.table(table), to_slice(key), to_slice(value)));
  }
  void erase(Table table, std::string_view key) override {
    check(batch_.Delete(db_.table(table), to_slice(key)));
  }
  void erase_blob(BlobKind kind, const Digest& digest) override {
    std::string key;
    put_digest(key, digest);
    check(batch_.Delete(db_.blobs(kind), key));
  }
  void erase_events(Sequence first, Sequence through) override {
    // One by one, as RowWriter does, and for the same reason.
    for (Sequence sequence = first; sequence <= through; sequence = next(sequence)) {
      check(batch_.Delete(db_.events(), sequence_key(sequence)));
    }
  }
  void witness(const LogHead& head) override {
    const Status written = write_witness(db_.directory(), db_.store_id(), head, db_.env());
    if (!written) {
      spdlog::warn("cannot note how far the log goes: {}", written.error().message);
    }
  }
  [[nodiscard]] Status commit() override {
    if (status_.ok()) {
      rocksdb::WriteOptions options;
      options.sync = true;
      status_ = db_.db().Write(options, &batch_);
    }
    batch_.Clear();
    if (!status_.ok()) {
      return std::unexpected(to_error(status_, "writing events"));
    }
    return {};
  }
  void publish(Sequence committed, Sequence pruned) override {
    view_.publish(db_.db(), committed, pruned);
    committed_.store(raw(committed), std::memory_order_release);
  }

 private:
  void check(const rocksdb::Status& status) {
    if (!status.ok() && status_.ok()) {
      status_ = status;
    }
  }

  RocksDb& db_;
  CurrentView& view_;
  const TableReader& rows_;
  std::atomic<std::uint64_t>& committed_;
  rocksdb::WriteBatch batch_;
  rocksdb::Status status_;
};

/// Work on the files of an open database. Thread-safe as RocksDB is.
class RocksMaintenance final : public Maintenance {
 public:
  explicit RocksMaintenance(const RocksDb& db) : db_(db) {}

  [[nodiscard]] Result<BackupInfo> backup(const std::filesystem::path& directory) override {
    const std::lock_guard lock(mutex_);
    return create_backup(db_, directory);
  }

  [[nodiscard]] Status reclaim() override {
    for (rocksdb::ColumnFamilyHandle* family : db_.families()) {
      rocksdb::CompactRangeOptions options;
      options.blob_garbage_collection_policy = rocksdb::BlobGarbageCollectionPolicy::kForce;
      const rocksdb::Status compacted = db_.db().CompactRange(options, family, nullptr, nullptr);
      if (!compacted.ok()) {
        return std::unexpected(to_error(compacted, "compacting " + family->GetName()));
      }
    }
    return {};
  }

 private:
  const RocksDb& db_;
  std::mutex mutex_;  // One backup at a time.
};

class RocksEventLog final : public EventLog {
 public:
  RocksEventLog(std::unique_ptr<RocksDb> db, Projections projections)
      : db_(std::move(db)),
        tables_(*db_, view_),
        store_(*db_, view_, tables_, committed_),
        maintenance_(*db_),
        projections_(std::move(projections)) {}
  RocksEventLog(const RocksEventLog&) = delete;
  RocksEventLog& operator=(const RocksEventLog&) = delete;
  ~RocksEventLog() override { close(); }

  /// Checks and recovers; starts the appender unless read-only.
  [[nodiscard]] Status start(const RocksLogOptions& options,
                             CommitObserver observer,
                             AppendDriver driver) {
    RL_TRY_ASSIGN(const LogHead head, check_head(*db_));
    if (options.mode == OpenMode::kReadOnly) {
      RL_TRY(check_projections(*db_, projections_));
    } else {
      RL_TRY(recover_projections(*db_, head, projections_));
    }
    RL_TRY_ASSIGN(const LogHead pruned, pruned_head(*db_));
    store_.publish(head.sequence, pruned.sequence);
    if (options.mode != OpenMode::kReadOnly) {
      committer_.emplace(GroupCommitter::Parts{.store = store_,
                                               .projections = projections_,
                                               .listeners = listeners_,
                                               .observer = std::move(observer),
                                               .store_id = db_->store_id(),
                                               .limits = options.limits},
                         head, pruned.sequence);
      appender_.emplace(*committer_, options.limits, std::move(driver));
    }
    return {};
  }

  [[nodiscard]] Status append(AppendRequest request, AppendCallback done) override {
    if (!appender_) {
      return fail(Code::kUnavailable, "the log is open for reading only");
    }
    return appender_->append(std::move(request), std::move(done));
  }

  [[nodiscard]] Result<std::vector<RecordedEvent>> read(Sequence after,
                                                        ReadLimits limits) const override {
    std::vector<RecordedEvent> events;
    const View view = view_.get();
    if (after >= view.committed) {
      return events;
    }
    if (after < view.pruned) {
      return std::unexpected(pruned_event(view.pruned));
    }
    rocksdb::ReadOptions options;
    options.snapshot = view.snapshot.get();
    const auto it = new_iterator(db_->db(), db_->events(), options);
    std::size_t bytes = 0;
    Sequence expected = next(after);
    for (it->Seek(sequence_key(expected)); expected <= view.committed; it->Next()) {
      if (!it->Valid() || it->key() != sequence_key(expected)) {
        return std::unexpected(it->status().ok() ? missing_event(expected)
                                                 : unreadable(expected, it->status()));
      }
      const std::size_t size = it->value().size();
      const bool full = events.size() >= limits.events_max || bytes + size > limits.bytes_max;
      if (full && !events.empty()) {
        break;
      }
      RL_TRY_ASSIGN(EventBytes event, open_record(expected, it->value()));
      events.push_back({expected, std::move(event)});
      bytes += size;
      expected = next(expected);
    }
    return events;
  }

  [[nodiscard]] Result<Range> run_range(const RunId& run) const override {
    return find_range(tables_, run);
  }

  [[nodiscard]] Sequence committed() const noexcept override {
    return Sequence{committed_.load(std::memory_order_acquire)};
  }

  [[nodiscard]] Sequence pruned() const noexcept override { return view_.get().pruned; }

  [[nodiscard]] Result<EventBytes> find_event(Sequence sequence) const override {
    const View view = view_.get();
    if (sequence == Sequence{} || sequence > view.committed) {
      return fail(Code::kNotFound, "no such event: " + std::to_string(raw(sequence)));
    }
    const bool gone = sequence <= view.pruned;
    RL_TRY_ASSIGN(const auto record, db_->get(gone ? db_->table(Table::kBase) : db_->events(),
                                              sequence_key(sequence), view.snapshot.get()));
    if (!record) {
      return std::unexpected(gone ? pruned_event(view.pruned) : missing_event(sequence));
    }
    return open_record(sequence, *record);
  }

  [[nodiscard]] std::unique_ptr<Subscription> notify_committed(
      CommitListener listener) const override {
    return listeners_.add(std::move(listener));
  }

  [[nodiscard]] Result<std::string> blob(BlobKind kind, const Digest& digest) const override {
    std::string key;
    put_digest(key, digest);
    const View view = view_.get();
    RL_TRY_ASSIGN(const auto packed, db_->get(db_->blobs(kind), key, view.snapshot.get()));
    if (!packed) {
      return fail(Code::kNotFound, "no such blob: " + to_string(digest));
    }
    return open_blob(*packed, digest);
  }

  [[nodiscard]] Result<std::optional<AppendReceipt>> find_command(
      const CommandKey& key) const override {
    return find_receipt(tables_, key);
  }

  [[nodiscard]] const TableReader& tables() const noexcept override { return tables_; }
  [[nodiscard]] Status health() const override {
    return appender_ ? appender_->health() : Status();
  }
  [[nodiscard]] StoreId store_id() const noexcept override { return db_->store_id(); }
  [[nodiscard]] Result<std::uint64_t> bytes_on_disk() const override {
    std::uint64_t total = 0;
    for (rocksdb::ColumnFamilyHandle* family : db_->families()) {
      if (family == nullptr) {
        continue;
      }
      for (const std::string& property : {rocksdb::DB::Properties::kTotalSstFilesSize,
                                          rocksdb::DB::Properties::kTotalBlobFileSize,
                                          rocksdb::DB::Properties::kCurSizeActiveMemTable}) {
        std::uint64_t bytes = 0;
        if (!db_->db().GetIntProperty(family, property, &bytes)) {
          return fail(Code::kIo, "cannot tell the size of " + family->GetName());
        }
        total += bytes;
      }
    }
    return total;
  }
  [[nodiscard]] Maintenance* maintenance() noexcept override {
    return appender_ ? &maintenance_ : nullptr;
  }

  void close() override {
    if (appender_) {
      appender_->close();
    }
  }

 private:
  [[nodiscard]] static Error unreadable(Sequence sequence, const rocksdb::Status& status) {
    return to_error(status, "event " + std::to_string(raw(sequence)));
  }

  // In the order of their lives: each uses those above it.
  std::unique_ptr<RocksDb> db_;
  CurrentView view_;
  std::atomic<std::uint64_t> committed_{0};
  RocksTables tables_;
  RocksGroupStore store_;
  RocksMaintenance maintenance_;
  Projections projections_;
  mutable CommitListeners listeners_;  // Who listens is no part of what the log holds.
  std::optional<GroupCommitter> committer_;
  std::optional<Appender> appender_;
};

}  // namespace

Result<std::unique_ptr<EventLog>> open_rocks_event_log_on(rocksdb::Env* env,
                                                          const RocksLogOptions& options,
                                                          Projections projections,
                                                          CommitObserver observer,
                                                          AppendDriver driver) {
  RL_TRY_ASSIGN(auto db, RocksDb::open(options, env));
  auto log = std::make_unique<RocksEventLog>(std::move(db), std::move(projections));
  RL_TRY(log->start(options, std::move(observer), std::move(driver)));
  return log;
}

Result<std::unique_ptr<EventLog>> open_rocks_event_log(const RocksLogOptions& options,
                                                       Projections projections,
                                                       CommitObserver observer) {
  return open_rocks_event_log_on(rocksdb::Env::Default(), options, std::move(projections),
                                 std::move(observer));
}

}  // namespace runledger::store
