#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "schema/error.h"

namespace runledger::http {

/// Why a request was not done, as RFC 9457 shows it: {type, title, status, detail, code, ...}.
struct Problem {
  unsigned status = 500;
  std::string code;    ///< Stable snake_case word for programs.
  std::string detail;  ///< For people: what is wrong and what to do.
  std::vector<Header> headers = {};
  std::string members = {};  ///< Further JSON members, `"errors":[...]`; empty if there are none.

  Problem(unsigned status_code, std::string_view stable_code, std::string text)
      : status(status_code), code(stable_code), detail(std::move(text)) {}
  /// An operating error of a lower layer. Implicit, so that RL_TRY works in handlers.
  Problem(const Error& error);  // NOLINT(google-explicit-constructor): the one mapping of codes
};

/// What a handler gives.
using Outcome = std::expected<Response, Problem>;

/// Status that a code of the lower layers is answered with. This is the only such mapping.
[[nodiscard]] unsigned status_of(Code code) noexcept;

/// Shorthand for `std::unexpected(Problem{...})`.
[[nodiscard]] std::unexpected<Problem> refuse(unsigned status,
                                              std::string_view code,
                                              std::string detail);

/// The answer with the problem as its body (application/problem+json).
[[nodiscard]] Response to_response(const Problem& problem);

}  // namespace runledger::http

/// As RL_TRY_ASSIGN, for values whose error is a Problem.
#define RL_TRY_PROBLEM(target, expression) \
  RL_TRY_PROBLEM_INNER(RL_CONCAT(rl_outcome_, __COUNTER__), target, expression)
#define RL_TRY_PROBLEM_INNER(outcome, target, expression) \
  auto outcome = (expression);                            \
  if (!outcome) {                                         \
    return std::unexpected(std::move(outcome).error());   \
  }                                                       \
  target = std::move(outcome).value()
