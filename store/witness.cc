#include "store/witness.h"

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "schema/codec.h"
#include "store/keys.h"
#include "store/rocks_db.h"

// The file: "RLHW", store:16, sequence:u64, hash:32, crc32:u32 of all before it.
namespace runledger::store {
namespace {

constexpr std::string_view kMagic = "RLHW";

std::string encode(const StoreId& store, const LogHead& head) {
  std::string bytes(kMagic);
  put_uuid(bytes, store.uuid);
  bytes += encode_head(head);
  put_u32(bytes, crc32(bytes));
  return bytes;
}

}  // namespace

Status write_witness(const std::filesystem::path& directory,
                     const StoreId& store,
                     const LogHead& head,
                     rocksdb::Env* env) {
  const std::string path = (directory / kWitnessFile).string();
  const std::string fresh = path + ".dbtmp";
  rocksdb::Status status = rocksdb::WriteStringToFile(env, encode(store, head), fresh, true);
  if (status.ok()) {
    status = env->RenameFile(fresh, path);
  }
  std::unique_ptr<rocksdb::Directory> entry;
  if (status.ok()) {
    status = env->NewDirectory(directory.string(), &entry);
  }
  if (status.ok()) {
    status = entry->Fsync();
  }
  return status.ok() ? Status() : std::unexpected(to_error(status, "writing " + path));
}

std::optional<Witness> read_witness(const std::filesystem::path& directory, rocksdb::Env* env) {
  const std::string path = (directory / kWitnessFile).string();
  std::string bytes;
  if (!env->FileExists(path).ok() || !rocksdb::ReadFileToString(env, path, &bytes).ok()) {
    return std::nullopt;
  }
  FieldReader fields(bytes);
  const bool named = fields.bytes(kMagic.size()) == kMagic;
  Witness witness;
  witness.store = StoreId{fields.uuid()};
  witness.head.sequence = fields.sequence();
  witness.head.hash = fields.digest();
  const std::size_t covered = bytes.size() - fields.rest().size();
  const std::uint32_t crc = fields.u32();
  if (!named || !fields.done() || crc != crc32(std::string_view(bytes).substr(0, covered))) {
    spdlog::warn("{} is damaged and is not used", path);
    return std::nullopt;
  }
  return witness;
}

Status check_witness(const LogHead& witness, const LogHead& head) {
  if (witness.sequence > head.sequence) {
    return fail(Code::kCorruption,
                fmt::format("event {} is missing: the log ends with event {}, and had {} when it "
                            "was last seen. Restore a backup; or, to go on without these events, "
                            "delete {} in the data directory",
                            raw(head.sequence) + 1, raw(head.sequence), raw(witness.sequence),
                            kWitnessFile));
  }
  if (witness.sequence == head.sequence && witness.hash != head.hash) {
    return fail(Code::kCorruption,
                fmt::format("event {} is not the one that was there when the log was last seen",
                            raw(head.sequence)));
  }
  return {};
}

}  // namespace runledger::store
