#pragma once

#include <filesystem>
#include <string>

#include <rocksdb/env.h>

#include "schema/error.h"
#include "store/rocks_event_log.h"

/// What lies in a directory before a database is opened in it. Internal.
namespace runledger::store {

/// Refuses a directory that is missing, of another program or of a newer version, before anything
/// in it is changed. Makes the directory if `options.mode` allows it.
/// Errors: kNotFound, kInvalidArgument, kUnsupported, kCorruption, kIo.
[[nodiscard]] Status prepare_directory(const RocksLogOptions& options, rocksdb::Env* env);

/// " by process 1234" if the system can tell who holds the lock of `directory`, else empty.
[[nodiscard]] std::string lock_holder(const std::filesystem::path& directory);

inline constexpr int kFormat = 1;  ///< The newest format that this program reads and writes.
inline constexpr char kProgram[] = "runledger";
/// Reads a format as stored. Errors: kUnsupported if it is newer, kCorruption if it is no number.
[[nodiscard]] Status check_format(const std::string& stored);

}  // namespace runledger::store
