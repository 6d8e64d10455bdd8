#include "http/feed/admission.h"

#include <exception>

#include "http/origin.h"
#include "http/target.h"

namespace runledger::http {
namespace {

std::optional<std::string> token_of_query(const Target& target) {
  for (const auto& [name, value] : target.query) {
    if (name == "token") {
      return value;
    }
  }
  return std::nullopt;
}

std::string head_of(const Request& request) {
  std::string head =
      "HTTP/1.1 200 OK\r\nServer: runledger\r\nContent-Type: text/event-stream\r\n"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Accel-Buffering: no\r\n"
      "Connection: close\r\n";
  if (const auto* origin = request.header("Origin")) {
    // It was allowed; a page of another origin may read the answer only if it says so.
    head += "Access-Control-Allow-Origin: " + *origin + "\r\nVary: Origin\r\n";
  }
  return head + "\r\n";
}

}  // namespace

std::expected<std::optional<Principal>, Problem> admit_websocket(
    Api& api, const Request& request, const std::vector<std::string>& allowed_origins) {
  try {
    if (auto allowed = check_origin(request, allowed_origins); !allowed) {
      return std::unexpected(std::move(allowed).error());
    }
    RL_TRY_PROBLEM(const auto target, parse_target(request.target));
    if (request.header("Authorization") != nullptr) {
      RL_TRY_PROBLEM(auto principal, api.access().authenticate(request));
      return principal;
    }
    if (const auto token = token_of_query(target)) {
      RL_TRY_PROBLEM(auto principal, api.access().authenticate_token(*token, request.remote));
      return principal;
    }
    return std::nullopt;
  } catch (const std::exception& exception) {
    return refuse(500, "internal", exception.what());
  }
}

std::expected<AdmittedStream, Problem> admit_sse(Api& api,
                                                 Request request,
                                                 const std::vector<std::string>& allowed_origins) {
  try {
    if (auto allowed = check_origin(request, allowed_origins); !allowed) {
      return std::unexpected(std::move(allowed).error());
    }
    // A browser's EventSource cannot set headers.
    if (request.header("Authorization") == nullptr) {
      RL_TRY_PROBLEM(const auto target, parse_target(request.target));
      if (const auto token = token_of_query(target)) {
        request.headers.push_back({"Authorization", "Bearer " + *token});
      }
    }
    RL_TRY_PROBLEM(auto examined, api.examine(request));
    RL_TRY_PROBLEM(auto subscribe,
                   subscribe_of_query(examined.arguments, request, api.service().log().tables()));
    return AdmittedStream{{std::move(examined.principal), std::move(subscribe)}, head_of(request)};
  } catch (const std::exception& exception) {
    return refuse(500, "internal", exception.what());
  }
}

}  // namespace runledger::http
