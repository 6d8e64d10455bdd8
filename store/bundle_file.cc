#include <algorithm>
#include <fstream>
#include <utility>

#include "store/bundle.h"
#include "store/keys.h"
#include "store/whole_file.h"

// A bundle file: "RLBN", version:u32, then chunks of {size:u32, pack_blob(parts)}, then size 0.
// A part is {kind:u8, size:u32, fields}. Numbers are big-endian.
namespace runledger::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "RLBN";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20U;
constexpr std::uint32_t kChunkBytesMax = 1U << 30U;

enum class Part : std::uint8_t {
  kHeader = 1,
  kKept = 2,
  kEvent = 3,
  kBlob = 4,
  kCommand = 5,
  kFooter = 6,
};

class FileWriter final : public BundleSink {
 public:
  explicit FileWriter(fs::path path) : file_(std::move(path)) {}

  [[nodiscard]] Status open() {
    RL_TRY(file_.open());
    std::string magic(kMagic);
    put_u32(magic, kVersion);
    return file_.write(magic);
  }

  [[nodiscard]] Status begin(const BundleHeader& header) override {
    std::string fields;
    put_uuid(fields, header.store.uuid);
    fields += encode_head(header.before);
    fields += header.build;
    return part(Part::kHeader, fields);
  }
  [[nodiscard]] Status kept(Sequence sequence, std::string_view record) override {
    return part(Part::kKept, sequence_key(sequence).append(record));
  }
  [[nodiscard]] Status event(Sequence sequence, std::string_view record) override {
    return part(Part::kEvent, sequence_key(sequence).append(record));
  }
  [[nodiscard]] Status blob(BlobKind kind, const Digest& digest, std::string_view bytes) override {
    std::string fields;
    put_u8(fields, static_cast<std::uint8_t>(kind));
    put_digest(fields, digest);
    return part(Part::kBlob, fields.append(bytes));
  }
  [[nodiscard]] Status command(std::string_view key, std::string_view row) override {
    std::string fields;
    put_u32(fields, static_cast<std::uint32_t>(key.size()));
    return part(Part::kCommand, fields.append(key).append(row));
  }
  [[nodiscard]] Status end(const BundleFooter& footer) override {
    std::string fields = encode_head({.sequence = footer.last, .hash = footer.last_hash});
    put_digest(fields, footer.root);
    put_u64(fields, footer.events);
    put_u64(fields, footer.blobs);
    RL_TRY(part(Part::kFooter, fields));
    RL_TRY(flush());
    RL_TRY(file_.write(std::string_view("\0\0\0\0", 4)));
    return file_.finish();
  }

 private:
  [[nodiscard]] Status part(Part kind, std::string_view fields) {
    put_u8(chunk_, static_cast<std::uint8_t>(kind));
    put_u32(chunk_, static_cast<std::uint32_t>(fields.size()));
    chunk_ += fields;
    return chunk_.size() >= kChunkBytes ? flush() : Status();
  }
  [[nodiscard]] Status flush() {
    const std::string packed = pack_blob(chunk_);
    chunk_.clear();
    std::string size;
    put_u32(size, static_cast<std::uint32_t>(packed.size()));
    RL_TRY(file_.write(size));
    return file_.write(packed);
  }

  WholeFile file_;
  std::string chunk_;
};

std::unexpected<Error> damaged(const fs::path& path) {
  return fail(Code::kCorruption, path.string() + " is damaged or cut off");
}

/// Takes the parts of one chunk.
class PartReader {
 public:
  PartReader(const fs::path& path, BundleSink& sink) : path_(path), sink_(sink) {}

  [[nodiscard]] Status read(std::string_view chunk) {
    FieldReader fields(chunk);
    while (fields.ok() && !fields.rest().empty()) {
      const Part kind{fields.u8()};
      const std::string_view part = fields.bytes(fields.u32());
      if (!fields.ok() || footer_.has_value() || (kind == Part::kHeader) == begun_) {
        return damaged(path_);
      }
      begun_ = true;
      RL_TRY(take(kind, part));
    }
    return {};
  }
  [[nodiscard]] const std::optional<BundleFooter>& footer() const noexcept { return footer_; }

 private:
  [[nodiscard]] Status take(Part kind, std::string_view part) {
    FieldReader fields(part);
    switch (kind) {
      case Part::kHeader: {
        BundleHeader header;
        header.store = StoreId{fields.uuid()};
        RL_TRY_ASSIGN(header.before, decode_head(fields.bytes(kHeadBytes)));
        header.build = fields.rest();
        return sink_.begin(header);
      }
      case Part::kKept:
      case Part::kEvent: {
        const Sequence sequence = fields.sequence();
        return kind == Part::kKept ? sink_.kept(sequence, fields.rest())
                                   : sink_.event(sequence, fields.rest());
      }
      case Part::kBlob: {
        const std::uint8_t blob = fields.u8();
        const Digest digest = fields.digest();
        if (!fields.ok() || blob > static_cast<std::uint8_t>(BlobKind::kInput)) {
          return damaged(path_);
        }
        return sink_.blob(BlobKind{blob}, digest, fields.rest());
      }
      case Part::kCommand: {
        const std::string_view key = fields.bytes(fields.u32());
        return fields.ok() ? sink_.command(key, fields.rest()) : Status(damaged(path_));
      }
      case Part::kFooter: {
        BundleFooter footer;
        RL_TRY_ASSIGN(const LogHead last, decode_head(fields.bytes(kHeadBytes)));
        footer.last = last.sequence;
        footer.last_hash = last.hash;
        footer.root = fields.digest();
        footer.events = fields.u64();
        footer.blobs = fields.u64();
        if (!fields.done()) {
          return damaged(path_);
        }
        footer_ = footer;
        return sink_.end(footer);
      }
    }
    return fail(Code::kUnsupported, path_.string() + " has a part that this version does not know");
  }

  static constexpr std::size_t kHeadBytes = 8 + 32;
  const fs::path& path_;
  BundleSink& sink_;
  bool begun_ = false;
  std::optional<BundleFooter> footer_;
};

}  // namespace

Result<std::unique_ptr<BundleSink>> make_bundle_file(const fs::path& path) {
  auto file = std::make_unique<FileWriter>(path);
  RL_TRY(file->open());
  return file;
}

Result<BundleFooter> read_bundle(const fs::path& path, BundleSink* sink) {
  std::ifstream in(path, std::ios::binary);
  if (!in.is_open()) {
    return fail(Code::kNotFound, "cannot open " + path.string());
  }
  in.seekg(0, std::ios::end);
  auto left = static_cast<std::uint64_t>(in.tellg());
  in.seekg(0);
  // What the file cannot hold is not made room for.
  const auto take = [&in, &left](std::uint64_t size) {
    std::string bytes(std::min(size, left), '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    left -= bytes.size();
    return bytes;
  };
  if (take(kMagic.size()) != kMagic) {
    return fail(Code::kInvalidArgument, path.string() + " is not a bundle of events");
  }
  if (const std::string version = take(4); FieldReader(version).u32() != kVersion) {
    return fail(Code::kUnsupported, path.string() + " is of a version that this one cannot read");
  }
  const auto check = make_bundle_check(sink);
  PartReader parts(path, *check);
  for (;;) {
    const std::string field = take(4);
    FieldReader reader(field);
    const std::uint32_t size = reader.u32();
    if (!reader.ok() || size > kChunkBytesMax) {
      return damaged(path);
    }
    if (size == 0) {
      break;
    }
    const std::string packed = take(size);
    const auto chunk =
        packed.size() == size ? unpack_blob(packed) : Result<std::string>(damaged(path));
    if (!chunk) {
      return damaged(path);
    }
    RL_TRY(parts.read(*chunk));
  }
  if (!parts.footer() || in.peek() != std::ifstream::traits_type::eof()) {
    return damaged(path);
  }
  return *parts.footer();
}

}  // namespace runledger::store
