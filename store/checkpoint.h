#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/error.h"
#include "schema/ids.h"
#include "store/projection.h"

namespace runledger::store {

/// A checkpoint is a cache of a projection's state in memory at one sequence. Its frame says whose
/// it is and carries a CRC; what does not match is dropped and the projection is rebuilt.
///
///     "RLCP"  frame:u32  name:u32+bytes  version:u32  sequence:u64  store:16  size:u64  crc32:u32
///     state
///
/// Numbers are big-endian; the CRC covers everything before it and the state.
[[nodiscard]] std::string encode_checkpoint(const Projection& projection,
                                            Sequence sequence,
                                            const StoreId& store);

/// Loads `frame` into `projection` and returns the sequence at which the state was saved.
/// Errors: kCorruption (damaged), kUnsupported (another version, projection or store); the
/// projection is then reset.
[[nodiscard]] Result<Sequence> load_checkpoint(std::string_view frame,
                                               const StoreId& store,
                                               Projection& projection);

/// The sequence that a checkpoint's frame names; nullopt if it is no checkpoint. The state is not
/// looked at.
[[nodiscard]] std::optional<Sequence> checkpoint_sequence(std::string_view frame);

}  // namespace runledger::store
