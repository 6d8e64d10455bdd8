#include "http/api.h"

#include <algorithm>
#include <exception>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "http/handlers/handlers.h"
#include "schema/invariant.h"

namespace runledger::http {

struct Api::Admitted {
  Router::Match match;
  Arguments arguments;
  Principal principal;
};

namespace {

bool has_content_type(const Request& request, BodyKind body) {
  const auto* header = request.header("Content-Type");
  if (header == nullptr) {
    return false;
  }
  auto media = std::string_view(*header).substr(0, header->find(';'));
  while (media.ends_with(' ')) {
    media.remove_suffix(1);
  }
  return equals_ignoring_case(media, body == BodyKind::kJson ? "application/json" : "text/csv");
}

std::expected<void, Problem> check_body(const Route& route,
                                        const Request& head,
                                        std::optional<std::uint64_t> bytes) {
  if (route.body == BodyKind::kNone || head.trusted) {
    // A body that nobody asked for is tolerated while it is small: clients send {} by habit.
    if (!head.trusted && bytes.value_or(0) > kJsonBytesMax) {
      return refuse(413, "body_too_large", "this call takes no body");
    }
    return {};
  }
  if (!has_content_type(head, route.body)) {
    const std::string_view wanted = route.body == BodyKind::kJson ? "application/json" : "text/csv";
    Problem problem(415, "unsupported_media_type",
                    fmt::format("this call takes Content-Type: {}", wanted));
    problem.headers.push_back({"Accept-Post", std::string(wanted)});
    return std::unexpected(std::move(problem));
  }
  if (bytes.value_or(0) > route.body_bytes_max) {
    return refuse(
        413, "body_too_large",
        fmt::format("the body has {} bytes, at most {} are taken", *bytes, route.body_bytes_max));
  }
  return {};
}

void add_security_headers(Response& response) {
  const auto is_cache_control = [](const Header& header) { return header.name == "Cache-Control"; };
  if (std::ranges::none_of(response.headers, is_cache_control)) {
    response.headers.push_back({"Cache-Control", "no-store"});
  }
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
}

}  // namespace

Api::Api(engine::Service& service) : service_(&service), access_(service) {
  const ApiContext context{service, access_, metrics_, router_, sessions_};
  add_auth_routes(router_, context);
  add_run_routes(router_, context);
  add_run_picture_routes(router_, context);
  add_history_routes(router_, context);
  add_job_routes(router_, context);
  add_job_statistics_routes(router_, context);
  add_data_quality_routes(router_, context);
  add_event_routes(router_, context);
  add_portfolio_routes(router_, context);
  add_freshness_routes(router_, context);
  add_report_routes(router_, context);
  add_input_routes(router_, context);
  add_operation_routes(router_, context);
  add_server_status_routes(router_, context);
  add_system_routes(router_, context);
  missing_page_ = add_dashboard_routes(router_);
  missing_page_.status = 404;
  for (const auto& route : router_.routes()) {
    metrics_.declare(route.operation);
  }
}

Api::~Api() = default;

std::expected<Api::Admitted, Problem> Api::admit_head(const Request& head,
                                                      std::optional<std::uint64_t> bytes) {
  RL_TRY_PROBLEM(auto target, parse_target(head.target));
  RL_TRY_PROBLEM(auto match, router_.match(head.method, target));
  const Route& route = *match.route;
  Principal principal;
  if (route.access != Access::kPublic) {
    RL_TRY_PROBLEM(principal, access_.authenticate(head));
    if (auto allowed = access_.authorize(principal, route.access, head); !allowed) {
      return std::unexpected(std::move(allowed).error());
    }
  }
  if (auto checked = check_body(route, head, bytes); !checked) {
    return std::unexpected(std::move(checked).error());
  }
  Arguments::Pairs values = match.path;
  if (route.is_page) {
    if (route.parameters.empty()) {
      values.clear();
    }
    target.query.clear();
  }
  for (auto& pair : target.query) {
    if (std::ranges::any_of(match.path, [&](const auto& p) { return p.first == pair.first; })) {
      return refuse(400, "unknown_parameter",
                    fmt::format("'{}' is part of the path, not of the query", pair.first));
    }
    values.push_back(std::move(pair));
  }
  RL_TRY_PROBLEM(auto arguments, Arguments::check(route.parameters, std::move(values)));
  return Admitted{std::move(match), std::move(arguments), std::move(principal)};
}

std::expected<Api::Examined, Problem> Api::examine(const Request& request) {
  RL_TRY_PROBLEM(auto admitted, admit_head(request, 0));
  return Examined{std::move(admitted.arguments), std::move(admitted.principal)};
}

std::expected<std::size_t, Response> Api::admit(const Request& head,
                                                std::optional<std::uint64_t> body_bytes) {
  try {
    auto admitted = admit_head(head, body_bytes);
    if (!admitted) {
      metrics_.requests_unrouted.fetch_add(1, std::memory_order_relaxed);
      auto response = refusal(head, admitted.error());
      add_security_headers(response);
      return std::unexpected(std::move(response));
    }
    const Route& route = *admitted->match.route;
    return route.body == BodyKind::kNone ? kJsonBytesMax : route.body_bytes_max;
  } catch (const std::exception& exception) {
    spdlog::error("a request could not be examined: {}", exception.what());
    return std::unexpected(
        to_response(Problem(500, "internal", "the request could not be examined")));
  }
}

Response Api::refusal(const Request& request, const Problem& problem) const {
  const auto* accept = request.header("Accept");
  const bool is_of_browser =
      request.method == Method::kGet && accept != nullptr && accept->contains("text/html") &&
      !request.target.starts_with("/api/") && !request.target.starts_with("/assets/");
  return is_of_browser && problem.code == "route_not_found" ? missing_page_ : to_response(problem);
}

Outcome Api::answer(const Request& request, std::optional<std::size_t>& operation) {
  if (request.method == Method::kOptions) {
    RL_TRY_PROBLEM(const auto target, parse_target(request.target));
    const auto methods = router_.allowed(target);
    if (methods.empty()) {
      return refuse(404, "route_not_found", "there is nothing at this path; see /openapi.json");
    }
    Response response;
    response.status = 204;
    response.headers.push_back({"Allow", methods});
    return response;
  }
  RL_TRY_PROBLEM(const auto admitted, admit_head(request, request.body.size()));
  operation = admitted.match.index;
  return admitted.match.route->handler({request, admitted.arguments, admitted.principal});
}

Response Api::handle(const Request& request) {
  const auto start = service_->clock().mono_now();
  std::optional<std::size_t> operation;
  Response response;
  try {
    auto outcome = answer(request, operation);
    response = outcome ? std::move(*outcome) : refusal(request, outcome.error());
  } catch (const std::exception& exception) {
    spdlog::error("{} {} failed: {}", to_string(request.method), request.target, exception.what());
    response = to_response(Problem(500, "internal", "an unexpected fault; see the server's log"));
  }
  add_security_headers(response);
  if (operation) {
    metrics_.record(*operation, response.status, service_->clock().mono_now() - start);
  } else {
    metrics_.requests_unrouted.fetch_add(1, std::memory_order_relaxed);
  }
  return response;
}

}  // namespace runledger::http
