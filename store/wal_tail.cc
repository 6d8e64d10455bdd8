#include "store/wal_tail.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <boost/crc.hpp>

#include "store/rocks_db.h"

namespace runledger::store {
namespace {

constexpr std::size_t kBlock = 32768;
constexpr std::size_t kHeader = 7;
constexpr std::uint8_t kWhole = 1;
constexpr std::uint8_t kFirst = 2;
constexpr std::uint32_t kMaskDelta = 0xa282ead8U;

using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

struct WalRecord {
  std::uint8_t type = 0;
  std::size_t size = 0;  ///< With its header.
};

std::optional<WalRecord> record_at(std::string_view bytes, std::size_t at) {
  const auto end = std::min(bytes.size(), (at / kBlock + 1) * kBlock);
  if (at + kHeader > end) {
    return std::nullopt;
  }
  const auto type = static_cast<std::uint8_t>(bytes[at + 6]);
  const auto size = kHeader + (byte_at(bytes, at + 4) | byte_at(bytes, at + 5) << 8U);
  if (type == 0 || at + size > end) {
    return std::nullopt;
  }
  Crc32c crc;
  crc.process_bytes(bytes.data() + at + 6, size - 6);
  const std::uint32_t value = crc.checksum();
  const std::uint32_t masked = ((value >> 15U) | (value << 17U)) + kMaskDelta;
  std::uint32_t stored = 0;
  for (std::size_t i = 4; i > 0; --i) {
    stored = stored << 8U | byte_at(bytes, at + i - 1);
  }
  return masked == stored ? std::optional(WalRecord{type, size}) : std::nullopt;
}

// Where the first record begins that is none; the end if all are.
std::size_t sound_prefix(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (at % kBlock + kHeader > kBlock) {
      at = (at / kBlock + 1) * kBlock;  // Too little room for a record: the writer left it out.
      continue;
    }
    const auto record = record_at(bytes, at);
    if (!record) {
      return at;
    }
    at += record->size;
  }
  return bytes.size();
}

// The size of a damaged record cannot be believed, so one that follows may begin anywhere.
bool has_batch_behind(std::string_view bytes, std::size_t at) {
  for (; at + kHeader <= bytes.size(); ++at) {
    const auto type = static_cast<std::uint8_t>(bytes[at + 6]);
    if ((type == kWhole || type == kFirst) && record_at(bytes, at)) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> log_files(const std::filesystem::path& directory, rocksdb::Env* env) {
  std::vector<std::string> names;
  std::vector<std::string> logs;
  (void)env->GetChildren(directory.string(), &names);
  std::ranges::copy_if(names, std::back_inserter(logs),
                       [](const std::string& name) { return name.ends_with(".log"); });
  // Numbers of six digits at least, zero-filled: longer ones are larger.
  std::ranges::sort(logs, {}, [](const std::string& name) { return std::pair{name.size(), name}; });
  return logs;
}

}  // namespace

WalFile judge_wal(std::string_view bytes) {
  const auto sound = sound_prefix(bytes);
  if (sound >= bytes.size()) {
    return WalFile::kSound;
  }
  return has_batch_behind(bytes, sound + 1) ? WalFile::kMiddleDamaged : WalFile::kTailDamaged;
}

Result<bool> only_the_last_batch_is_damaged(const std::filesystem::path& directory,
                                            rocksdb::Env* env) {
  bool damaged = false;
  for (const auto& name : log_files(directory, env)) {
    std::string bytes;
    const auto read = rocksdb::ReadFileToString(env, (directory / name).string(), &bytes);
    if (!read.ok()) {
      return std::unexpected(to_error(read, "reading " + name));
    }
    const auto verdict = judge_wal(bytes);
    if (verdict == WalFile::kMiddleDamaged || (damaged && has_batch_behind(bytes, 0))) {
      return false;
    }
    damaged = damaged || verdict == WalFile::kTailDamaged;
  }
  return damaged;
}

}  // namespace runledger::store
