#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"

namespace runledger::store {

/// The ordered key/value tables beside the events: column families on RocksDB, maps in memory.
/// Keys are compared as bytes; numbers in keys are big-endian.
enum class Table : std::uint8_t {
  kMeta,         ///< Format, store id, created build.
  kCommands,     ///< Command id -> digest and receipt (idempotency).
  kCheckpoints,  ///< Projection name -> checkpoint.
  kRuns,         ///< Run history rows.
  kRunIndex,     ///< Run id -> first and last sequence.
  kJobs,         ///< Job history rows, by sequence of their end.
  kJobIndex,     ///< Index of the job history by blocks of the log.
  kLatest,       ///< (portfolio, as-of date, job type) -> newest result.
  kPortfolios,   ///< Portfolios by id and by name.
  kInputs,       ///< Imported inputs by sequence, and by content.
  kUsers,        ///< Users with their password hashes; not derived from events.
  kSecrets,      ///< Keys of the server; not derived from events.
  kSeals,        ///< Last sequence of a segment -> its seal.
  kQuarantine,   ///< (projection, sequence) -> why the event could not be applied.
  kUnknown,      ///< Payload type that this version does not know -> how many, where.
  kBase,         ///< What projections start from after the events before were pruned.
};
inline constexpr std::size_t kTableCount = 16;

/// Stable name of the table: the column family's.
[[nodiscard]] std::string_view to_string(Table table) noexcept;

/// Puts and erasures that a projection (or a command) adds to the write of its events.
class TableBatch {
 public:
  struct Operation {
    Table table;
    std::string key;
    std::optional<std::string> value;  ///< Absent: erase.
  };

  void put(Table table, std::string key, std::string value) {
    operations_.push_back({table, std::move(key), std::move(value)});
  }
  void erase(Table table, std::string key) {
    operations_.push_back({table, std::move(key), std::nullopt});
  }
  [[nodiscard]] const std::vector<Operation>& operations() const noexcept { return operations_; }
  void clear() noexcept { operations_.clear(); }

 private:
  std::vector<Operation> operations_;
};

enum class ScanOrder : std::uint8_t { kAscending, kDescending };

/// Called for each row of a scan; false stops it. The views are valid during the call only.
using RowVisitor = std::function<bool(std::string_view key, std::string_view value)>;

/// Reads committed rows. Thread-safe; each scan sees one consistent state.
class TableReader {
 public:
  virtual ~TableReader() = default;
  /// The value at `key`, or nullopt. Errors: kIo, kCorruption.
  [[nodiscard]] virtual Result<std::optional<std::string>> get(Table table,
                                                               std::string_view key) const = 0;
  /// Visits rows with begin <= key < end (an empty `end` is the end of the table) in `order`.
  [[nodiscard]] virtual Status scan(Table table,
                                    std::string_view begin,
                                    std::string_view end,
                                    ScanOrder order,
                                    const RowVisitor& visit) const = 0;
};

/// Smallest key greater than every key that starts with `prefix`; empty if there is none.
[[nodiscard]] std::string prefix_end(std::string_view prefix);

}  // namespace runledger::store
