#include "store/rocks_db.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "schema/invariant.h"
#include "store/keys.h"
#include "store/rocks_options.h"
#include "store/store_directory.h"
#include "store/wal_tail.h"
#include "store/witness.h"

namespace runledger::store {
namespace {

constexpr int kReadOnlyAttempts = 3;

constexpr std::ptrdiff_t kFirstTable = 4;  // After default, events, results and inputs.

/// A store of an older version has not every table, and a reader cannot make them.
Status remove_absent(const std::string& path,
                     const rocksdb::DBOptions& database,
                     std::vector<rocksdb::ColumnFamilyDescriptor>& families) {
  std::vector<std::string> present;
  const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(database, path, &present);
  if (!listed.ok()) {
    return std::unexpected(to_error(listed, "opening " + path));
  }
  std::erase_if(families, [&](const auto& family) {
    return std::ranges::find(present, family.name) == present.end();
  });
  return {};
}

bool is_lock_conflict(const rocksdb::Status& status) {
  if (!status.IsIOError()) {
    return false;
  }
  const std::string text = status.ToString();
  return text.find("While lock file") != std::string::npos ||
         text.find("lock hold by current process") != std::string::npos;
}

}  // namespace

Error to_error(const rocksdb::Status& status, std::string_view doing) {
  std::string message(doing);
  if (status.IsNoSpace()) {
    return {Code::kExhausted, message + ": the disk is full (" + status.ToString() + ")"};
  }
  const Code code = status.IsCorruption() ? Code::kCorruption : Code::kIo;
  return {code, message + ": " + status.ToString()};
}

Result<std::unique_ptr<RocksDb>> RocksDb::open(const RocksLogOptions& options, rocksdb::Env* env) {
  RL_TRY(prepare_directory(options, env));
  std::unique_ptr<RocksDb> db(new RocksDb());
  db->env_ = env;
  db->directory_ = options.directory;
  // Before the database: beside a writer, what is read later may be ahead of it.
  const auto witness = read_witness(options.directory, env);
  RL_TRY(db->open_families(options, env));
  RL_TRY(db->check_meta(options));
  if (witness && witness->store == db->store_id_) {
    db->witness_ = witness->head;
  }
  return db;
}

RocksDb::~RocksDb() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    if (handle != nullptr) {
      (void)db_->DestroyColumnFamilyHandle(handle);
    }
  }
}

Status RocksDb::open_families(const RocksLogOptions& options, rocksdb::Env* env) {
  auto families = column_families();
  rocksdb::DBOptions database = database_options(options.mode, env);
  const std::string path = options.directory.string();
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status;
  if (options.mode == OpenMode::kReadOnly) {
    RL_TRY(remove_absent(path, database, families));
    // A writer beside us may delete a file between our reading of the list and of the file.
    for (int attempt = 0; attempt < kReadOnlyAttempts && opened == nullptr; ++attempt) {
      status = rocksdb::DB::OpenForReadOnly(database, path, families, &handles_, &opened);
    }
  } else {
    status = rocksdb::DB::Open(database, path, families, &handles_, &opened);
    if (status.IsCorruption()) {
      RL_TRY_ASSIGN(const bool is_tail, only_the_last_batch_is_damaged(options.directory, env));
      if (is_tail) {
        // What the power failed in the middle of. Whether the log still reaches as far as it must
        // is for the witness to say.
        spdlog::warn(
            "the last write of the log was cut off before it was acknowledged; it is "
            "dropped ({})",
            status.ToString());
        database.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
        status = rocksdb::DB::Open(database, path, families, &handles_, &opened);
      }
    }
  }
  db_.reset(opened);
  if (opened != nullptr && handles_.size() < column_families().size()) {
    // Older stores lack the newest tables, which are the first of all.
    handles_.insert(handles_.begin() + kFirstTable, column_families().size() - handles_.size(),
                    nullptr);
  }
  if (is_lock_conflict(status)) {
    return fail(Code::kConflict,
                "the store is in use" + lock_holder(options.directory) + ": " + path);
  }
  if (!status.ok()) {
    return std::unexpected(to_error(status, "opening " + path));
  }
  return {};
}

Status RocksDb::check_meta(const RocksLogOptions& options) {
  rocksdb::ColumnFamilyHandle* const meta = table(Table::kMeta);
  RL_TRY_ASSIGN(const auto program, get(meta, "program", nullptr));
  if (!program) {
    return write_meta(options);
  }
  if (*program != kProgram) {
    return fail(Code::kInvalidArgument,
                "belongs to another program: " + options.directory.string());
  }
  RL_TRY_ASSIGN(const auto format, get(meta, "format", nullptr));
  RL_TRY(check_format(format.value_or("")));
  RL_TRY_ASSIGN(const auto id, get(meta, "store_id", nullptr));
  const auto parsed = StoreId::parse(id.value_or(""));
  if (!parsed) {
    return fail(Code::kCorruption, "the store has no id");
  }
  store_id_ = *parsed;
  return {};
}

Status RocksDb::write_meta(const RocksLogOptions& options) {
  if (options.mode != OpenMode::kCreateIfMissing) {
    return fail(Code::kNotFound, "no store in " + options.directory.string());
  }
  const auto it = new_iterator(*db_, events());
  it->SeekToFirst();
  if (it->Valid() || !it->status().ok()) {
    return fail(Code::kCorruption, "the store has events and does not say what it is");
  }
  const auto id = StoreId::parse(db_->GetEnv()->GenerateUniqueId());
  RL_ASSERT(id.has_value());
  store_id_ = *id;
  rocksdb::ColumnFamilyHandle* const meta = table(Table::kMeta);
  const std::pair<const char*, std::string> rows[] = {{"program", kProgram},
                                                      {"format", std::to_string(kFormat)},
                                                      {"store_id", to_string(store_id_)},
                                                      {"created_build", options.build}};
  rocksdb::WriteBatch batch;
  rocksdb::Status status;
  for (const auto& [key, value] : rows) {
    if (status.ok()) {
      status = batch.Put(meta, key, value);
    }
  }
  rocksdb::WriteOptions write;
  write.sync = true;
  if (status.ok()) {
    status = db_->Write(write, &batch);
  }
  if (!status.ok()) {
    return std::unexpected(to_error(status, "creating the store"));
  }
  return {};
}

Result<std::optional<std::string>> RocksDb::get(rocksdb::ColumnFamilyHandle* family,
                                                std::string_view key,
                                                const rocksdb::Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  if (family == nullptr) {
    return std::nullopt;
  }
  options.snapshot = snapshot;
  std::string value;
  const rocksdb::Status status = db_->Get(options, family, to_slice(key), &value);
  if (status.IsNotFound()) {
    return std::nullopt;
  }
  if (!status.ok()) {
    return std::unexpected(to_error(status, "reading table " + family->GetName()));
  }
  return value;
}

View CurrentView::get() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

void CurrentView::publish(rocksdb::DB& db, Sequence committed, Sequence pruned) {
  View view{.snapshot = std::shared_ptr<const rocksdb::Snapshot>(
                db.GetSnapshot(),
                [&db](const rocksdb::Snapshot* snapshot) { db.ReleaseSnapshot(snapshot); }),
            .committed = committed,
            .pruned = pruned};
  const std::lock_guard lock(mutex_);
  std::swap(view_, view);
}

Result<std::optional<std::string>> RocksTables::get(Table table, std::string_view key) const {
  const View view = view_.get();
  return db_.get(db_.table(table), key, view.snapshot.get());
}

Status RocksTables::scan(Table table,
                         std::string_view begin,
                         std::string_view end,
                         ScanOrder order,
                         const RowVisitor& visit) const {
  if ((!end.empty() && end <= begin) || db_.table(table) == nullptr) {
    return {};
  }
  const View view = view_.get();
  const rocksdb::Slice lower = to_slice(begin);
  const rocksdb::Slice upper = to_slice(end);
  rocksdb::ReadOptions options;
  options.snapshot = view.snapshot.get();
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = end.empty() ? nullptr : &upper;
  const auto it = new_iterator(db_.db(), db_.table(table), options);
  const bool ascending = order == ScanOrder::kAscending;
  if (ascending) {
    it->SeekToFirst();
  } else {
    it->SeekToLast();
  }
  while (it->Valid() && visit(it->key().ToStringView(), it->value().ToStringView())) {
    if (ascending) {
      it->Next();
    } else {
      it->Prev();
    }
  }
  if (!it->status().ok()) {
    return std::unexpected(
        to_error(it->status(), "reading table " + std::string(to_string(table))));
  }
  return {};
}

Result<EventBytes> open_record(Sequence sequence, const rocksdb::Slice& record) {
  auto bytes = read_record(record.ToStringView());
  if (!bytes) {
    return fail(bytes.error().code,
                "event " + std::to_string(raw(sequence)) + ": " + bytes.error().message);
  }
  return bytes;
}

Error missing_event(Sequence sequence) {
  return {Code::kCorruption, "event " + std::to_string(raw(sequence)) + " is missing"};
}

Error pruned_event(Sequence pruned) {
  return {Code::kNotFound, "events up to " + std::to_string(raw(pruned)) + " have been pruned"};
}

}  // namespace runledger::store
