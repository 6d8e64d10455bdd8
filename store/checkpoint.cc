#include "store/checkpoint.h"

#include "schema/codec.h"
#include "store/keys.h"

namespace runledger::store {
namespace {

constexpr std::string_view kMagic = "RLCP";
constexpr std::uint32_t kFrameVersion = 1;

std::uint32_t frame_crc(std::string_view header, std::string_view state) {
  std::string covered(header);
  covered += state;
  return crc32(covered);
}

Result<Sequence> load_frame(std::string_view frame, const StoreId& store, Projection& projection) {
  FieldReader fields(frame);
  if (fields.bytes(kMagic.size()) != kMagic) {
    return fail(Code::kCorruption, "no checkpoint");
  }
  if (fields.u32() != kFrameVersion) {
    return fail(Code::kUnsupported, "another form of checkpoint");
  }
  const std::string_view name = fields.bytes(fields.u32());
  const std::uint32_t version = fields.u32();
  const Sequence sequence = fields.sequence();
  const StoreId owner{fields.uuid()};
  const std::uint64_t size = fields.u64();
  const std::string_view header = frame.substr(0, frame.size() - fields.rest().size());
  const std::uint32_t crc = fields.u32();
  const std::string_view state = fields.rest();
  if (!fields.ok() || state.size() != size || frame_crc(header, state) != crc) {
    return fail(Code::kCorruption, "damaged checkpoint");
  }
  if (name != projection.name() || owner != store) {
    return fail(Code::kUnsupported, "checkpoint of something else");
  }
  if (version != projection.version()) {
    return fail(Code::kUnsupported, "checkpoint of version " + std::to_string(version));
  }
  RL_TRY(projection.load(state));
  return sequence;
}

}  // namespace

std::string encode_checkpoint(const Projection& projection,
                              Sequence sequence,
                              const StoreId& store) {
  const std::string state = projection.save();
  std::string frame(kMagic);
  put_u32(frame, kFrameVersion);
  put_u32(frame, static_cast<std::uint32_t>(projection.name().size()));
  frame += projection.name();
  put_u32(frame, projection.version());
  put_sequence(frame, sequence);
  put_uuid(frame, store.uuid);
  put_u64(frame, state.size());
  put_u32(frame, frame_crc(frame, state));
  frame += state;
  return frame;
}

std::optional<Sequence> checkpoint_sequence(std::string_view frame) {
  FieldReader fields(frame);
  const bool known = fields.bytes(kMagic.size()) == kMagic && fields.u32() == kFrameVersion;
  static_cast<void>(fields.bytes(fields.u32()));
  static_cast<void>(fields.u32());
  const Sequence sequence = fields.sequence();
  return known && fields.ok() ? std::optional(sequence) : std::nullopt;
}

Result<Sequence> load_checkpoint(std::string_view frame,
                                 const StoreId& store,
                                 Projection& projection) {
  auto loaded = load_frame(frame, store, projection);
  if (!loaded) {
    projection.reset();
  }
  return loaded;
}

}  // namespace runledger::store
