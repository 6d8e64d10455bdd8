#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace runledger {

/// One code for each distinct reaction of a caller, not for each cause.
enum class Code : std::uint8_t {
  kInvalidArgument,   ///< The caller must change the request.
  kNotFound,          ///< The thing named does not exist.
  kConflict,          ///< Legal, but not in the present state (a run is already running).
  kDeadlineExceeded,  ///< A time limit passed first.
  kCancelled,         ///< Somebody asked for the work to stop.
  kUnavailable,       ///< Try again later: starting, draining or poisoned.
  kExhausted,         ///< A limit was reached (queue, size, disk).
  kUnsupported,       ///< Written by a newer or another program.
  kCorruption,        ///< Stored bytes are not what was written: stop and call a person.
  kIo,                ///< The operating system refused.
  kUnknownOutcome,    ///< May or may not be durable; ask again after a restart.
  kDenied,            ///< Known, but not allowed.
  kInternal,          ///< A fault of this program.
};

/// Stable lower-case name of `code`, as shown in logs and problem bodies ("invalid_argument").
[[nodiscard]] std::string_view to_string(Code code) noexcept;

/// An operating error as a value. Text first, values last; added to by the level that knows more.
struct [[nodiscard]] Error {
  Code code = Code::kInternal;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

/// Shorthand for `std::unexpected(Error{...})`.
[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace runledger

#define RL_CONCAT_INNER(a, b) a##b
#define RL_CONCAT(a, b) RL_CONCAT_INNER(a, b)

/// Evaluates a Status or Result and returns its error from the enclosing function.
#define RL_TRY(expression)                                                      \
  do {                                                                          \
    if (auto rl_status = (expression); !rl_status) {                            \
      return std::unexpected<::runledger::Error>(std::move(rl_status).error()); \
    }                                                                           \
  } while (false)

/// `RL_TRY_ASSIGN(auto x, f());` binds the value of a Result or returns its error.
#define RL_TRY_ASSIGN(target, expression) \
  RL_TRY_ASSIGN_INNER(RL_CONCAT(rl_result_, __COUNTER__), target, expression)
#define RL_TRY_ASSIGN_INNER(result, target, expression)                    \
  auto result = (expression);                                              \
  if (!result) {                                                           \
    return std::unexpected<::runledger::Error>(std::move(result).error()); \
  }                                                                        \
  target = std::move(result).value()
