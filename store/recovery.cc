#include "store/recovery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "schema/failpoint.h"
#include "store/chain_reader.h"
#include "store/checkpoint.h"
#include "store/keys.h"
#include "store/quarantine.h"
#include "store/rocks_options.h"
#include "store/row_writer.h"
#include "store/witness.h"

namespace runledger::store {
namespace {

/// Events whose rows are written together while projections catch up.
constexpr std::size_t kReplayBatch = 4096;

std::string numbered(Sequence sequence, std::string_view what) {
  return "event " + std::to_string(raw(sequence)) + what.data();
}

rocksdb::WriteOptions synced() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

/// A projection and the newest event that it knows.
struct Position {
  Projection* projection = nullptr;
  Sequence at{};
};

/// The checkpoint's sequence; or, after emptying the tables, that of the newest event that was
/// pruned.
Result<Sequence> load_or_reset(const RocksDb& db,
                               const LogHead& head,
                               Sequence pruned,
                               Projection& projection) {
  RL_TRY_ASSIGN(const auto frame,
                db.get(db.table(Table::kCheckpoints), projection.name(), nullptr));
  Result<Sequence> loaded = fail(Code::kNotFound, "no checkpoint");
  if (frame) {
    loaded = load_checkpoint(*frame, db.store_id(), projection);
  }
  if (loaded && *loaded <= head.sequence && *loaded >= pruned) {
    return *loaded;
  }
  projection.reset();
  if (head.sequence != Sequence{}) {
    spdlog::warn("projection {} is rebuilt from events {} to {}: {}", projection.name(),
                 raw(pruned) + 1, raw(head.sequence),
                 loaded ? "its checkpoint is not of this log" : loaded.error().message);
  }
  RowWriter writer(db);
  writer.erase(Table::kCheckpoints, projection.name());
  for (const Table table : projection.tables()) {
    writer.erase_all(table);
  }
  writer.erase_prefix(Table::kQuarantine, quarantine_prefix(projection.name()));
  RL_TRY(writer.write(synced()));
  if (projection.retention() == Retention::kKeeps) {
    TableBatch rows;
    RL_TRY(fold_kept_imports(db, projection, rows));
    writer.put(rows);
    RL_TRY(writer.write(rocksdb::WriteOptions()));
  }
  return pruned;
}

/// Applies the events after `from` to the projections that do not know them yet.
Status replay(const RocksDb& db,
              const LogHead& from,
              const LogHead& head,
              std::vector<Position>& positions) {
  ChainReader events(db, from, head);
  RowWriter writer(db);
  TableBatch rows;
  std::size_t count = 0;
  for (;;) {
    RL_TRY_ASSIGN(const auto event, events.next());
    if (!event) {
      break;
    }
    for (Position& position : positions) {
      if (position.at < event->sequence) {
        apply_event(*position.projection, *event, rows);
        position.at = event->sequence;
      }
    }
    writer.put(rows);
    rows.clear();
    if (++count % kReplayBatch == 0) {
      RL_TRY(writer.write(rocksdb::WriteOptions()));
    }
  }
  return writer.write(rocksdb::WriteOptions());
}

}  // namespace

Status fold_kept_imports(const RocksDb& db, Projection& projection, TableBatch& rows) {
  if (db.table(Table::kBase) == nullptr) {
    return {};
  }
  const auto it = new_iterator(db.db(), db.table(Table::kBase));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    RL_TRY_ASSIGN(const Sequence sequence, parse_event_key(it->key()));
    RL_TRY_ASSIGN(const EventBytes bytes, open_record(sequence, it->value()));
    RL_TRY_ASSIGN(const Event event, decode_event(bytes));
    apply_event(projection, event, rows);
  }
  return it->status().ok() ? Status()
                           : std::unexpected(to_error(it->status(), "reading what was kept"));
}

Result<LogHead> pruned_head(const RocksDb& db) {
  RL_TRY_ASSIGN(const auto row, db.get(db.table(Table::kMeta), kPrunedKey, nullptr));
  return row ? decode_head(*row) : LogHead{};
}

Result<LogHead> check_head(const RocksDb& db) {
  RL_TRY_ASSIGN(const LogHead pruned, pruned_head(db));
  RL_TRY_ASSIGN(const auto row, db.get(db.table(Table::kMeta), kHeadKey, nullptr));
  LogHead head;
  if (row) {
    RL_TRY_ASSIGN(head, decode_head(*row));
  }
  const auto it = new_iterator(db.db(), db.events());
  it->SeekToFirst();
  Sequence first{};
  Sequence last{};
  if (it->Valid()) {
    RL_TRY_ASSIGN(first, parse_event_key(it->key()));
    it->SeekToLast();
  }
  if (it->Valid()) {
    RL_TRY_ASSIGN(last, parse_event_key(it->key()));
  }
  if (!it->status().ok()) {
    return std::unexpected(to_error(it->status(), "reading the ends of the log"));
  }
  if (db.witness()) {
    RL_TRY(check_witness(*db.witness(), head));
  }
  const Sequence begin = next(pruned.sequence);
  if (first > begin || (first == Sequence{} && head.sequence != Sequence{})) {
    return std::unexpected(missing_event(begin));
  }
  if (first != Sequence{} && first < begin) {
    return fail(Code::kCorruption, numbered(first, " has been pruned and is there"));
  }
  if (last < head.sequence) {
    return std::unexpected(missing_event(next(last)));
  }
  if (last > head.sequence) {
    return fail(Code::kCorruption, numbered(next(head.sequence), " is after the end of the log"));
  }
  RL_TRY_ASSIGN(const Digest hash, stored_event_hash(db, last));
  if (hash != head.hash) {
    return fail(Code::kCorruption, numbered(last, " is not the one that was written"));
  }
  return head;
}

Status recover_projections(RocksDb& db, const LogHead& head, Projections& projections) {
  RL_TRY_ASSIGN(const LogHead pruned, pruned_head(db));
  std::vector<Position> positions;
  for (const auto& projection : projections) {
    RL_TRY_ASSIGN(const Sequence at, load_or_reset(db, head, pruned.sequence, *projection));
    positions.push_back({projection.get(), at});
  }
  const auto behind = std::ranges::min_element(positions, {}, &Position::at);
  if (behind == positions.end()) {
    return {};
  }
  const Sequence from = behind->at;
  if (from != head.sequence) {
    LogHead begin = pruned;
    if (from != pruned.sequence) {
      RL_TRY_ASSIGN(begin.hash, stored_event_hash(db, from));
      begin.sequence = from;
    }
    RL_TRY(replay(db, begin, head, positions));
  } else if (head.sequence != Sequence{}) {
    return {};
  }
  RowWriter writer(db);
  for (const auto& projection : projections) {
    writer.put(Table::kCheckpoints, projection->name(),
               encode_checkpoint(*projection, head.sequence, db.store_id()));
  }
  RL_FAILPOINT("recovery.after_replay");
  return writer.write(synced());
}

Status check_projections(const RocksDb& db, Projections& projections) {
  for (const auto& projection : projections) {
    RL_TRY_ASSIGN(const auto frame,
                  db.get(db.table(Table::kCheckpoints), projection->name(), nullptr));
    const auto loaded = frame ? load_checkpoint(*frame, db.store_id(), *projection)
                              : Result<Sequence>(fail(Code::kNotFound, "no checkpoint"));
    if (!loaded) {
      return fail(Code::kUnavailable,
                  "projection " + std::string(projection->name()) +
                      " must be rebuilt by a writer first: " + loaded.error().message);
    }
  }
  return {};
}

}  // namespace runledger::store
