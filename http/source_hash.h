#pragma once

#include <string>
#include <string_view>

namespace runledger::http {

/// The source expression of an inline script or style for a Content-Security-Policy: its SHA-256
/// in Base64, quoted.
[[nodiscard]] std::string source_hash(std::string_view text);

}  // namespace runledger::http
