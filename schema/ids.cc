#include "schema/ids.h"

#include <cstring>

#include <openssl/evp.h>

#include "schema/invariant.h"

namespace runledger {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_hex(std::string& out, std::uint8_t byte) {
  out.push_back(kHex[byte >> 4U]);
  out.push_back(kHex[byte & 0x0FU]);
}

std::optional<std::uint8_t> nibble(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return static_cast<std::uint8_t>(c - '0');
  }
  if (c >= 'a' && c <= 'f') {
    return static_cast<std::uint8_t>(c - 'a' + 10);
  }
  if (c >= 'A' && c <= 'F') {
    return static_cast<std::uint8_t>(c - 'A' + 10);
  }
  return std::nullopt;
}

std::optional<std::uint8_t> hex_byte(std::string_view two) noexcept {
  const auto high = nibble(two[0]);
  const auto low = nibble(two[1]);
  if (!high || !low) {
    return std::nullopt;
  }
  return static_cast<std::uint8_t>((*high << 4U) | *low);
}

EVP_MD_CTX* context_of(void* pointer) noexcept {
  return static_cast<EVP_MD_CTX*>(pointer);
}

}  // namespace

std::string to_string(const Uuid& uuid) {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      text.push_back('-');
    }
    append_hex(text, uuid.bytes[i]);
  }
  return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) noexcept {
  if (text.size() != 36) {
    return std::nullopt;
  }
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      if (text[at] != '-') {
        return std::nullopt;
      }
      ++at;
    }
    const auto byte = hex_byte(text.substr(at, 2));
    if (!byte) {
      return std::nullopt;
    }
    uuid.bytes[i] = *byte;
    at += 2;
  }
  return uuid;
}

Uuid make_uuid_v7(UtcTime now, std::array<std::uint64_t, 2> entropy) noexcept {
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  const auto milliseconds = static_cast<std::uint64_t>(since_epoch < 0 ? 0 : since_epoch);
  Uuid uuid;
  for (std::size_t i = 0; i < 6; ++i) {
    uuid.bytes[i] = static_cast<std::uint8_t>(milliseconds >> (8U * (5U - i)));
  }
  std::memcpy(&uuid.bytes[6], &entropy[0], 2);
  std::memcpy(&uuid.bytes[8], &entropy[1], 8);
  uuid.bytes[6] = static_cast<std::uint8_t>(0x70U | (uuid.bytes[6] & 0x0FU));
  uuid.bytes[8] = static_cast<std::uint8_t>(0x80U | (uuid.bytes[8] & 0x3FU));
  return uuid;
}

JobId make_job_id(const RunId& run, std::uint32_t index) noexcept {
  JobId job{run.uuid};
  const std::uint32_t mark = index + 1;
  for (std::size_t i = 0; i < 4; ++i) {
    job.uuid.bytes[12 + i] ^= static_cast<std::uint8_t>(mark >> (8U * (3U - i)));
  }
  return job;
}

std::optional<std::uint32_t> job_index(const RunId& run, const JobId& job) noexcept {
  if (std::memcmp(run.uuid.bytes.data(), job.uuid.bytes.data(), 12) != 0) {
    return std::nullopt;
  }
  std::uint32_t mark = 0;
  for (std::size_t i = 12; i < 16; ++i) {
    mark = (mark << 8U) | static_cast<std::uint32_t>(run.uuid.bytes[i] ^ job.uuid.bytes[i]);
  }
  if (mark == 0) {
    return std::nullopt;
  }
  return mark - 1;
}

std::string to_string(const Digest& digest) {
  std::string text;
  text.reserve(64);
  for (const auto byte : digest.bytes) {
    append_hex(text, byte);
  }
  return text;
}

std::optional<Digest> parse_digest(std::string_view text) noexcept {
  if (text.size() != 64) {
    return std::nullopt;
  }
  Digest digest;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    const auto byte = hex_byte(text.substr(2 * i, 2));
    if (!byte) {
      return std::nullopt;
    }
    digest.bytes[i] = *byte;
  }
  return digest;
}

Digest sha256(std::string_view bytes) noexcept {
  // A context for each thread: creating one costs more than hashing an event.
  struct Context {
    EVP_MD_CTX* value = EVP_MD_CTX_new();
    ~Context() { EVP_MD_CTX_free(value); }
  };
  thread_local const Context context;
  Digest digest;
  unsigned int size = 0;
  RL_ASSERT(EVP_DigestInit_ex(context.value, EVP_sha256(), nullptr) == 1);
  RL_ASSERT(EVP_DigestUpdate(context.value, bytes.data(), bytes.size()) == 1);
  RL_ASSERT(EVP_DigestFinal_ex(context.value, digest.bytes.data(), &size) == 1);
  RL_ASSERT(size == digest.bytes.size());
  return digest;
}

Hasher::Hasher() : context_(EVP_MD_CTX_new()) {
  RL_ASSERT(context_ != nullptr);
  RL_ASSERT(EVP_DigestInit_ex(context_of(context_), EVP_sha256(), nullptr) == 1);
}

Hasher::~Hasher() {
  EVP_MD_CTX_free(context_of(context_));
}

void Hasher::update(const void* data, std::size_t size) {
  RL_ASSERT(EVP_DigestUpdate(context_of(context_), data, size) == 1);
}

Hasher& Hasher::add(std::string_view text) {
  add(static_cast<std::uint64_t>(text.size()));
  update(text.data(), text.size());
  return *this;
}

Hasher& Hasher::add(std::uint64_t number) {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(number >> (8U * i));
  }
  update(bytes.data(), bytes.size());
  return *this;
}

Hasher& Hasher::add(double number) {
  std::uint64_t bits = 0;
  static_assert(sizeof bits == sizeof number);
  std::memcpy(&bits, &number, sizeof bits);
  return add(bits);
}

Hasher& Hasher::add(std::span<const double> numbers) {
  add(static_cast<std::uint64_t>(numbers.size()));
  update(numbers.data(), numbers.size_bytes());
  return *this;
}

Hasher& Hasher::add(const Digest& digest) {
  update(digest.bytes.data(), digest.bytes.size());
  return *this;
}

Digest Hasher::finish() {
  Digest digest;
  unsigned int size = 0;
  RL_ASSERT(EVP_DigestFinal_ex(context_of(context_), digest.bytes.data(), &size) == 1);
  return digest;
}

}  // namespace runledger

std::size_t std::hash<runledger::Uuid>::operator()(const runledger::Uuid& uuid) const noexcept {
  // The low eight bytes of a UUIDv7 are random; the last four also carry a job's index.
  std::size_t value = 0;
  std::memcpy(&value, &uuid.bytes[8], sizeof value);
  return value;
}

std::size_t std::hash<runledger::Digest>::operator()(
    const runledger::Digest& digest) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, digest.bytes.data(), sizeof value);
  return value;
}
