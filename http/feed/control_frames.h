#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/service.h"
#include "http/problem.h"
#include "schema/ids.h"

/// The frames of the live feed that are not events (docs/api.md, /asyncapi.json).
namespace runledger::http {

struct ControlFrame {
  std::string_view type;
  std::string text;  ///< The JSON object, on one line.
  /// The sequence in the frame that a client may resume after, if there is one.
  std::optional<Sequence> resume;
};

/// Why the server ends a connection: RFC 6455, 7.4.1 and the IANA registry.
enum class CloseCode : std::uint16_t {
  kGoingAway = 1001,
  kPolicy = 1008,
  kInternal = 1011,
  kRestart = 1012,
  kTryAgainLater = 1013,
};

[[nodiscard]] ControlFrame snapshot_frame(const engine::CurrentRun& current, StoreId store);
[[nodiscard]] ControlFrame caught_up_frame(Sequence sequence);
[[nodiscard]] ControlFrame position_frame(Sequence sequence);
[[nodiscard]] ControlFrame bye_frame(Sequence resume_after);
/// `requested` is beyond the end of this log.
[[nodiscard]] ControlFrame unknown_sequence_frame(Sequence requested, Sequence committed);
/// What follows `requested` was pruned up to `pruned`.
[[nodiscard]] ControlFrame pruned_frame(Sequence requested, Sequence pruned, Sequence committed);
[[nodiscard]] ControlFrame error_frame(const Problem& problem);

}  // namespace runledger::http
