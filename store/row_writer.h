#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <rocksdb/db.h>

#include "schema/error.h"
#include "store/rocks_db.h"
#include "store/rocks_options.h"
#include "store/tables.h"

namespace runledger::store {

/// One batch of rows for the tables of a database. Not thread-safe. Internal.
class RowWriter {
 public:
  explicit RowWriter(const RocksDb& db) : db_(db) {}

  void put(Table table, std::string_view key, std::string_view value) {
    check(batch_.Put(db_.table(table), to_slice(key), to_slice(value)));
  }
  void erase(Table table, std::string_view key) {
    check(batch_.Delete(db_.table(table), to_slice(key)));
  }
  /// Erases every row whose key begins with `prefix`, in several writes if there are many. One by
  /// one: a file of nothing but range tombstones fails an assertion in compactions of RocksDB 7.8.
  void erase_prefix(Table table, const std::string& prefix) {
    const auto it = new_iterator(db_.db(), db_.table(table));
    for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
      check(batch_.Delete(db_.table(table), it->key()));
      if (batch_.GetDataSize() > kEraseBytes && status_.ok()) {
        status_ = db_.db().Write(rocksdb::WriteOptions(), &batch_);
        batch_.Clear();
      }
    }
    check(it->status());
  }
  void erase_all(Table table) { erase_prefix(table, {}); }
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
  static constexpr std::size_t kEraseBytes = std::size_t{4} << 20U;

  void check(const rocksdb::Status& status) {
    if (status_.ok()) {
      status_ = status;
    }
  }

  const RocksDb& db_;
  rocksdb::WriteBatch batch_;
  rocksdb::Status status_;
};

}  // namespace runledger::store
