#include "http/access.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace runledger::http {
namespace {

constexpr std::string_view kBearer = "bearer ";

// Releases a slot of a semaphore that was acquired before.
class Slot {
 public:
  explicit Slot(std::counting_semaphore<2>& semaphore) : semaphore_(&semaphore) {}
  ~Slot() { semaphore_->release(); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 private:
  std::counting_semaphore<2>* semaphore_;
};

Problem too_many(std::chrono::nanoseconds wait, std::string detail) {
  Problem problem(429, "too_many_attempts", std::move(detail));
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  problem.headers.push_back({"Retry-After", std::to_string(seconds)});
  return problem;
}

}  // namespace

AccessGate::AccessGate(engine::Service& service)
    : service_(&service),
      users_(service),
      failed_logins_({.events_max = 10, .window = std::chrono::minutes{1}}, service.clock()),
      recorded_denials_({.events_max = 1, .window = std::chrono::seconds{1}}, service.clock()) {}

Status AccessGate::enable_tokens() {
  RL_TRY_ASSIGN(auto key, load_signing_key(*service_));
  tokens_.emplace(std::move(key), service_->clock());
  return {};
}

std::expected<AccessGate::Login, Problem> AccessGate::login(const std::string& email,
                                                            const std::string& password,
                                                            const std::string& remote) {
  if (!tokens_) {
    return refuse(503, "login_disabled", "this process gives no tokens");
  }
  const std::string key = to_lower(email) + "\n" + remote;
  if (const auto wait = failed_logins_.wait_for(key); wait.count() > 0) {
    return std::unexpected(too_many(wait, "too many failed logins; wait before the next one"));
  }
  if (!password_checks_.try_acquire()) {
    return std::unexpected(
        too_many(std::chrono::seconds{1}, "too many logins at once; try again in a second"));
  }
  const Slot slot(password_checks_);
  RL_TRY_ASSIGN(auto user, users_.verify(email, password));
  if (!user) {
    failed_logins_.record(key);
    record_denial(to_lower(email).substr(0, 254), "login: wrong e-mail or password", remote);
    Problem problem(401, "wrong_credentials", "Incorrect email or password");
    problem.headers.push_back({"WWW-Authenticate", "Bearer"});
    return std::unexpected(std::move(problem));
  }
  failed_logins_.forget(key);
  RL_TRY(service_->record_access(AccessGranted{user->email, "login", remote}, {}));
  RL_TRY_ASSIGN(auto token, tokens_->issue({user->email, user->role}));
  return Login{std::move(token), std::move(*user)};
}

std::expected<Principal, Problem> AccessGate::authenticate(const Request& request) {
  if (request.trusted) {
    return *request.trusted;
  }
  const auto* header = request.header("Authorization");
  if (header == nullptr || header->size() <= kBearer.size() ||
      !equals_ignoring_case(std::string_view(*header).substr(0, kBearer.size()), kBearer)) {
    Problem problem(401, "missing_token", "Not authenticated: send Authorization: Bearer <token>");
    problem.headers.push_back({"WWW-Authenticate", "Bearer"});
    return std::unexpected(std::move(problem));
  }
  return authenticate_token(std::string_view(*header).substr(kBearer.size()), request.remote);
}

std::expected<Principal, Problem> AccessGate::authenticate_token(std::string_view token,
                                                                 const std::string& remote) {
  if (!tokens_) {
    return refuse(503, "login_disabled", "this process accepts no tokens");
  }
  auto principal = tokens_->verify(token);
  if (!principal) {
    record_denial("", principal.error().code, remote);
    return principal;
  }
  // The role is the present one, not that of the token, and a user who was removed is out.
  RL_TRY_ASSIGN(const auto user, users_.find(principal->email));
  if (!user) {
    record_denial(principal->email, "token of a removed user", remote);
    Problem problem(401, "unknown_user", "the user of this token was removed");
    problem.headers.push_back({"WWW-Authenticate", "Bearer error=\"invalid_token\""});
    return std::unexpected(std::move(problem));
  }
  return Principal{user->email, user->role};
}

std::expected<void, Problem> AccessGate::authorize(const Principal& principal,
                                                   Access access,
                                                   const Request& request) {
  if (access != Access::kAdmin || principal.role == Role::kAdmin) {
    return {};
  }
  const auto path = request.target.substr(0, std::min(request.target.find('?'), std::size_t{200}));
  record_denial(principal.email,
                fmt::format("{} {}: needs role admin", to_string(request.method), path),
                request.remote);
  return refuse(403, "admin_required", "this call needs the role admin");
}

void AccessGate::record_denial(const std::string& email,
                               std::string what,
                               const std::string& remote) {
  denials_.fetch_add(1, std::memory_order_relaxed);
  if (!recorded_denials_.try_record(remote)) {
    return;
  }
  const auto recorded = service_->record_access(AccessDenied{email, std::move(what), remote}, {});
  if (!recorded) {
    // The refusal stands even if it cannot be recorded.
    spdlog::warn("cannot record a refused access from {}: {}", remote, recorded.error().message);
  }
}

}  // namespace runledger::http
