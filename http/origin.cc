#include "http/origin.h"

#include <algorithm>
#include <optional>

namespace runledger::http {
namespace {

struct Origin {
  std::string scheme;
  std::string authority;  // Host, and port if it is not the scheme's own.
  friend bool operator==(const Origin&, const Origin&) = default;
};

// Host and port in one way of writing them.
std::string normal_authority(std::string_view scheme, std::string_view authority) {
  const std::string_view port = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(port)) {
    authority.remove_suffix(port.size());
  }
  return to_lower(authority);
}

std::optional<Origin> parse_origin(std::string_view text) {
  const auto end = text.find("://");
  if (end == std::string_view::npos) {
    return std::nullopt;  // "null": a file, a sandbox.
  }
  const std::string scheme = to_lower(text.substr(0, end));
  const auto authority = text.substr(end + 3);
  if ((scheme != "http" && scheme != "https") || authority.empty() ||
      authority.find_first_of("/?#@ ,") != std::string_view::npos) {
    return std::nullopt;
  }
  return Origin{scheme, normal_authority(scheme, authority)};
}

}  // namespace

bool is_origin(std::string_view text) {
  return parse_origin(text).has_value();
}

std::expected<void, Problem> check_origin(const Request& request,
                                          const std::vector<std::string>& allowed) {
  const auto is_header = [](const Header& header) {
    return equals_ignoring_case(header.name, "Origin");
  };
  const auto count = std::ranges::count_if(request.headers, is_header);
  if (count == 0) {
    return {};
  }
  const auto* text = request.header("Origin");
  const auto origin = count == 1 ? parse_origin(*text) : std::nullopt;
  if (origin) {
    const auto* host = request.header("Host");
    if (host != nullptr && origin->authority == normal_authority(origin->scheme, *host)) {
      return {};
    }
    if (std::ranges::any_of(allowed,
                            [&](const auto& one) { return parse_origin(one) == origin; })) {
      return {};
    }
  }
  return refuse(403, "origin_not_allowed",
                "pages of this origin may not use the live feed; see serve --allow-origin");
}

}  // namespace runledger::http
