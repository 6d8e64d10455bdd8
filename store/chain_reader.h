#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include <rocksdb/db.h>

#include "schema/codec.h"
#include "schema/error.h"
#include "store/log_rows.h"
#include "store/rocks_db.h"

namespace runledger::store {

/// Reads the events of a store in order and checks that each continues the one before it: its
/// sequence, its CRC, its form and its hash. Not thread-safe. Internal.
class ChainReader {
 public:
  /// Begins after `from` and ends with `head`.
  ChainReader(const RocksDb& db, const LogHead& from, const LogHead& head);

  /// The next event, or nullopt after the last. Errors: kCorruption, which names the first event
  /// that is missing or wrong; kIo.
  [[nodiscard]] Result<std::optional<Event>> next();
  /// The newest event that was read, and its hash.
  [[nodiscard]] const LogHead& at() const noexcept { return at_; }
  /// The record of that event; valid until next() is called again.
  [[nodiscard]] std::string_view record() const noexcept;

 private:
  LogHead at_;
  LogHead head_;
  bool begun_ = false;
  std::unique_ptr<rocksdb::Iterator> it_;
};

/// The sequence that is the key of an event. Errors: kCorruption.
[[nodiscard]] Result<Sequence> parse_event_key(const rocksdb::Slice& key);

/// Hash of one event, or the zero digest of event 0. Errors: kCorruption, kIo.
[[nodiscard]] Result<Digest> stored_event_hash(const RocksDb& db, Sequence sequence);

}  // namespace runledger::store
