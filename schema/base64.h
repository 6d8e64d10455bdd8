#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace runledger {

/// Base64 as in RFC 4648 section 4, with padding, in one line.
[[nodiscard]] std::string to_base64(std::string_view bytes);
/// The bytes, or nullopt if `text` is not what to_base64 gives.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace runledger
