#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/service.h"
#include "http/message.h"
#include "schema/error.h"

namespace runledger::http {

struct User {
  std::string email;  ///< Lower case.
  Role role = Role::kViewer;
  UtcTime created_at{};
};

/// Who changes users, for the audit trail.
struct Actor {
  std::string email;
  std::string remote;
};

/// The accounts of a store: rows of kUsers, each changed together with its AccessGranted event.
/// Passwords are kept as Argon2id hashes (RFC 9106, 2021) by libsodium. Thread-safe.
class Users {
 public:
  static constexpr std::size_t kPasswordBytesMin = 8;
  static constexpr std::size_t kPasswordBytesMax = 1024;

  /// `service` must outlive this.
  explicit Users(engine::Service& service) : service_(&service) {}

  /// By e-mail.
  [[nodiscard]] Result<std::vector<User>> list() const;
  [[nodiscard]] Result<std::optional<User>> find(std::string_view email) const;

  struct NewUser {
    std::string email;
    std::string password;
    Role role = Role::kViewer;
  };
  /// Adds a user or replaces one; true if it is new. Errors: kInvalidArgument (e-mail, password).
  /// Cost: one Argon2id hash, about 0.1 s and 64 MiB.
  [[nodiscard]] Result<bool> put(const NewUser& user, const Actor& actor);
  /// Errors: kNotFound.
  [[nodiscard]] Status remove(std::string_view email, const Actor& actor);

  /// The user if the password is right. Takes as long for an unknown e-mail as for a known one.
  /// Cost: one Argon2id hash.
  [[nodiscard]] Result<std::optional<User>> verify(std::string_view email,
                                                   const std::string& password) const;

 private:
  [[nodiscard]] const std::string& decoy_hash() const;

  engine::Service* service_;
  mutable std::once_flag decoy_made_;
  mutable std::string decoy_;  // Hash that unknown users are compared with.
};

}  // namespace runledger::http
