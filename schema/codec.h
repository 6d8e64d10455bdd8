#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "schema/error.h"
#include "schema/events.h"

/// FlatBuffers bytes <-> values. docs/formats.md draws the record.
namespace runledger {

/// Bytes of one event as stored: owned and aligned to 16, so FlatBuffers may read them in place.
class EventBytes {
 public:
  EventBytes() = default;
  /// Copies `bytes`.
  explicit EventBytes(std::string_view bytes);

  [[nodiscard]] std::string_view view() const noexcept {
    return {reinterpret_cast<const char*>(data_.get()), size_};
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(std::byte* p) const noexcept;
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

/// Encodes events one after another with one reused buffer. Not thread-safe.
class EventEncoder {
 public:
  EventEncoder();
  ~EventEncoder();
  EventEncoder(const EventEncoder&) = delete;
  EventEncoder& operator=(const EventEncoder&) = delete;

  /// The FlatBuffer of `event`; valid until the next call. The same value gives the same bytes.
  /// UnknownPayload cannot be encoded (asserts).
  [[nodiscard]] std::string_view encode(const Event& event);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Verifies and decodes. Errors: kCorruption if the verifier, the file identifier, or a value that
/// the verifier lets through (absent payload, enumerator out of range, bad date) is wrong.
/// A payload type that this version does not know decodes to UnknownPayload.
[[nodiscard]] Result<Event> decode_event(const EventBytes& bytes);

/// Hash of an event in the chain: SHA-256 of its stored FlatBuffer (which holds the previous hash).
[[nodiscard]] Digest event_hash(std::string_view flatbuffer) noexcept;

/// A record is what a log stores for one event: header {magic, version, size, CRC-32} + FlatBuffer.
inline constexpr std::size_t kRecordHeaderBytes = 16;
inline constexpr std::size_t kEventBytesMax = 16U << 20U;  ///< Cap of one event.

/// Appends the record of `flatbuffer` to `out`.
void write_record(std::string_view flatbuffer, std::string& out);
/// Checks header and CRC and copies the FlatBuffer out. Errors: kCorruption, kUnsupported (newer).
[[nodiscard]] Result<EventBytes> read_record(std::string_view record);

/// CRC-32 as in zlib (ISO-HDLC). Thread-safe.
[[nodiscard]] std::uint32_t crc32(std::string_view bytes) noexcept;

/// A stored result or input: a small header with the size and CRC, then the bytes, zstd-compressed.
[[nodiscard]] std::string pack_blob(std::string_view bytes);
/// Errors: kCorruption.
[[nodiscard]] Result<std::string> unpack_blob(std::string_view packed);

}  // namespace runledger
