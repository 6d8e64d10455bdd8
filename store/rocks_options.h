#pragma once

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

inline constexpr char kEventsFamily[] = "events";
inline constexpr char kResultsFamily[] = "results";
inline constexpr char kInputsFamily[] = "inputs";

}  // namespace runledger::store
