#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Requests and answers as plain values: what a handler sees, whoever calls it. No socket, no
/// Beast.
namespace runledger::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };
/// "GET"; "?" for kOther.
[[nodiscard]] std::string_view to_string(Method method) noexcept;
/// kOther for what this program does not know.
[[nodiscard]] Method parse_method(std::string_view name) noexcept;

/// What a user may do: a viewer reads, an admin also changes.
enum class Role : std::uint8_t { kViewer = 1, kAdmin = 2 };
[[nodiscard]] std::string_view to_string(Role role) noexcept;
[[nodiscard]] std::optional<Role> parse_role(std::string_view name) noexcept;

/// Who asks.
struct Principal {
  std::string email;
  Role role = Role::kViewer;
};

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  Method method = Method::kGet;
  std::string target = "/";  ///< Path and query as on the wire, percent-encoded.
  std::vector<Header> headers;
  std::string body;
  std::string remote;  ///< Address of the client without its port; "cli" in process.
  /// Set by callers in the same process only: no token is needed, and limits of size do not apply.
  std::optional<Principal> trusted;

  /// The first header of this name (any letter case), or null.
  [[nodiscard]] const std::string* header(std::string_view name) const noexcept;
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::vector<Header> headers;
  std::string body;
};

/// Reason phrase of a status code (RFC 9110): "Not Found".
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

/// Compares header names and other ASCII tokens without regard to letter case.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;
/// ASCII letters to lower case.
[[nodiscard]] std::string to_lower(std::string_view text);

}  // namespace runledger::http
