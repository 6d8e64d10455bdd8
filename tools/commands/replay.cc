#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "http/target.h"
#include "tools/commands/commands.h"

namespace runledger::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kPageEvents = 1000;

// "     12 2026-11-26T17:00:00.000000Z JobSucceeded {the rest}"
std::string event_line(const Json& event) {
  Json rest = event;
  rest.erase("seq");
  rest.erase("time");
  rest.erase("type");
  return fmt::format("{:>8} {} {} {}\n", event.value("seq", std::uint64_t{0}),
                     event.value("time", ""), event.value("type", ""), rest.dump());
}

}  // namespace

Exit replay_log(Session& session, const ReplayLogOptions& options) {
  std::uint64_t after = options.after;
  std::uint64_t left = options.limit.value_or(UINT64_MAX);
  while (left > 0) {
    const auto body =
        session.get("/api/v1/events", {{"after", std::to_string(after)},
                                       {"limit", std::to_string(std::min(left, kPageEvents))},
                                       {"run_id", options.run}});
    if (!body) {
      return std::unexpected(body.error());
    }
    const auto page = parse_body(*body);
    if (!page) {
      return std::unexpected(page.error());
    }
    std::string text;
    for (const auto& event : page->at("events")) {
      text += session.options().json ? event.dump() + "\n" : event_line(event);
    }
    print(text);
    left -= page->at("events").size();
    const auto next = page->value("next_after", after);
    if (next == after) {
      break;
    }
    after = next;
  }
  return kExitDone;
}

Exit replay_state(Session& session, const ReplayStateOptions& options) {
  const auto body = session.get(
      fmt::format("/api/v1/admin/batch/run/{}/state", http::percent_encode(options.run)),
      {{"at", options.at ? std::optional(std::to_string(*options.at)) : std::nullopt}});
  if (!body) {
    return std::unexpected(body.error());
  }
  if (session.options().json) {
    print(*body + "\n");
    return kExitDone;
  }
  const auto state = parse_body(*body);
  if (!state) {
    return std::unexpected(state.error());
  }
  print(state->dump(2) + "\n");
  return kExitDone;
}

}  // namespace runledger::tools
