#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "http/api.h"
#include "http/feed/subscribe.h"

/// Who may subscribe to the live feed, before anything is sent. These block; no exception leaves
/// them. Problems besides those named: of the token 401, of the page 403 `origin_not_allowed`.
namespace runledger::http {

/// Examines a WebSocket's request. Gives the user, or nullopt if the token is to come in the first
/// frame. Problem 400: a malformed target.
[[nodiscard]] std::expected<std::optional<Principal>, Problem> admit_websocket(
    Api& api, const Request& request, const std::vector<std::string>& allowed_origins);

/// A stream of Server-Sent Events that may begin.
struct AdmittedStream {
  Admission admission;
  std::string head;  ///< Of the answer, as it is sent.
};

/// Examines a request for Server-Sent Events. Problems: those of any call of the route table, and
/// those of subscribe_of_query.
[[nodiscard]] std::expected<AdmittedStream, Problem> admit_sse(
    Api& api, Request request, const std::vector<std::string>& allowed_origins);

}  // namespace runledger::http
