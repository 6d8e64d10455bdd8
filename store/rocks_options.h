#pragma once

#include <memory>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include "store/rocks_event_log.h"

/// Every option of RocksDB that a promise or a figure of ours rests on, set in one place. Internal.
namespace runledger::store {

[[nodiscard]] rocksdb::DBOptions database_options(OpenMode mode, rocksdb::Env* env);

/// The families in the order in which they are created: `meta` is the last, so where it exists
/// all others do.
[[nodiscard]] std::vector<rocksdb::ColumnFamilyDescriptor> column_families();

/// The way to make an iterator: RocksDB 7.8 forgets an I/O error that meets an iterator at the
/// beginning of a level's next file, and goes on behind that file as if its rows were not there,
/// where it minds deletions of ranges (mended upstream in 2023, #11783 and #11786). Nothing is
/// deleted by range here, so no iterator minds them.
[[nodiscard]] std::unique_ptr<rocksdb::Iterator> new_iterator(rocksdb::DB& db,
                                                              rocksdb::ColumnFamilyHandle* family,
                                                              rocksdb::ReadOptions options = {});

inline constexpr char kEventsFamily[] = "events";
inline constexpr char kResultsFamily[] = "results";
inline constexpr char kInputsFamily[] = "inputs";

}  // namespace runledger::store
