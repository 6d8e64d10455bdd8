#pragma once

#include <atomic>
#include <expected>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>

#include "engine/service.h"
#include "http/message.h"
#include "http/problem.h"
#include "http/rate_limit.h"
#include "http/route.h"
#include "http/tokens.h"
#include "http/users.h"

namespace runledger::http {

/// Decides who may do what, and records it: AccessGranted for every login, AccessDenied for
/// refusals, those at most one a second and address so that nobody can flood the log. Thread-safe.
class AccessGate {
 public:
  /// Both must outlive this.
  explicit AccessGate(engine::Service& service);

  /// Loads the signing key; without it only trusted callers of this process are let in.
  [[nodiscard]] Status enable_tokens();

  struct Login {
    std::string token;
    User user;
  };
  /// Problems: 401 `wrong_credentials`; 429 `too_many_attempts`; 503 `login_disabled`.
  [[nodiscard]] std::expected<Login, Problem> login(const std::string& email,
                                                    const std::string& password,
                                                    const std::string& remote);

  /// Who sent the request: its trusted principal, or that of its bearer token.
  /// Problems: 401 `missing_token`, `invalid_token`, `expired_token`, `unknown_user`.
  [[nodiscard]] std::expected<Principal, Problem> authenticate(const Request& request);
  /// The same for a token that came in another way.
  [[nodiscard]] std::expected<Principal, Problem> authenticate_token(std::string_view token,
                                                                     const std::string& remote);
  /// Ok, or 403 `admin_required`.
  [[nodiscard]] std::expected<void, Problem> authorize(const Principal& principal,
                                                       Access access,
                                                       const Request& request);

  [[nodiscard]] Users& users() noexcept { return users_; }
  /// Refusals since the start, recorded or not.
  [[nodiscard]] std::uint64_t denials() const noexcept { return denials_.load(); }

 private:
  void record_denial(const std::string& email, std::string what, const std::string& remote);

  engine::Service* service_;
  Users users_;
  std::optional<Tokens> tokens_;
  RateLimiter failed_logins_;
  RateLimiter recorded_denials_;
  // Each check of a password takes 64 MiB and a core for a while.
  std::counting_semaphore<2> password_checks_{2};
  std::atomic<std::uint64_t> denials_{0};
};

}  // namespace runledger::http
