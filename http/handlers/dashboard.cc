#include "http/dashboard.h"

#include <algorithm>
#include <memory>

#include "http/handlers/handlers.h"

namespace runledger::http {
namespace {

// Paths that the dashboard's script knows (http/web/src/app/main.tsx): each is the same page.
struct PageRoute {
  std::string_view path;
  std::string_view operation;
};
constexpr PageRoute kPages[] = {
    {"/", "showPage"},
    {"/login", "showLoginPage"},
    {"/runs", "showRunsPage"},
    {"/runs/{run}", "showRunPage"},
    {"/portfolios", "showPortfoliosPage"},
    {"/portfolios/{portfolio}", "showPortfolioPage"},
    {"/jobs", "showJobsPage"},
    {"/events", "showEventsPage"},
    {"/system", "showSystemPage"},
};

Response show_page(const Dashboard& dashboard) {
  Response response;
  response.content_type = "text/html; charset=utf-8";
  response.headers = {{"Content-Security-Policy", dashboard.content_security_policy},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Frame-Options", "DENY"},
                      {"Cache-Control", "no-cache"}};
  response.body = dashboard.page;
  return response;
}

Outcome show_asset(const Dashboard& dashboard, const Call& call) {
  const auto path = "/assets/" + call.arguments.text("asset").value_or("");
  const auto asset = std::ranges::find(dashboard.assets, path, &Asset::path);
  if (asset == dashboard.assets.end()) {
    return refuse(404, "route_not_found", "there is no such file; load the page again");
  }
  const auto* encodings = call.request.header("Accept-Encoding");
  const bool packed = !asset->gzipped.empty() && encodings != nullptr && accepts_gzip(*encodings);
  Response response;
  response.content_type = asset->content_type;
  response.headers = {{"Cache-Control", "public, max-age=31536000, immutable"},
                      {"Vary", "Accept-Encoding"}};
  if (packed) {
    response.headers.push_back({"Content-Encoding", "gzip"});
  }
  response.body = packed ? asset->gzipped : asset->bytes;
  return response;
}

}  // namespace

Response add_dashboard_routes(Router& router) {
  const auto dashboard = std::make_shared<const Dashboard>(make_dashboard());
  for (const auto& [path, operation] : kPages) {
    Route route{
        .path = path,
        .operation = operation,
        .tag = "pages",
        .summary = "The dashboard.",
        .access = Access::kPublic,
        .is_page = true,
        .handler = [dashboard](const Call& /*call*/) -> Outcome { return show_page(*dashboard); }};
    router.add(std::move(route));
  }
  router.add({.path = "/assets/{asset}",
              .operation = "showAsset",
              .tag = "pages",
              .summary = "A file of the dashboard.",
              .access = Access::kPublic,
              .parameters = {{.name = "asset",
                              .type = ParameterType::kText,
                              .description = "Name of the file.",
                              .required = true}},
              .is_page = true,
              .handler = [dashboard](const Call& call) { return show_asset(*dashboard, call); }});
  return show_page(*dashboard);
}

}  // namespace runledger::http
