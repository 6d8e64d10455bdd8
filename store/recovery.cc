#include "store/recovery.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "store/checkpoint.h"
#include "store/keys.h"
#include "store/quarantine.h"

namespace runledger::store {
namespace {

/// Events whose rows are written together while projections catch up.
constexpr std::size_t kReplayBatch = 4096;

Result<Sequence> parse_key(const rocksdb::Slice& key) {
  FieldReader fields(key.ToStringView());
  const Sequence sequence = fields.sequence();
  if (!fields.done() || sequence == Sequence{}) {
    return fail(Code::kCorruption, "an event has a key that is no sequence");
  }
  return sequence;
}

std::string numbered(Sequence sequence, std::string_view what) {
  return "event " + std::to_string(raw(sequence)) + what.data();
}

Result<Digest> hash_of(const RocksDb& db, Sequence sequence) {
  if (sequence == Sequence{}) {
    return Digest{};
  }
  RL_TRY_ASSIGN(const auto record, db.get(db.events(), sequence_key(sequence), nullptr));
  if (!record) {
    return std::unexpected(missing_event(sequence));
  }
  RL_TRY_ASSIGN(const EventBytes bytes, open_record(sequence, *record));
  return event_hash(bytes.view());
}

/// One batch of rows, written when it is full.
class RowWriter {
 public:
  explicit RowWriter(const RocksDb& db) : db_(db) {}

  void put(Table table, std::string_view key, std::string_view value) {
    check(batch_.Put(db_.table(table), to_slice(key), to_slice(value)));
  }
  void erase(Table table, std::string_view key) {
    check(batch_.Delete(db_.table(table), to_slice(key)));
  }
  void erase_all(Table table) {
    const std::unique_ptr<rocksdb::Iterator> it(
        db_.db().NewIterator(rocksdb::ReadOptions(), db_.table(table)));
    it->SeekToLast();
    check(it->status());
    if (it->Valid()) {
      const std::string end = it->key().ToString() + '\0';
      check(batch_.DeleteRange(db_.table(table), rocksdb::Slice(), end));
    }
  }
  void put(const TableBatch& rows) {
    for (const auto& row : rows.operations()) {
      if (row.value) {
        put(row.table, row.key, *row.value);
      } else {
        erase(row.table, row.key);
      }
    }
  }
  [[nodiscard]] Status write(const rocksdb::WriteOptions& options) {
    if (status_.ok()) {
      status_ = db_.db().Write(options, &batch_);
    }
    batch_.Clear();
    if (!status_.ok()) {
      return std::unexpected(to_error(status_, "writing rows of projections"));
    }
    return {};
  }

 private:
  void check(const rocksdb::Status& status) {
    if (status_.ok()) {
      status_ = status;
    }
  }

  const RocksDb& db_;
  rocksdb::WriteBatch batch_;
  rocksdb::Status status_;
};

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

/// The checkpoint's sequence, or, after emptying the tables, 0.
Result<Sequence> load_or_reset(const RocksDb& db, const LogHead& head, Projection& projection) {
  RL_TRY_ASSIGN(const auto frame,
                db.get(db.table(Table::kCheckpoints), projection.name(), nullptr));
  Result<Sequence> loaded = fail(Code::kNotFound, "no checkpoint");
  if (frame) {
    loaded = load_checkpoint(*frame, db.store_id(), projection);
  }
  if (loaded && *loaded <= head.sequence) {
    return *loaded;
  }
  projection.reset();
  if (head.sequence != Sequence{}) {
    spdlog::warn("projection {} is rebuilt from the first of {} events: {}", projection.name(),
                 raw(head.sequence),
                 loaded ? "its checkpoint is ahead of the log" : loaded.error().message);
  }
  RowWriter writer(db);
  writer.erase(Table::kCheckpoints, projection.name());
  for (const Table table : projection.tables()) {
    writer.erase_all(table);
  }
  RL_TRY(writer.write(synced()));
  return Sequence{};
}

/// Reads the events after a position, checking that each continues the one before.
class Replay {
 public:
  Replay(const RocksDb& db, const LogHead& head, LogHead from) : db_(db), head_(head), at_(from) {}

  [[nodiscard]] Status run(std::vector<Position>& positions) {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> it(db_.db().NewIterator(options, db_.events()));
    RowWriter writer(db_);
    TableBatch rows;
    std::size_t events = 0;
    for (it->Seek(sequence_key(next(at_.sequence))); at_.sequence < head_.sequence; it->Next()) {
      RL_TRY_ASSIGN(const Event event, take(*it));
      for (Position& position : positions) {
        if (position.at < event.sequence) {
          apply_event(*position.projection, event, rows);
          position.at = event.sequence;
        }
      }
      writer.put(rows);
      rows.clear();
      if (++events % kReplayBatch == 0) {
        RL_TRY(writer.write(rocksdb::WriteOptions()));
      }
    }
    return writer.write(rocksdb::WriteOptions());
  }

 private:
  Result<Event> take(const rocksdb::Iterator& it) {
    const Sequence expected = next(at_.sequence);
    if (!it.Valid()) {
      return std::unexpected(it.status().ok() ? missing_event(expected)
                                              : to_error(it.status(), numbered(expected, "")));
    }
    RL_TRY_ASSIGN(const Sequence found, parse_key(it.key()));
    if (found != expected) {
      return std::unexpected(missing_event(expected));
    }
    RL_TRY_ASSIGN(const EventBytes bytes, open_record(expected, it.value()));
    auto event = decode_event(bytes);
    if (!event) {
      return fail(event.error().code, numbered(expected, ": ") + event.error().message);
    }
    if (event->sequence != expected || event->previous != at_.hash) {
      return fail(Code::kCorruption, numbered(expected, " does not continue the event before it"));
    }
    at_ = {.sequence = expected, .hash = event_hash(bytes.view())};
    return event;
  }

  const RocksDb& db_;
  const LogHead& head_;
  LogHead at_;
};

}  // namespace

Result<LogHead> check_head(const RocksDb& db) {
  RL_TRY_ASSIGN(const auto row, db.get(db.table(Table::kMeta), kHeadKey, nullptr));
  LogHead head;
  if (row) {
    RL_TRY_ASSIGN(head, decode_head(*row));
  }
  const std::unique_ptr<rocksdb::Iterator> it(
      db.db().NewIterator(rocksdb::ReadOptions(), db.events()));
  it->SeekToFirst();
  Sequence first{};
  Sequence last{};
  if (it->Valid()) {
    RL_TRY_ASSIGN(first, parse_key(it->key()));
    it->SeekToLast();
  }
  if (it->Valid()) {
    RL_TRY_ASSIGN(last, parse_key(it->key()));
  }
  if (!it->status().ok()) {
    return std::unexpected(to_error(it->status(), "reading the ends of the log"));
  }
  if (raw(first) > 1 || (first == Sequence{} && head.sequence != Sequence{})) {
    return std::unexpected(missing_event(Sequence{1}));
  }
  if (last < head.sequence) {
    return std::unexpected(missing_event(next(last)));
  }
  if (last > head.sequence) {
    return fail(Code::kCorruption, numbered(next(head.sequence), " is after the end of the log"));
  }
  RL_TRY_ASSIGN(const Digest hash, hash_of(db, last));
  if (hash != head.hash) {
    return fail(Code::kCorruption, numbered(last, " is not the one that was written"));
  }
  return head;
}

Status recover_projections(RocksDb& db, const LogHead& head, Projections& projections) {
  std::vector<Position> positions;
  for (const auto& projection : projections) {
    RL_TRY_ASSIGN(const Sequence at, load_or_reset(db, head, *projection));
    positions.push_back({projection.get(), at});
  }
  const auto behind = std::ranges::min_element(positions, {}, &Position::at);
  if (behind == positions.end()) {
    return {};
  }
  const Sequence from = behind->at;
  if (from != head.sequence) {
    RL_TRY_ASSIGN(const Digest hash, hash_of(db, from));
    RL_TRY(Replay(db, head, {from, hash}).run(positions));
  } else if (head.sequence != Sequence{}) {
    return {};
  }
  RowWriter writer(db);
  for (const auto& projection : projections) {
    writer.put(Table::kCheckpoints, projection->name(),
               encode_checkpoint(*projection, head.sequence, db.store_id()));
  }
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
