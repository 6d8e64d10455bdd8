#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "engine/clock.h"
#include "engine/service.h"
#include "http/message.h"
#include "http/problem.h"
#include "schema/error.h"

namespace runledger::http {

inline constexpr std::chrono::seconds kTokenLifetime = std::chrono::hours{24};

/// Makes and checks bearer tokens: JWT (RFC 7519, 2015), HS256 only, with sub, email, role, iat and
/// exp. Thread-safe.
class Tokens {
 public:
  /// `key` has 32 bytes. `clock` must outlive this.
  Tokens(std::string key, const engine::Clock& clock) : key_(std::move(key)), clock_(&clock) {}

  [[nodiscard]] Result<std::string> issue(const Principal& principal) const;
  /// Problem 401 `invalid_token` (another key or algorithm, damaged) or `expired_token`.
  [[nodiscard]] std::expected<Principal, Problem> verify(std::string_view token) const;

 private:
  std::string key_;
  const engine::Clock* clock_;
};

/// The signing key of the store: a row of kSecrets, made by the first call on a new store.
[[nodiscard]] Result<std::string> load_signing_key(engine::Service& service);

}  // namespace runledger::http
