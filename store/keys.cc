#include "store/keys.h"

#include <algorithm>
#include <concepts>

namespace runledger::store {
namespace {

constexpr std::uint64_t kSign64 = std::uint64_t{1} << 63U;
constexpr std::uint32_t kSign32 = std::uint32_t{1} << 31U;

template <std::unsigned_integral T>
void put_big_endian(std::string& out, T value) {
  char bytes[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes[i] = static_cast<char>((value >> (8 * (sizeof(T) - 1 - i))) & 0xffU);
  }
  out.append(bytes, sizeof(T));
}

template <std::unsigned_integral T>
T get_big_endian(std::string_view bytes) noexcept {
  T value = 0;
  for (const char byte : bytes) {
    value = static_cast<T>((value << 8U) | static_cast<std::uint8_t>(byte));
  }
  return value;
}

}  // namespace

void put_u8(std::string& out, std::uint8_t value) {
  out.push_back(static_cast<char>(value));
}
void put_u32(std::string& out, std::uint32_t value) {
  put_big_endian(out, value);
}
void put_u64(std::string& out, std::uint64_t value) {
  put_big_endian(out, value);
}
void put_i64(std::string& out, std::int64_t value) {
  put_u64(out, static_cast<std::uint64_t>(value) ^ kSign64);
}
void put_sequence(std::string& out, Sequence sequence) {
  put_u64(out, raw(sequence));
}

void put_date(std::string& out, Date date) {
  const auto days = static_cast<std::int32_t>(date.time_since_epoch().count());
  put_u32(out, static_cast<std::uint32_t>(days) ^ kSign32);
}

void put_uuid(std::string& out, const Uuid& uuid) {
  out.append(reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size());
}

void put_digest(std::string& out, const Digest& digest) {
  out.append(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
}

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80U) {
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(value | 0x80U)));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(static_cast<std::uint8_t>(value)));
}

void put_text(std::string& out, std::string_view text) {
  put_u32(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

std::string sequence_key(Sequence sequence) {
  std::string key;
  put_sequence(key, sequence);
  return key;
}

std::string_view FieldReader::bytes(std::size_t size) noexcept {
  if (rest_.size() < size) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::uint8_t FieldReader::u8() noexcept {
  return get_big_endian<std::uint8_t>(bytes(1));
}
std::uint32_t FieldReader::u32() noexcept {
  return get_big_endian<std::uint32_t>(bytes(4));
}
std::uint64_t FieldReader::u64() noexcept {
  return get_big_endian<std::uint64_t>(bytes(8));
}

std::int64_t FieldReader::i64() noexcept {
  const std::uint64_t value = u64();
  return ok_ ? static_cast<std::int64_t>(value ^ kSign64) : 0;
}

Date FieldReader::date() noexcept {
  const std::uint32_t value = u32();
  return ok_ ? Date{std::chrono::days{static_cast<std::int32_t>(value ^ kSign32)}} : Date{};
}

Uuid FieldReader::uuid() noexcept {
  Uuid uuid;
  const std::string_view taken = bytes(uuid.bytes.size());
  std::copy(taken.begin(), taken.end(), uuid.bytes.begin());
  return uuid;
}

Digest FieldReader::digest() noexcept {
  Digest digest;
  const std::string_view taken = bytes(digest.bytes.size());
  std::copy(taken.begin(), taken.end(), digest.bytes.begin());
  return digest;
}

std::uint64_t FieldReader::varint() noexcept {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = u8();
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80U) {
      return value;
    }
  }
  ok_ = false;
  rest_ = {};
  return 0;
}

}  // namespace runledger::store
