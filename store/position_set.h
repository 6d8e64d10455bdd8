#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Sets of rows within a block of the log.
namespace runledger::store {

/// Events of a block: few enough that the block that is still open is quickly read row by row, many
/// enough that an index of blocks is small.
inline constexpr std::uint64_t kBlockEvents = 4096;

/// A set of positions in [0, kBlockEvents).
class PositionSet {
 public:
  void insert(std::uint16_t position) noexcept {
    words_[position / 64] |= std::uint64_t{1} << (position % 64U);
  }
  [[nodiscard]] bool contains(std::uint16_t position) const noexcept {
    return (words_[position / 64] >> (position % 64U) & 1U) != 0;
  }
  /// All positions in [begin, end).
  void insert_range(std::size_t begin, std::size_t end) noexcept {
    while (begin < end) {
      if (begin % 64 == 0 && end - begin >= 64) {
        words_[begin / 64] = ~std::uint64_t{0};
        begin += 64;
      } else {
        insert(static_cast<std::uint16_t>(begin++));
      }
    }
  }
  void clear() noexcept { words_.fill(0); }
  PositionSet& operator&=(const PositionSet& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] &= other.words_[i];
    }
    return *this;
  }
  [[nodiscard]] std::size_t size() const noexcept {
    std::size_t count = 0;
    for (const std::uint64_t word : words_) {
      count += static_cast<std::size_t>(std::popcount(word));
    }
    return count;
  }
  [[nodiscard]] bool empty() const noexcept {
    for (const std::uint64_t word : words_) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }
  /// Its members, greatest first.
  [[nodiscard]] std::vector<std::uint16_t> descending() const;

  /// Adds what encode_positions() wrote; false: `bytes` are no such thing.
  [[nodiscard]] bool insert_encoded(std::string_view bytes) noexcept;

  friend bool operator==(const PositionSet&, const PositionSet&) = default;

 private:
  std::array<std::uint64_t, kBlockEvents / 64> words_{};
};

/// `positions`, ascending and without repeats, as two bytes each or as one bit of each position of
/// a block, whichever is shorter.
[[nodiscard]] std::string encode_positions(const std::vector<std::uint16_t>& positions);
/// How many positions `bytes`, which encode_positions() wrote, have.
[[nodiscard]] std::size_t count_positions(std::string_view bytes) noexcept;

}  // namespace runledger::store
