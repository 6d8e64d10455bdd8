#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "schema/error.h"
#include "schema/ids.h"

namespace runledger::store {

struct VerifyProgress {
  std::string_view stage;  ///< "events", "results", "inputs", "tables".
  std::uint64_t done = 0;
  std::uint64_t total = 0;  ///< 0: not known.
};

struct VerifyOptions {
  /// Also every byte of results, inputs and files, and projections against a rebuild.
  bool deep = false;
  /// Hash of an event that was the newest once: proves that it, and so everything before it, is
  /// still there.
  std::optional<Digest> head;
  /// Where a deep check rebuilds the projections; as large as the tables. Removed afterwards.
  std::filesystem::path work_directory = std::filesystem::temp_directory_path();
  std::function<void(const VerifyProgress&)> progress;  ///< Often; may be empty.
};

struct VerifyReport {
  StoreId store;
  Sequence first{};  ///< Oldest event that is kept; 0: none.
  Sequence last{};   ///< Newest event.
  Digest head_hash;  ///< Its hash: keep it to prove later that nothing was cut off.
  std::uint64_t events = 0;
  std::uint64_t event_bytes = 0;
  std::uint64_t seals = 0;           ///< Segments whose root is that of their events.
  Sequence pruned{};                 ///< Events up to here are in archives.
  std::uint64_t unknown_events = 0;  ///< Of kinds that this version does not know.
  std::uint64_t quarantined = 0;     ///< Events that a projection could not apply.
  std::uint64_t results = 0;         ///< Deep only, as are the following.
  std::uint64_t inputs = 0;
  std::uint64_t blob_bytes = 0;
  std::uint64_t rows = 0;  ///< Of projections, equal to those of a rebuild.
};

/// Checks a store, also beside a server that runs on it or in a backup, without changing it.
///
/// Quick: that the events are 1, 2, 3 ... (or begin after what was pruned), each with its CRC,
/// decodable, chained by SHA-256 to the one before, up to the head that the store names; that every
/// seal is the Merkle root of its events; the index of runs; what was kept at the last pruning.
/// Deep: also results and inputs against their hashes, that every result that an event names is
/// there, rows and states of all projections against a rebuild from the events, and the checksums
/// of all files.
///
/// Errors: kCorruption, which names the first bad sequence or what else is bad; kNotFound (no
/// store), kUnsupported, kIo.
[[nodiscard]] Result<VerifyReport> verify_store(const std::filesystem::path& directory,
                                                const VerifyOptions& options);

class RocksDb;

/// verify_store on a database that is open already. Internal.
[[nodiscard]] Result<VerifyReport> verify_database(const RocksDb& db, const VerifyOptions& options);

}  // namespace runledger::store
