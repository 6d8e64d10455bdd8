#pragma once

#include <span>
#include <string_view>
#include <vector>

/// What goes over the live feed, as a table: /asyncapi.json is made of it, and a test compares it
/// with what a server sends. Texts are literals.
namespace runledger::http {

/// A member of a JSON object.
struct MemberSpec {
  std::string_view name;
  /// A JSON Schema type, or one of the shapes that recur: "sequence", "uuid", "time" (RFC 3339),
  /// "date", "hash" (SHA-256 in hexadecimal). "|null" behind it: may be null.
  std::string_view type;
  bool optional = false;  ///< May be absent.
};

struct ObjectSpec {
  std::string_view name;  ///< Value of its member `type`.
  std::string_view about;
  std::vector<MemberSpec> members;  ///< Besides `type`. There are no others.
};

/// Frames that the server sends: `event` with any of event_specs() in it.
[[nodiscard]] std::span<const ObjectSpec> frame_specs();
/// The frame that a client sends.
[[nodiscard]] const ObjectSpec& subscribe_spec();
/// Every kind of event, with the members that all have and those of its own.
[[nodiscard]] std::span<const ObjectSpec> event_specs();

}  // namespace runledger::http
