#include "http/tokens.h"

#include <jwt.h>
#include <sodium.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "store/tables.h"

namespace runledger::http {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kTokenBytesMax = 4096;
constexpr std::string_view kKeyRow = "jwt_hs256";

struct FreeToken {
  void operator()(jwt_t* token) const noexcept { jwt_free(token); }
};
using TokenHandle = std::unique_ptr<jwt_t, FreeToken>;

const unsigned char* key_bytes(const std::string& key) noexcept {
  return reinterpret_cast<const unsigned char*>(key.data());
}

long seconds_of(UtcTime time) noexcept {
  return static_cast<long>(
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

// base64url and dots only: the library reads the token as a C string.
bool is_token_text(std::string_view text) noexcept {
  return text.size() <= kTokenBytesMax && std::ranges::count(text, '.') == 2 &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

Problem unauthorized(std::string_view code, std::string detail) {
  Problem problem(401, code, std::move(detail));
  problem.headers.push_back({"WWW-Authenticate", "Bearer error=\"invalid_token\""});
  return problem;
}

}  // namespace

Result<std::string> Tokens::issue(const Principal& principal) const {
  jwt_t* handle = nullptr;
  if (jwt_new(&handle) != 0) {
    return fail(Code::kInternal, "cannot make a token");
  }
  const TokenHandle token(handle);
  const long now = seconds_of(clock_->wall_now());
  const std::string role(to_string(principal.role));
  if (jwt_add_grant(handle, "sub", principal.email.c_str()) != 0 ||
      jwt_add_grant(handle, "email", principal.email.c_str()) != 0 ||
      jwt_add_grant(handle, "role", role.c_str()) != 0 ||
      jwt_add_grant_int(handle, "iat", now) != 0 ||
      jwt_add_grant_int(handle, "exp", now + static_cast<long>(kTokenLifetime.count())) != 0 ||
      jwt_set_alg(handle, JWT_ALG_HS256, key_bytes(key_), static_cast<int>(key_.size())) != 0) {
    return fail(Code::kInternal, "cannot fill a token");
  }
  const std::unique_ptr<char, void (*)(void*)> text(jwt_encode_str(handle), std::free);
  if (text == nullptr) {
    return fail(Code::kInternal, "cannot sign a token");
  }
  return std::string(text.get());
}

std::expected<Principal, Problem> Tokens::verify(std::string_view text) const {
  const std::string owned(text);
  jwt_t* handle = nullptr;
  if (!is_token_text(text) ||
      jwt_decode(&handle, owned.c_str(), key_bytes(key_), static_cast<int>(key_.size())) != 0) {
    return std::unexpected(unauthorized("invalid_token", "the token is not one of this server"));
  }
  const TokenHandle token(handle);
  // Never believe the algorithm that a token names: only the one that we sign with.
  const char* email = jwt_get_grant(handle, "sub");
  const char* role_name = jwt_get_grant(handle, "role");
  const auto role = role_name != nullptr ? parse_role(role_name) : std::nullopt;
  if (jwt_get_alg(handle) != JWT_ALG_HS256 || email == nullptr || !role) {
    return std::unexpected(unauthorized("invalid_token", "the token is not one of this server"));
  }
  if (jwt_get_grant_int(handle, "exp") <= seconds_of(clock_->wall_now())) {
    return std::unexpected(unauthorized("expired_token", "the token has expired; log in again"));
  }
  return Principal{email, *role};
}

Result<std::string> load_signing_key(engine::Service& service) {
  RL_TRY_ASSIGN(const auto row, service.log().tables().get(store::Table::kSecrets, kKeyRow));
  if (row) {
    if (row->size() != kKeyBytes) {
      return fail(Code::kCorruption, "the signing key of the store has the wrong size");
    }
    return *row;
  }
  std::string key(kKeyBytes, '\0');
  randombytes_buf(key.data(), key.size());
  store::TableBatch rows;
  rows.put(store::Table::kSecrets, std::string(kKeyRow), key);
  RL_TRY(service.record_access(AccessGranted{"", "signing key made", "server"}, std::move(rows)));
  return key;
}

}  // namespace runledger::http
