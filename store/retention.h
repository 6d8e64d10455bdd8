#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "schema/error.h"
#include "schema/time.h"
#include "store/event_log.h"

/// Retention: which runs have become too old or too large to keep, and how they leave. Whole runs
/// go, oldest first, with their events, rows and the results that only they name; imports, the runs
/// after them and the newest run stay.
namespace runledger::store {

struct RetentionPolicy {
  std::optional<nanoseconds> age_max;      ///< Runs that ended longer ago go.
  std::optional<std::uint64_t> bytes_max;  ///< So many of the oldest go as bring the store below.
  std::optional<std::uint32_t> runs_max;   ///< Only so many of the newest stay; at least one.
};

struct PrunePlan {
  Sequence first{};    ///< Oldest event that goes.
  Sequence through{};  ///< Newest event that goes: the end of a run.
  std::uint32_t runs = 0;
  std::uint64_t results = 0;  ///< That no run which stays names.
  std::string reason;         ///< "age", "size" or "count".
  Prune prune;
};

/// The pruning that `policy` asks for at `now`, or nullopt if everything may stay. Cost: reads the
/// rows of all jobs once.
/// Errors: kCorruption, kIo.
[[nodiscard]] Result<std::optional<PrunePlan>> plan_prune(const EventLog& log,
                                                          const RetentionPolicy& policy,
                                                          UtcTime now);

struct Archive {
  std::string name;  ///< In the directory.
  Digest root;
};
/// Writes the events and results that go into a bundle in `directory`, reads it back and checks it.
/// Errors: kConflict (the file is there already and is another), kExhausted, kIo, kCorruption.
[[nodiscard]] Result<Archive> archive_pruned(const EventLog& log,
                                             const PrunePlan& plan,
                                             const std::filesystem::path& directory);

/// The request that prunes. Without an archive the events are gone for good.
[[nodiscard]] AppendRequest prune_request(const PrunePlan& plan,
                                          const std::optional<Archive>& archive,
                                          UtcTime now);

}  // namespace runledger::store
