#include "store/merkle.h"

#include <array>
#include <string>

namespace runledger::store {
namespace {

Digest hash_of(char kind, std::initializer_list<const Digest*> parts) {
  std::string bytes(1, kind);
  for (const Digest* part : parts) {
    bytes.append(reinterpret_cast<const char*>(part->bytes.data()), part->bytes.size());
  }
  return sha256(bytes);
}

}  // namespace

void MerkleTree::add(const Digest& hash) {
  Digest node = hash_of('\x00', {&hash});
  // Every pair of perfect subtrees of the same size becomes one.
  for (std::uint64_t pairs = size_; (pairs & 1U) != 0; pairs >>= 1U) {
    node = hash_of('\x01', {&peaks_.back(), &node});
    peaks_.pop_back();
  }
  peaks_.push_back(node);
  ++size_;
}

Digest MerkleTree::root() const {
  if (peaks_.empty()) {
    return {};
  }
  Digest node = peaks_.back();
  for (auto left = peaks_.rbegin() + 1; left != peaks_.rend(); ++left) {
    node = hash_of('\x01', {&*left, &node});
  }
  return node;
}

void MerkleTree::clear() {
  size_ = 0;
  peaks_.clear();
}

}  // namespace runledger::store
