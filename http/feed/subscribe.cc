#include "http/feed/subscribe.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "store/catalog.h"

namespace runledger::http {
namespace {

// A member that may be absent or null and is a string otherwise.
std::expected<std::optional<std::string>, Problem> optional_text(const nlohmann::json& object,
                                                                 std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) {
    return std::nullopt;
  }
  if (!found->is_string()) {
    return refuse(422, "invalid_subscribe", fmt::format("'{}' must be a string", name));
  }
  return found->get<std::string>();
}

// An id, of a portfolio that may have been deleted, or a name.
std::expected<PortfolioId, Problem> parse_portfolio(const std::string& text,
                                                    const store::TableReader& tables) {
  if (const auto id = PortfolioId::parse(text)) {
    return *id;
  }
  RL_TRY_ASSIGN(const auto row, store::find_portfolio(tables, text));
  return row.id;
}

std::expected<EventFilter, Problem> parse_filter(const nlohmann::json& object,
                                                 const store::TableReader& tables) {
  EventFilter filter;
  for (const auto& [name, value] : object.items()) {
    if (name != "run_id" && name != "portfolio_id" && name != "job_type" && name != "type") {
      return refuse(422, "invalid_subscribe", fmt::format("unknown filter '{}'", name));
    }
  }
  RL_TRY_PROBLEM(const auto run, optional_text(object, "run_id"));
  RL_TRY_PROBLEM(const auto portfolio, optional_text(object, "portfolio_id"));
  RL_TRY_PROBLEM(const auto job_type, optional_text(object, "job_type"));
  RL_TRY_PROBLEM(filter.type, optional_text(object, "type"));
  if (run) {
    filter.run = RunId::parse(*run);
    if (!filter.run) {
      return refuse(422, "invalid_subscribe", "run_id must be a UUID");
    }
  }
  if (portfolio) {
    RL_TRY_PROBLEM(filter.portfolio, parse_portfolio(*portfolio, tables));
  }
  if (job_type) {
    filter.job_type = parse_job_type(*job_type);
    if (!filter.job_type) {
      return refuse(422, "invalid_subscribe", "unknown job_type");
    }
  }
  if (filter.type && std::ranges::find(kEventTypes, *filter.type) == kEventTypes.end()) {
    return refuse(422, "invalid_subscribe",
                  fmt::format("unknown type; there are: {}", fmt::join(kEventTypes, ", ")));
  }
  return filter;
}

}  // namespace

std::expected<Subscribe, Problem> parse_subscribe(std::string_view text,
                                                  const store::TableReader& tables) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || json.value("type", nlohmann::json()) != "subscribe") {
    return refuse(422, "invalid_subscribe",
                  R"(the first frame must be {"type":"subscribe","after_seq":N|null})");
  }
  Subscribe result;
  if (const auto after = json.find("after_seq"); after != json.end() && !after->is_null()) {
    if (!after->is_number_unsigned()) {
      return refuse(422, "invalid_subscribe", "after_seq must be a sequence or null");
    }
    result.after = Sequence{after->get<std::uint64_t>()};
  }
  if (const auto filter = json.find("filter"); filter != json.end() && !filter->is_null()) {
    if (!filter->is_object()) {
      return refuse(422, "invalid_subscribe", "filter must be an object");
    }
    RL_TRY_PROBLEM(result.filter, parse_filter(*filter, tables));
  }
  if (const auto every = json.find("every_progress"); every != json.end() && !every->is_null()) {
    if (!every->is_boolean()) {
      return refuse(422, "invalid_subscribe", "every_progress must be true or false");
    }
    result.every_progress = every->get<bool>();
  }
  RL_TRY_PROBLEM(result.token, optional_text(json, "token"));
  return result;
}

std::expected<Subscribe, Problem> subscribe_of_query(const Arguments& arguments,
                                                     const Request& request,
                                                     const store::TableReader& tables) {
  Subscribe result;
  result.after = arguments.sequence("after_seq");
  if (const auto* last = request.header("Last-Event-ID"); last != nullptr && !last->empty()) {
    std::uint64_t sequence = 0;
    const char* end = last->data() + last->size();
    if (const auto read = std::from_chars(last->data(), end, sequence);
        read.ec != std::errc() || read.ptr != end) {
      return refuse(422, "invalid_subscribe", "Last-Event-ID must be a sequence");
    }
    result.after = Sequence{sequence};
  }
  result.filter.run = arguments.run("run_id");
  result.filter.job_type = arguments.job_type("job_type");
  result.filter.type = arguments.text("type");
  if (const auto portfolio = arguments.text("portfolio_id")) {
    RL_TRY_PROBLEM(result.filter.portfolio, parse_portfolio(*portfolio, tables));
  }
  result.every_progress = arguments.boolean("every_progress");
  return result;
}

}  // namespace runledger::http
