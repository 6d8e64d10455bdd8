#include "store/position_set.h"

namespace runledger::store {
namespace {

constexpr std::size_t kBitmapBytes = kBlockEvents / 8;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint8_t>(bytes[at]);
}

}  // namespace

std::vector<std::uint16_t> PositionSet::descending() const {
  std::vector<std::uint16_t> positions;
  for (std::size_t i = words_.size(); i-- > 0;) {
    std::uint64_t word = words_[i];
    while (word != 0) {
      const auto bit = 63U - static_cast<unsigned>(std::countl_zero(word));
      positions.push_back(static_cast<std::uint16_t>(i * 64 + bit));
      word &= ~(std::uint64_t{1} << bit);
    }
  }
  return positions;
}

// A bitmap is told from a list by its length: a list of as many bytes is never written.
bool PositionSet::insert_encoded(std::string_view bytes) noexcept {
  if (bytes.size() == kBitmapBytes) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      std::uint64_t word = 0;
      for (unsigned byte = 0; byte < 8; ++byte) {
        word |= std::uint64_t{byte_at(bytes, i * 8 + byte)} << (8U * byte);
      }
      words_[i] |= word;
    }
    return true;
  }
  if (bytes.size() > kBitmapBytes || bytes.size() % 2 != 0) {
    return false;
  }
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto position =
        static_cast<std::uint16_t>(byte_at(bytes, i) << 8U | byte_at(bytes, i + 1));
    if (position >= kBlockEvents) {
      return false;
    }
    insert(position);
  }
  return true;
}

std::string encode_positions(const std::vector<std::uint16_t>& positions) {
  std::string bytes;
  if (2 * positions.size() < kBitmapBytes) {
    bytes.reserve(2 * positions.size());
    for (const std::uint16_t position : positions) {
      bytes.push_back(static_cast<char>(position >> 8U));
      bytes.push_back(static_cast<char>(position & 0xffU));
    }
    return bytes;
  }
  bytes.resize(kBitmapBytes);
  for (const std::uint16_t position : positions) {
    auto& byte = bytes[position / 8];
    byte = static_cast<char>(static_cast<std::uint8_t>(byte) | 1U << (position % 8U));
  }
  return bytes;
}

std::size_t count_positions(std::string_view bytes) noexcept {
  if (bytes.size() != kBitmapBytes) {
    return bytes.size() / 2;
  }
  std::size_t count = 0;
  for (const char byte : bytes) {
    count += static_cast<std::size_t>(std::popcount(static_cast<std::uint8_t>(byte)));
  }
  return count;
}

}  // namespace runledger::store
