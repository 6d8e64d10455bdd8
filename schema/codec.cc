#include "schema/codec.h"

#include <zlib.h>

#include <cstring>
#include <new>

#include "schema/invariant.h"

namespace runledger {
namespace {

constexpr std::size_t kAlignment = 16;
constexpr std::uint32_t kMagic = 0x31524C52;  // "RLR1" in the order of the bytes.
constexpr std::uint32_t kVersion = 1;

void put_u32(std::string& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

std::uint32_t get_u32(std::string_view bytes, std::size_t at) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[at + i])) << (8 * i);
  }
  return value;
}

}  // namespace

EventBytes::EventBytes(std::string_view bytes)
    : data_(static_cast<std::byte*>(
          ::operator new (bytes.empty() ? 1 : bytes.size(), std::align_val_t{kAlignment}))),
      size_(bytes.size()) {
  std::memcpy(data_.get(), bytes.data(), bytes.size());
}

void EventBytes::Free::operator()(std::byte* p) const noexcept {
  ::operator delete (p, std::align_val_t{kAlignment});
}

Digest event_hash(std::string_view flatbuffer) noexcept {
  return sha256(flatbuffer);
}

std::uint32_t crc32(std::string_view bytes) noexcept {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

void write_record(std::string_view flatbuffer, std::string& out) {
  RL_ASSERT(flatbuffer.size() <= kEventBytesMax);
  out.reserve(out.size() + kRecordHeaderBytes + flatbuffer.size());
  put_u32(out, kMagic);
  put_u32(out, kVersion);
  put_u32(out, static_cast<std::uint32_t>(flatbuffer.size()));
  put_u32(out, crc32(flatbuffer));
  out.append(flatbuffer);
}

Result<EventBytes> read_record(std::string_view record) {
  if (record.size() < kRecordHeaderBytes || get_u32(record, 0) != kMagic) {
    return fail(Code::kCorruption, "not an event record: its header is damaged");
  }
  if (const auto version = get_u32(record, 4); version != kVersion) {
    return fail(Code::kUnsupported,
                "event record of format " + std::to_string(version) + "; this program reads 1");
  }
  const auto body = record.substr(kRecordHeaderBytes);
  if (get_u32(record, 8) != body.size()) {
    return fail(Code::kCorruption, "event record is cut off or too long");
  }
  if (get_u32(record, 12) != crc32(body)) {
    return fail(Code::kCorruption, "event record does not match its checksum");
  }
  return EventBytes(body);
}

}  // namespace runledger
