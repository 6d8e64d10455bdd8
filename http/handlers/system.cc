#include "http/feed/asyncapi.h"
#include "http/handlers/handlers.h"
#include "http/openapi.h"
#include "http/render.h"
#include "store/quarantine.h"

namespace runledger::http {
namespace {

Outcome show_alive(const Call& /*call*/) {
  return json_response(R"({"status":"alive"})");
}

Outcome show_ready(const ApiContext& context, const Call& /*call*/) {
  if (const auto health = context.service.health(); !health) {
    Problem problem(503, "not_ready", health.error().message);
    problem.headers.push_back({"Retry-After", "2"});
    return std::unexpected(std::move(problem));
  }
  JsonWriter json;
  json.begin_object();
  json.field("status", "ready");
  json.field("epoch", raw(context.service.epoch()));
  json.field("committed", raw(context.service.log().committed()));
  json.end_object();
  return json_response(json.take());
}

Outcome show_metrics(const ApiContext& context, const Call& /*call*/) {
  PrometheusText text;
  const auto& service = context.service;
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    text.family(name, "gauge", help);
    text.sample(name, "", value);
  };
  text.family("runledger_events_committed_total", "counter", "Newest committed sequence.");
  text.sample("runledger_events_committed_total", "",
              static_cast<double>(raw(service.log().committed())));
  gauge("runledger_events_pruned_through", "Newest event that was pruned.",
        static_cast<double>(raw(service.log().pruned())));
  if (const auto quarantine = store::list_quarantine(service.log().tables())) {
    gauge("runledger_events_quarantined", "Events that a projection could not apply.",
          static_cast<double>(quarantine->size()));
  }
  if (const auto bytes = service.store_bytes()) {
    gauge("runledger_store_bytes", "Size of the store's files.", static_cast<double>(bytes->used));
    gauge("runledger_disk_free_bytes", "Room on the disk of the store.",
          static_cast<double>(bytes->free));
  }
  gauge("runledger_epoch", "Starts of the engine on this store.",
        static_cast<double>(raw(service.epoch())));
  gauge("runledger_ready", "1 if commands are accepted.", service.health() ? 1 : 0);
  const auto current = service.current_run();
  gauge("runledger_run_active", "1 while a run is running.", current.run ? 1 : 0);
  const auto jobs = current.run ? current.run->jobs : engine::JobCounts{};
  text.family("runledger_run_jobs", "gauge", "Jobs of the current run by state.");
  text.sample("runledger_run_jobs", "state=\"completed\"", jobs.completed);
  text.sample("runledger_run_jobs", "state=\"failed\"", jobs.failed);
  text.sample("runledger_run_jobs", "state=\"skipped\"", jobs.skipped);
  text.sample("runledger_run_jobs", "state=\"cancelled\"", jobs.cancelled);
  text.sample("runledger_run_jobs", "state=\"running\"", jobs.running);
  text.sample("runledger_run_jobs", "state=\"pending\"", jobs.pending);
  gauge("runledger_run_progress_ratio", "Progress of the current run, 0 to 1.",
        current.run ? current.run->percent / 100.0 : 0.0);
  text.family("runledger_access_denied_total", "counter", "Refused logins, tokens and calls.");
  text.sample("runledger_access_denied_total", "", static_cast<double>(context.access.denials()));
  write_metrics(text, context.metrics);
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = text.take();
  return response;
}

}  // namespace

void add_system_routes(Router& router, const ApiContext& context) {
  router.add({.path = "/livez",
              .operation = "showAlive",
              .tag = "system",
              .summary = "The process answers.",
              .access = Access::kPublic,
              .responses = {{200, "Alive.", {{"status", "string"}}}},
              .handler = show_alive});
  router.add(
      {.path = "/readyz",
       .operation = "showReady",
       .tag = "system",
       .summary = "Commands are accepted.",
       .access = Access::kPublic,
       .responses = {{200,
                      "Ready.",
                      {{"status", "string"}, {"epoch", "integer"}, {"committed", "integer"}}},
                     {503, "Starting, draining or failed."}},
       .handler = [context](const Call& call) { return show_ready(context, call); }});
  router.add({.path = "/metrics",
              .operation = "showMetrics",
              .tag = "system",
              .summary = "Samples for Prometheus.",
              .access = Access::kPublic,
              .responses = {{200, "The samples.", {}, "text/plain"}},
              .handler = [context](const Call& call) { return show_metrics(context, call); }});
  router.add({.path = "/openapi.json",
              .operation = "showOpenApi",
              .tag = "system",
              .summary = "This description.",
              .access = Access::kPublic,
              .responses = {{200,
                             "The OpenAPI document.",
                             {{"openapi", "string"}, {"info", "object"}, {"paths", "object"}}}},
              .handler = [context](const Call& /*call*/) -> Outcome {
                return json_response(openapi_document(context.router));
              }});
  router.add({.path = "/asyncapi.json",
              .operation = "showAsyncApi",
              .tag = "system",
              .summary = "The description of the live feed.",
              .access = Access::kPublic,
              .responses = {{200,
                             "The AsyncAPI document.",
                             {{"asyncapi", "string"},
                              {"info", "object"},
                              {"channels", "object"},
                              {"operations", "object"},
                              {"components", "object"}}}},
              .handler = [](const Call& /*call*/) -> Outcome {
                return json_response(asyncapi_document());
              }});
}

}  // namespace runledger::http
