#include <zstd.h>

#include <memory>

#include "schema/codec.h"
#include "schema/invariant.h"

namespace runledger {
namespace {

// Magic, CRC-32 of all that follows, size of the uncompressed bytes; then one zstd frame.
constexpr std::string_view kMagic = "RLB2";
// As version 0.1 wrote it: the CRC was that of the uncompressed bytes. A frame has bits that its
// decoder ignores, so a change of one of them went unseen.
constexpr std::string_view kOldMagic = "RLB1";
constexpr std::size_t kCovered = 4 + 4;  // From here on, by the CRC.
constexpr std::size_t kHeaderBytes = kCovered + 8;
constexpr int kLevel = 1;
constexpr std::uint64_t kBlobBytesMax = 512U << 20U;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

void put(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) {
    out.push_back(static_cast<char>(value >> (8 * i)));
  }
}

std::uint64_t get(std::string_view bytes, std::size_t at, unsigned count) noexcept {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < count; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[at + i])) << (8 * i);
  }
  return value;
}

}  // namespace

std::string pack_blob(std::string_view bytes) {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  std::string out(kMagic);
  put(out, 0, 4);
  put(out, bytes.size(), 8);
  const auto bound = ZSTD_compressBound(bytes.size());
  out.resize(kHeaderBytes + bound);
  const auto size = ZSTD_compressCCtx(context.get(), out.data() + kHeaderBytes, bound, bytes.data(),
                                      bytes.size(), kLevel);
  RL_ASSERT(ZSTD_isError(size) == 0U);
  out.resize(kHeaderBytes + size);
  out.shrink_to_fit();
  std::string crc;
  put(crc, crc32(std::string_view(out).substr(kCovered)), 4);
  out.replace(kMagic.size(), crc.size(), crc);
  return out;
}

Result<std::string> unpack_blob(std::string_view packed) {
  const bool old = packed.starts_with(kOldMagic);
  if (packed.size() < kHeaderBytes || (!old && !packed.starts_with(kMagic))) {
    return fail(Code::kCorruption, "stored bytes have a damaged header");
  }
  if (!old && crc32(packed.substr(kCovered)) != get(packed, 4, 4)) {
    return fail(Code::kCorruption, "stored bytes do not match their checksum");
  }
  const auto size = get(packed, 8, 8);
  if (size > kBlobBytesMax) {
    return fail(Code::kCorruption, "stored bytes claim an impossible size");
  }
  const auto frame = packed.substr(kHeaderBytes);
  // Before memory is taken for it: a damaged size must not cost half a gigabyte.
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != size) {
    return fail(Code::kCorruption, "stored bytes have another size than they claim");
  }
  std::string out(size, '\0');
  const auto written = ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
  if (ZSTD_isError(written) != 0U || written != size) {
    return fail(Code::kCorruption, "stored bytes do not decompress");
  }
  if (old && crc32(out) != get(packed, 4, 4)) {
    return fail(Code::kCorruption, "stored bytes do not match their checksum");
  }
  return out;
}

}  // namespace runledger
