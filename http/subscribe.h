#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "http/event_frames.h"
#include "http/problem.h"
#include "store/tables.h"

namespace runledger::http {

/// The one frame that a subscriber of the live feed sends (docs/api.md).
struct Subscribe {
  std::optional<Sequence> after;  ///< Absent: begin with the present state.
  EventFilter filter;
  std::optional<std::string> token;
};

/// Reads the frame; names of portfolios are looked up in `tables`. Problem 422 `invalid_subscribe`:
/// no JSON, no subscribe frame, a member of another type; 404: no such portfolio. Thread-safe.
[[nodiscard]] std::expected<Subscribe, Problem> parse_subscribe(std::string_view text,
                                                                const store::TableReader& tables);

}  // namespace runledger::http
