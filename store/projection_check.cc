#include "store/projection_check.h"

#include <stdlib.h>

#include <string>
#include <system_error>
#include <utility>

#include "store/checkpoint.h"
#include "store/projections.h"
#include "store/quarantine.h"
#include "store/recovery.h"
#include "store/rocks_options.h"
#include "store/row_writer.h"

namespace runledger::store {
namespace {

constexpr std::uint64_t kBatchEvents = 4096;

rocksdb::WriteOptions passing() {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return options;
}

/// How many rows two databases have in `table`, if they have the same.
Result<std::uint64_t> compare_tables(const RocksDb& stored,
                                     const RocksDb& rebuilt,
                                     Table table,
                                     const std::function<void(std::uint64_t)>& tell) {
  if (stored.table(table) == nullptr) {
    return std::uint64_t{0};
  }
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const auto left = new_iterator(stored.db(), stored.table(table), options);
  const auto right = new_iterator(rebuilt.db(), rebuilt.table(table), options);
  std::uint64_t rows = 0;
  left->SeekToFirst();
  right->SeekToFirst();
  while (left->Valid() && right->Valid() && left->key() == right->key() &&
         left->value() == right->value()) {
    if (++rows % kBatchEvents == 0) {
      tell(rows);
    }
    left->Next();
    right->Next();
  }
  for (const auto* it : {left.get(), right.get()}) {
    if (!it->status().ok()) {
      return std::unexpected(to_error(it->status(), "reading the rows of projections"));
    }
  }
  if (left->Valid() || right->Valid()) {
    return fail(Code::kCorruption, "row " + std::to_string(rows + 1) + " of table " +
                                       std::string(to_string(table)) +
                                       " is not what the events give");
  }
  return rows;
}

}  // namespace

/// A projection as the store left it, at its checkpoint, brought up to the head on the way.
struct ProjectionCheck::Kept {
  std::unique_ptr<Projection> projection;
  Sequence at{};
};

ProjectionCheck::ProjectionCheck(const RocksDb& db) : db_(db), fresh_(make_projections()) {}

ProjectionCheck::~ProjectionCheck() {
  rebuilt_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Result<std::unique_ptr<ProjectionCheck>> ProjectionCheck::begin(
    const RocksDb& db, const std::filesystem::path& work_directory) {
  std::unique_ptr<ProjectionCheck> check(new ProjectionCheck(db));
  std::string name = (work_directory / "runledger-verify-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return fail(Code::kIo, "cannot make a directory in " + work_directory.string());
  }
  check->directory_ = name;
  RocksLogOptions options;
  options.directory = check->directory_ / "rebuilt";
  RL_TRY_ASSIGN(check->rebuilt_, RocksDb::open(options, rocksdb::Env::Default()));
  for (const auto& projection : check->fresh_) {
    if (projection->retention() == Retention::kKeeps) {
      RL_TRY(fold_kept_imports(db, *projection, check->rows_));
    }
  }
  for (auto& projection : make_projections()) {
    RL_TRY_ASSIGN(const auto frame,
                  db.get(db.table(Table::kCheckpoints), projection->name(), nullptr));
    if (frame) {
      const auto at = load_checkpoint(*frame, db.store_id(), *projection);
      if (at) {
        check->kept_.push_back({std::move(projection), *at});
      } else if (at.error().code == Code::kCorruption) {
        return fail(Code::kCorruption, "the checkpoint of " + std::string(projection->name()) +
                                           ": " + at.error().message);
      } else {
        check->outdated_.insert(std::string(projection->name()));
      }
    }
  }
  return check;
}

Status ProjectionCheck::add(const Event& event) {
  for (const auto& projection : fresh_) {
    apply_event(*projection, event, rows_);
  }
  TableBatch ignored;
  for (Kept& kept : kept_) {
    if (kept.at < event.sequence) {
      apply_event(*kept.projection, event, ignored);
    }
  }
  if (++events_ % kBatchEvents != 0) {
    return {};
  }
  RowWriter writer(*rebuilt_);
  writer.put(rows_);
  rows_.clear();
  return writer.write(passing());
}

Result<std::uint64_t> ProjectionCheck::finish(const std::function<void(std::uint64_t)>& tell) {
  RowWriter writer(*rebuilt_);
  writer.put(rows_);
  RL_TRY(writer.write(passing()));
  std::uint64_t rows = 0;
  for (const auto& projection : fresh_) {
    if (outdated_.contains(projection->name())) {
      continue;
    }
    for (const Kept& kept : kept_) {
      if (kept.projection->name() == projection->name() &&
          kept.projection->save() != projection->save()) {
        return fail(Code::kCorruption, "the state of " + std::string(projection->name()) +
                                           " is not what the events give");
      }
    }
    for (const Table table : projection->tables()) {
      RL_TRY_ASSIGN(const std::uint64_t equal, compare_tables(db_, *rebuilt_, table, tell));
      rows += equal;
    }
  }
  RL_TRY_ASSIGN(const std::uint64_t equal,
                compare_tables(db_, *rebuilt_, Table::kQuarantine, tell));
  return rows + equal;
}

}  // namespace runledger::store
