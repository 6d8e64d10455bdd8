#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/problem.h"

namespace runledger::http {

/// Whether the page that sent a request may use the live feed (RFC 6454). Browsers let any page
/// open a WebSocket to any server and say in `Origin` which page it is; other programs send none
/// and are let in. Allowed is the origin that the request itself was sent to (its `Host`), and
/// those in `allowed`, such as "https://desk.example.com". Letter case and default ports do not
/// matter. Problem 403 `origin_not_allowed`.
[[nodiscard]] std::expected<void, Problem> check_origin(const Request& request,
                                                        const std::vector<std::string>& allowed);

/// True for `scheme://host` or `scheme://host:port` with the scheme http or https.
[[nodiscard]] bool is_origin(std::string_view text);

}  // namespace runledger::http
