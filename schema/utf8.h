#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace runledger {

/// Bytes of the well-formed UTF-8 character (Unicode 15, table 3-7: no overlong forms, no
/// surrogates) that begins at `at`, which must be within `text`; 0 if there is none.
[[nodiscard]] std::size_t utf8_character(std::string_view text, std::size_t at) noexcept;

/// `text` with U+FFFD in place of every byte that is not part of a well-formed character.
[[nodiscard]] std::string repaired_utf8(std::string_view text);

/// True if every character of `text` is well-formed.
[[nodiscard]] bool is_well_formed_utf8(std::string_view text) noexcept;

}  // namespace runledger
