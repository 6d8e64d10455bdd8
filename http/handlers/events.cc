#include <algorithm>

#include "http/feed/event_filter.h"
#include "http/handlers/handlers.h"
#include "http/render.h"
#include "schema/codec.h"

namespace runledger::http {
namespace {

// A filter that matches little must not read the whole log in one call.
constexpr std::size_t kEventsScannedMax = 50000;

struct EventScan {
  std::vector<Event> events;
  Sequence next_after{};
};

Result<EventScan> scan_events(const store::EventLog& log,
                              const EventFilter& filter,
                              Sequence after,
                              std::size_t limit) {
  EventScan scan{{}, std::max(after, log.pruned())};
  Sequence last = log.committed();
  if (filter.run) {
    const auto range = log.run_range(*filter.run);
    if (!range) {
      return scan;  // No such run yet: nothing to see so far.
    }
    scan.next_after = std::max(scan.next_after, Sequence{raw(range->first) - 1});
    last = std::min(last, range->last);
  }
  std::size_t scanned = 0;
  while (scan.next_after < last && scan.events.size() < limit && scanned < kEventsScannedMax) {
    const std::size_t wanted = filter.is_open() ? limit - scan.events.size() : std::size_t{1000};
    RL_TRY_ASSIGN(const auto records,
                  log.read(scan.next_after, {.events_max = std::min<std::size_t>(wanted, 1000)}));
    if (records.empty()) {
      break;
    }
    for (const auto& record : records) {
      if (scan.events.size() == limit) {
        break;
      }
      RL_TRY_ASSIGN(auto event, decode_event(record.bytes));
      scan.next_after = record.sequence;
      ++scanned;
      if (matches(filter, event)) {
        scan.events.push_back(std::move(event));
      }
    }
  }
  return scan;
}

Outcome list_events(const ApiContext& context, const Call& call) {
  const auto& arguments = call.arguments;
  EventFilter filter;
  RL_TRY_PROBLEM(filter.portfolio, portfolio_filter(context, arguments));
  filter.run = arguments.run("run_id");
  filter.job_type = arguments.job_type("job_type");
  filter.type = arguments.text("type");
  const auto& log = context.service.log();
  RL_TRY_ASSIGN(const auto scan,
                scan_events(log, filter, arguments.sequence("after").value_or(Sequence{}),
                            static_cast<std::size_t>(arguments.integer("limit"))));
  JsonWriter json;
  json.begin_object();
  json.key("events").begin_array();
  for (const auto& event : scan.events) {
    write_event(json, event);
  }
  json.end_array();
  json.field("next_after", raw(scan.next_after));
  json.field("committed", raw(log.committed()));
  json.field("pruned_through", raw(log.pruned()));
  json.end_object();
  return json_response(json.take());
}

Outcome refuse_plain(const Call& /*call*/) {
  Problem problem(426, "upgrade_required", "this path is a WebSocket; see docs/api.md");
  problem.headers.push_back({"Upgrade", "websocket"});
  return std::unexpected(std::move(problem));
}

// Only a server has a connection on which a stream can go on.
Outcome refuse_stream(const Call& /*call*/) {
  return refuse(406, "not_a_stream", "only a server's connection can be a stream; see listEvents");
}

// What a reader of events may ask for, of the page and of the stream.
const ParameterSpec kRun = {
    .name = "run_id", .type = ParameterType::kRunId, .description = "Only events of this run."};
const ParameterSpec kPortfolio = {
    .name = "portfolio_id",
    .type = ParameterType::kText,
    .description = "Only events about this portfolio, by id or name."};
const ParameterSpec kJobType = {.name = "job_type",
                                .type = ParameterType::kJobType,
                                .description = "Only events about jobs of this type."};
const ParameterSpec kType = {.name = "type",
                             .type = ParameterType::kChoice,
                             .description = "Only events of this type.",
                             .choices = {kEventTypes.begin(), kEventTypes.end()}};

}  // namespace

void add_event_routes(Router& router, const ApiContext& context) {
  router.add({.path = "/api/v1/events",
              .operation = "listEvents",
              .tag = "events",
              .summary = "Events after a sequence, oldest first. next_after is where to go on.",
              .parameters = {{.name = "after",
                              .type = ParameterType::kSequence,
                              .description = "Sequence seen last; 0: from the first."},
                             {.name = "limit",
                              .type = ParameterType::kInteger,
                              .description = "Events of an answer.",
                              .min = 1,
                              .max = 1000,
                              .default_value = 100},
                             kRun,
                             kPortfolio,
                             kJobType,
                             kType},
              .responses = {{200,
                             "The events.",
                             {{"events", "array"},
                              {"next_after", "integer"},
                              {"committed", "integer"},
                              {"pruned_through", "integer"}}}},
              .handler = [context](const Call& call) { return list_events(context, call); }});
  router.add({.path = kLivePath,
              .operation = "live",
              .tag = "events",
              .summary = "WebSocket: the state, then every event in order (docs/api.md).",
              .access = Access::kPublic,  // The token may come in the first frame.
              .parameters = {{.name = "token",
                              .type = ParameterType::kText,
                              .description = "Bearer token, for clients that cannot set headers."}},
              .responses = {{101, "The WebSocket.", {}, ""}, {426, "Not a WebSocket request."}},
              .handler = refuse_plain});
  router.add({.path = kLiveSsePath,
              .operation = "liveSse",
              .tag = "events",
              .summary = "The same as Server-Sent Events. Last-Event-ID wins over after_seq.",
              .parameters = {{.name = "after_seq",
                              .type = ParameterType::kSequence,
                              .description = "Sequence seen last; absent: begin with the state."},
                             kRun,
                             kPortfolio,
                             kJobType,
                             kType,
                             {.name = "every_progress",
                              .type = ParameterType::kBoolean,
                              .description = "Leave nothing out for a slow reader."},
                             {.name = "token",
                              .type = ParameterType::kText,
                              .description = "Bearer token, for clients that cannot set headers."}},
              .responses =
                  {{200, "The stream; its events are in /asyncapi.json.", {}, "text/event-stream"},
                   {406, "Asked for without a connection."}},
              .handler = refuse_stream});
}

}  // namespace runledger::http
