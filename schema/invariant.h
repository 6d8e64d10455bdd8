#pragma once

#include <source_location>

namespace runledger::detail {

/// Prints the broken invariant with its place to stderr and aborts. Never returns.
[[noreturn]] void assertion_failed(
    const char* expression, std::source_location where = std::source_location::current()) noexcept;

}  // namespace runledger::detail

/// Checks an invariant in every build. For what cannot happen; what can happen returns an Error.
#define RL_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::runledger::detail::assertion_failed(#expression))
