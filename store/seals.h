#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"
#include "schema/ids.h"
#include "store/merkle.h"
#include "store/projection.h"
#include "store/tables.h"

/// Projection of segments: the log is sealed in segments, each with a Merkle root over the hashes
/// of its events. A segment ends with the end of a run, or after kSegmentEvents events, so that
/// whole runs can be archived and pruned and what is left stays verifiable.
namespace runledger::store {

inline constexpr std::uint64_t kSegmentEvents = 65536;

/// A run can end with this event: a segment ends with it, and the log may be cut after it.
[[nodiscard]] bool ends_run(const Payload& payload) noexcept;

struct Seal {
  Sequence first{};
  Sequence last{};
  Digest last_hash;  ///< Of event `last` in the chain.
  Digest root;       ///< Merkle root over the hashes of events `first` to `last`.
  friend bool operator==(const Seal&, const Seal&) = default;
};

/// Forms segments from events in order; shared by the projection and by whoever checks it.
class Sealer {
 public:
  /// Takes the next event, whose `previous` is the hash of the event before it, and returns the
  /// seal that this completes: that of the segment which ends before `event`.
  std::optional<Seal> add(const Event& event);

  template <class Archive>
  void serialize(Archive& archive) {
    archive(first_, at_, ends_, tree_);
  }

 private:
  Sequence first_{};   ///< Of the segment; 0: none has come.
  Sequence at_{};      ///< Newest event that has come; its hash comes with the next one.
  bool ends_ = false;  ///< It ends a run.
  MerkleTree tree_;
};

[[nodiscard]] std::unique_ptr<Projection> make_seals();

[[nodiscard]] std::string encode_seal(const Seal& seal);
/// Errors: kCorruption.
[[nodiscard]] Result<Seal> decode_seal(std::string_view bytes);
/// All seals, oldest first. Errors: kCorruption, kIo.
[[nodiscard]] Result<std::vector<Seal>> list_seals(const TableReader& tables);

}  // namespace runledger::store
