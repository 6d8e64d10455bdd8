#include "http/users.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "schema/invariant.h"
#include "schema/time.h"
#include "store/tables.h"

namespace runledger::http {
namespace {

struct StoredUser {
  User user;
  std::string hash;
};

std::string to_row(const StoredUser& stored) {
  return nlohmann::json{{"role", to_string(stored.user.role)},
                        {"created_at", format_time(stored.user.created_at)},
                        {"hash", stored.hash}}
      .dump();
}

Result<StoredUser> from_row(std::string_view email, std::string_view row) {
  const auto json = nlohmann::json::parse(row, nullptr, false);
  if (json.is_object()) {
    const auto role = parse_role(json.value("role", ""));
    const auto created_at = parse_time(json.value("created_at", ""));
    auto hash = json.value("hash", "");
    if (role && created_at && !hash.empty()) {
      return StoredUser{{std::string(email), *role, *created_at}, std::move(hash)};
    }
  }
  return fail(Code::kCorruption, "the row of user " + std::string(email) + " cannot be read");
}

Result<std::string> hash_password(const std::string& password) {
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(),
                            crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(Code::kExhausted, "not enough memory to hash a password");
  }
  return std::string(hash.data());
}

bool is_email(std::string_view text) noexcept {
  const auto at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && text.size() <= 254 &&
         text.find('@', at + 1) == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace

Result<std::vector<User>> Users::list() const {
  std::vector<User> users;
  Status row_status;
  RL_TRY(service_->log().tables().scan(store::Table::kUsers, "", "", store::ScanOrder::kAscending,
                                       [&](std::string_view key, std::string_view value) {
                                         auto stored = from_row(key, value);
                                         if (!stored) {
                                           row_status = std::unexpected(stored.error());
                                           return false;
                                         }
                                         users.push_back(std::move(stored->user));
                                         return true;
                                       }));
  RL_TRY(row_status);
  return users;
}

Result<std::optional<User>> Users::find(std::string_view email) const {
  const auto key = to_lower(email);
  RL_TRY_ASSIGN(const auto row, service_->log().tables().get(store::Table::kUsers, key));
  if (!row) {
    return std::nullopt;
  }
  RL_TRY_ASSIGN(auto stored, from_row(key, *row));
  return std::move(stored.user);
}

Result<bool> Users::put(const NewUser& user, const Actor& actor) {
  const auto email = to_lower(user.email);
  if (!is_email(email)) {
    return fail(Code::kInvalidArgument, "this is not an e-mail address: " + user.email);
  }
  if (user.password.size() < kPasswordBytesMin || user.password.size() > kPasswordBytesMax) {
    return fail(Code::kInvalidArgument, "a password needs 8 to 1024 bytes");
  }
  RL_TRY_ASSIGN(const auto before, find(email));
  RL_TRY_ASSIGN(auto hash, hash_password(user.password));
  const User created{email, user.role, before ? before->created_at : service_->clock().wall_now()};
  store::TableBatch rows;
  rows.put(store::Table::kUsers, email, to_row({created, std::move(hash)}));
  const std::string what = "user " + email + (before ? " changed, role " : " added with role ") +
                           std::string(to_string(user.role));
  RL_TRY(service_->record_access(AccessGranted{actor.email, what, actor.remote}, std::move(rows)));
  return !before.has_value();
}

Status Users::remove(std::string_view email, const Actor& actor) {
  const auto key = to_lower(email);
  RL_TRY_ASSIGN(const auto before, find(key));
  if (!before) {
    return fail(Code::kNotFound, "there is no user " + key);
  }
  store::TableBatch rows;
  rows.erase(store::Table::kUsers, key);
  RL_TRY(service_->record_access(
      AccessGranted{actor.email, "user " + key + " removed", actor.remote}, std::move(rows)));
  return {};
}

Result<std::optional<User>> Users::verify(std::string_view email,
                                          const std::string& password) const {
  const auto key = to_lower(email);
  RL_TRY_ASSIGN(const auto row, service_->log().tables().get(store::Table::kUsers, key));
  StoredUser stored{{}, decoy_hash()};
  if (row) {
    RL_TRY_ASSIGN(stored, from_row(key, *row));
  }
  const bool right =
      password.size() <= kPasswordBytesMax &&
      crypto_pwhash_str_verify(stored.hash.c_str(), password.data(), password.size()) == 0;
  if (!row || !right) {
    return std::nullopt;
  }
  return std::move(stored.user);
}

const std::string& Users::decoy_hash() const {
  std::call_once(decoy_made_, [this] {
    std::array<char, 32> secret{};
    randombytes_buf(secret.data(), secret.size());
    decoy_ = hash_password(std::string(secret.begin(), secret.end())).value_or("$argon2id$");
  });
  return decoy_;
}

}  // namespace runledger::http
