#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "http/arguments.h"
#include "http/feed/event_filter.h"
#include "http/message.h"
#include "http/problem.h"
#include "store/tables.h"

namespace runledger::http {

/// What a subscriber of the live feed asks for: the one frame of a WebSocket (docs/api.md).
struct Subscribe {
  std::optional<Sequence> after;  ///< Absent: begin with the present state.
  EventFilter filter;
  /// Nothing is left out while the subscriber is behind, not even progress that is outdated.
  bool every_progress = false;
  std::optional<std::string> token;
};

/// A subscriber that was let in.
struct Admission {
  Principal principal;
  Subscribe subscribe;
};

/// Reads the frame; names of portfolios are looked up in `tables`. Problem 422 `invalid_subscribe`:
/// no JSON, no subscribe frame, a member of another type; 404: no such portfolio. Thread-safe.
[[nodiscard]] std::expected<Subscribe, Problem> parse_subscribe(std::string_view text,
                                                                const store::TableReader& tables);

/// The same from the query of Server-Sent Events. A `Last-Event-ID` header, which a browser sends
/// when it connects again, wins over `after_seq`. Problems: 422 `invalid_subscribe` (no sequence in
/// the header), 404.
[[nodiscard]] std::expected<Subscribe, Problem> subscribe_of_query(
    const Arguments& arguments, const Request& request, const store::TableReader& tables);

}  // namespace runledger::http
