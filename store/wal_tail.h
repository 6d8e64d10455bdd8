#pragma once

#include <filesystem>
#include <string_view>

#include <rocksdb/env.h>

#include "schema/error.h"

/// Judges a write-ahead log that RocksDB refuses because a checksum does not match. Internal.
///
/// A power failure can leave the last write, which no sync had covered, with wrong bytes instead of
/// cut off. RocksDB then refuses to open, as it would if an acknowledged write had been damaged.
/// What tells them apart: the log is written and synced one batch at a time, so behind a batch that
/// was never synced no other one begins.
namespace runledger::store {

/// True if no batch begins behind the first damaged record of the write-ahead log files in
/// `directory`. False if one does, or if nothing is damaged. Reads all of the files: up to 512 MiB.
/// Errors: kIo.
[[nodiscard]] Result<bool> only_the_last_batch_is_damaged(const std::filesystem::path& directory,
                                                          rocksdb::Env* env);

/// What the bytes of one write-ahead log file tell. The format is that of RocksDB and LevelDB:
/// blocks of 32 KiB of records, none across a block's end:
///
///     crc32c(type, payload), masked:u32  size:u16  type:u8  payload        little-endian
///
/// Types 1 and 2 begin a batch: a whole one, and the first part of one.
enum class WalFile { kSound, kTailDamaged, kMiddleDamaged };
[[nodiscard]] WalFile judge_wal(std::string_view bytes);

}  // namespace runledger::store
