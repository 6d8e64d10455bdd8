#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/problem.h"

namespace runledger::http {

/// A request target taken apart and percent-decoded.
struct Target {
  std::vector<std::string> segments;  ///< "/a/b%20c" -> {"a", "b c"}; "/" -> {}.
  std::vector<std::pair<std::string, std::string>> query;  ///< In order; '+' is a space.
};

/// Problem 400 `malformed_target`: not an origin-form target (RFC 9112), a bad percent-encoding, a
/// control character, or bytes that are not UTF-8.
[[nodiscard]] std::expected<Target, Problem> parse_target(std::string_view target);

/// True if `text` is well-formed UTF-8 (Unicode 15, table 3-7) without NUL.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Percent-encodes everything but unreserved characters (RFC 3986, 2005), for paths and queries.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace runledger::http
