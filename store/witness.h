#pragma once

#include <filesystem>
#include <optional>

#include <rocksdb/env.h>

#include "schema/error.h"
#include "schema/ids.h"
#include "store/log_rows.h"

/// A small file beside the database that says how far the log went: some groups behind
/// while the log grows, exact a second after it stopped growing. A database whose newest records
/// were damaged or cut off opens without a word; with the witness that is seen. Internal.
namespace runledger::store {

inline constexpr const char* kWitnessFile = "HEAD.witness";

struct Witness {
  StoreId store;
  LogHead head;
};

/// Replaces the witness in `directory`, synced. Errors: kIo, kExhausted.
[[nodiscard]] Status write_witness(const std::filesystem::path& directory,
                                   const StoreId& store,
                                   const LogHead& head,
                                   rocksdb::Env* env);

/// What was written last, or nullopt if there is none or it is damaged.
[[nodiscard]] std::optional<Witness> read_witness(const std::filesystem::path& directory,
                                                  rocksdb::Env* env);

/// That `head` is at least what the witness says. Errors: kCorruption: what is missing, and what to
/// do about it.
[[nodiscard]] Status check_witness(const LogHead& witness, const LogHead& head);

}  // namespace runledger::store
