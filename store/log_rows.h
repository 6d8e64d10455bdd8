#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/error.h"
#include "schema/ids.h"
#include "store/event_log.h"
#include "store/tables.h"

/// Rows that the log itself keeps beside the events; docs/formats.md draws them.
namespace runledger::store {

/// kCommands: command id -> what was asked and where its events are.
struct CommandRow {
  Digest content;
  Sequence first{};
  Sequence last{};
};
[[nodiscard]] std::string command_key(const CommandId& id);
[[nodiscard]] std::string encode_command(const CommandRow& row);
/// Errors: kCorruption.
[[nodiscard]] Result<CommandRow> decode_command(std::string_view bytes);

/// The receipt of an earlier append of `key`, if there was one.
/// Errors: kInvalidArgument (used with other content), kCorruption, kIo.
[[nodiscard]] Result<std::optional<AppendReceipt>> find_receipt(const TableReader& tables,
                                                                const CommandKey& key);

/// kRunIndex: run id -> first and last sequence.
[[nodiscard]] std::string run_key(const RunId& run);
[[nodiscard]] std::string encode_range(const EventLog::Range& range);
/// Errors: kCorruption.
[[nodiscard]] Result<EventLog::Range> decode_range(std::string_view bytes);
/// The row of `run`. Errors: kNotFound, kCorruption, kIo.
[[nodiscard]] Result<EventLog::Range> find_range(const TableReader& tables, const RunId& run);

/// Position and hash of the newest event: what the next one continues.
struct LogHead {
  Sequence sequence{};
  Digest hash;
  friend bool operator==(const LogHead&, const LogHead&) = default;
};
inline constexpr std::string_view kHeadKey = "head";  ///< In kMeta, written with every group.
[[nodiscard]] std::string encode_head(const LogHead& head);
/// Errors: kCorruption.
[[nodiscard]] Result<LogHead> decode_head(std::string_view bytes);
/// The head as of the newest group; nullopt before the first. Errors: kCorruption, kIo.
[[nodiscard]] Result<std::optional<LogHead>> read_head(const TableReader& tables);
inline constexpr std::string_view kPrunedKey =
    "pruned";  ///< In kMeta: newest event that was pruned.

/// Digest over the rows of kBase, in order: what LogPruned::base names.
class BaseHasher {
 public:
  void add(std::string_view key, std::string_view record) { hasher_.add(key).add(record); }
  [[nodiscard]] Digest finish() { return hasher_.finish(); }

 private:
  Hasher hasher_;
};

}  // namespace runledger::store
