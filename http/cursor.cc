#include "http/cursor.h"

#include <sodium.h>

#include <array>
#include <cstdint>

#include "schema/codec.h"

namespace runledger::http {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kBodyBytes = 9;
constexpr std::size_t kCursorBytes = kBodyBytes + 4;
constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

void put_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) {
    out.push_back(static_cast<char>(value >> (8U * (i - 1))));
  }
}

std::string make_bytes(Sequence position, std::string_view scope) {
  std::string bytes(1, static_cast<char>(kVersion));
  put_big_endian(bytes, raw(position), 8);
  put_big_endian(bytes, crc32(bytes + std::string(scope)), 4);
  return bytes;
}

}  // namespace

std::string encode_cursor(Sequence position, std::string_view scope) {
  const std::string bytes = make_bytes(position, scope);
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  text.pop_back();  // The terminating zero.
  return text;
}

std::expected<Sequence, Problem> decode_cursor(std::string_view cursor, std::string_view scope) {
  std::array<unsigned char, kCursorBytes> bytes{};
  std::size_t size = 0;
  const char* end = nullptr;
  const int status = sodium_base642bin(bytes.data(), bytes.size(), cursor.data(), cursor.size(),
                                       nullptr, &size, &end, kVariant);
  if (status == 0 && size == kCursorBytes && end == cursor.data() + cursor.size()) {
    std::uint64_t position = 0;
    for (std::size_t i = 1; i < kBodyBytes; ++i) {
      position = (position << 8U) | bytes[i];
    }
    const std::string_view given(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (make_bytes(Sequence{position}, scope) == given) {
      return Sequence{position};
    }
  }
  return refuse(400, "invalid_cursor",
                "the cursor is not one that this list gave with the same parameters");
}

}  // namespace runledger::http
