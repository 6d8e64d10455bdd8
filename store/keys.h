#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/ids.h"
#include "schema/time.h"

/// Bytes of keys and of small fixed values. Numbers are big-endian and signed ones have their sign
/// bit turned, so that the order of the bytes is the order of the numbers.
namespace runledger::store {

void put_u8(std::string& out, std::uint8_t value);
void put_u32(std::string& out, std::uint32_t value);
void put_u64(std::string& out, std::uint64_t value);
void put_i64(std::string& out, std::int64_t value);
void put_sequence(std::string& out, Sequence sequence);
void put_date(std::string& out, Date date);
void put_uuid(std::string& out, const Uuid& uuid);
void put_digest(std::string& out, const Digest& digest);
/// LEB128: 7 bits a byte, low ones first. For values only: its bytes are not ordered.
void put_varint(std::string& out, std::uint64_t value);
/// Length (u32) and bytes, so that no text is the beginning of another.
void put_text(std::string& out, std::string_view text);

/// Key of an event, and of every row that is ordered by sequence alone.
[[nodiscard]] std::string sequence_key(Sequence sequence);

/// Takes fields off the front of some bytes. After a field that is not there, ok() is false and
/// every value is zero: check once, at the end.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] std::uint8_t u8() noexcept;
  [[nodiscard]] std::uint32_t u32() noexcept;
  [[nodiscard]] std::uint64_t u64() noexcept;
  [[nodiscard]] std::int64_t i64() noexcept;
  [[nodiscard]] Sequence sequence() noexcept { return Sequence{u64()}; }
  [[nodiscard]] Date date() noexcept;
  [[nodiscard]] Uuid uuid() noexcept;
  [[nodiscard]] Digest digest() noexcept;
  [[nodiscard]] std::uint64_t varint() noexcept;
  /// As put_text() wrote it; a view of what is read.
  [[nodiscard]] std::string_view text() noexcept { return bytes(u32()); }
  /// `size` bytes, as a view of what is read.
  [[nodiscard]] std::string_view bytes(std::size_t size) noexcept;

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  /// Ok and nothing left.
  [[nodiscard]] bool done() const noexcept { return ok_ && rest_.empty(); }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace runledger::store
