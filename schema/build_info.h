#pragma once

#include <string_view>

namespace runledger {

/// "0.1.0".
[[nodiscard]] std::string_view version() noexcept;

/// Version and compiler of this program: "runledger 0.1.0 (g++ 12.2.0)".
[[nodiscard]] std::string_view build_info() noexcept;

}  // namespace runledger
