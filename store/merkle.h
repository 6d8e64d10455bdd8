#pragma once

#include <cstdint>
#include <vector>

#include "schema/ids.h"

namespace runledger::store {

/// Root of a Merkle tree over hashes that come one by one, in the shape of RFC 6962 (Laurie,
/// Langley, Kasper, 2013, section 2.1): leaf = SHA-256(0x00 hash), node = SHA-256(0x01 left right),
/// the left side of a node as large a power of two as possible. Keeps one hash a level.
class MerkleTree {
 public:
  void add(const Digest& hash);
  /// Root over what was added; the zero digest of none. Cost: one hash a level.
  [[nodiscard]] Digest root() const;
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  void clear();

  friend bool operator==(const MerkleTree&, const MerkleTree&) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(size_, peaks_);
  }

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_;  ///< Roots of perfect subtrees, the largest first: the bits of size_.
};

}  // namespace runledger::store
