#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "http/handlers/handlers.h"
#include "http/render.h"
#include "http/target.h"

namespace runledger::http {

std::expected<nlohmann::json, Problem> parse_object(const Request& request) {
  if (!is_utf8(request.body)) {
    return refuse(400, "malformed_json", "the body is not UTF-8 text");
  }
  auto body = nlohmann::json::parse(request.body, nullptr, false);
  if (body.is_discarded()) {
    return refuse(400, "malformed_json", "the body is not JSON");
  }
  if (!body.is_object()) {
    return refuse(422, "invalid_body", "the body must be a JSON object");
  }
  return body;
}

std::expected<std::string, Problem> text_member(const nlohmann::json& object,
                                                std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) {
    return refuse(422, "invalid_body", fmt::format("'{}' is needed, as a string", name));
  }
  return found->get<std::string>();
}

std::expected<std::optional<CommandId>, Problem> idempotency_key(const Request& request) {
  const auto* header = request.header("Idempotency-Key");
  if (header == nullptr) {
    return std::nullopt;
  }
  if (header->empty() || header->size() > 255) {
    return refuse(400, "invalid_idempotency_key", "Idempotency-Key must have 1 to 255 bytes");
  }
  if (const auto id = CommandId::parse(*header); id && !id->is_nil()) {
    return id;
  }
  // UUID version 8 (RFC 9562, section 5.8): its bits come from elsewhere, here from a hash.
  const Digest digest = sha256(*header);
  CommandId id;
  std::copy_n(digest.bytes.begin(), id.uuid.bytes.size(), id.uuid.bytes.begin());
  id.uuid.bytes[6] = static_cast<std::uint8_t>(0x80U | (id.uuid.bytes[6] & 0x0FU));
  id.uuid.bytes[8] = static_cast<std::uint8_t>(0x80U | (id.uuid.bytes[8] & 0x3FU));
  return id;
}

std::expected<store::PortfolioRow, Problem> find_portfolio(const ApiContext& context,
                                                           std::string_view id_or_name) {
  RL_TRY_PROBLEM(auto row, find_past_portfolio(context, id_or_name));
  if (row.deleted) {
    return refuse(404, "portfolio_not_found", "the portfolio " + row.name + " was deleted");
  }
  return row;
}

std::expected<store::PortfolioRow, Problem> find_past_portfolio(const ApiContext& context,
                                                                std::string_view id_or_name) {
  auto row = store::find_portfolio(context.service.log().tables(), id_or_name);
  if (!row) {
    return std::unexpected(with_code(row.error(), 404, "portfolio_not_found"));
  }
  return std::move(*row);
}

std::expected<std::optional<PortfolioId>, Problem> portfolio_filter(const ApiContext& context,
                                                                    const Arguments& arguments) {
  const auto wanted = arguments.text("portfolio_id");
  if (!wanted) {
    return std::nullopt;
  }
  if (const auto id = PortfolioId::parse(*wanted)) {
    return id;
  }
  RL_TRY_PROBLEM(const auto row, find_portfolio(context, *wanted));
  return row.id;
}

std::expected<RunId, Problem> run_of_path(const Arguments& arguments) {
  const auto text = arguments.text("run").value_or("");
  if (const auto run = RunId::parse(text)) {
    return *run;
  }
  return refuse(404, "run_not_found", fmt::format("Batch run '{}' not found", text));
}

Problem with_code(const Error& error, unsigned status, std::string_view code) {
  Problem problem(error);
  if (problem.status == status) {
    problem.code = code;
  }
  return problem;
}

std::optional<engine::RunProgress> progress_of(const ApiContext& context, const RunId& run) {
  auto current = context.service.current_run();
  if (current.run && current.run->run == run) {
    return std::move(current.run);
  }
  return std::nullopt;
}

Problem import_problem(const engine::ImportFailure& failure) {
  if (failure.issues.empty()) {
    return Problem(failure.error);
  }
  Problem problem(422, "invalid_file", failure.error.message);
  JsonWriter json;
  write_issues(json, failure.issues);
  problem.members = "\"errors\":" + json.take();
  return problem;
}

void write_import_outcome(JsonWriter& json,
                          const engine::ImportOutcome& outcome,
                          const Digest& content) {
  json.field("content", to_string(content));
  json.field("changed", outcome.changed);
  json.field("seq", raw(outcome.sequence));
  json.key("notes");
  write_issues(json, outcome.notes);
}

Response started_response(const ApiContext& context,
                          const engine::StartedRun& started,
                          std::string_view triggered_by,
                          bool force) {
  const auto& scope = started.scope;
  JsonWriter json;
  json.begin_object();
  json.field("status", "started");
  json.field("batch_run_id", to_string(started.run));
  json.field("portfolio_id", scope.portfolios.size() == 1 ? to_string(scope.portfolios.front())
                                                          : std::string("all"));
  json.field("force", force);
  json.key("date_range").begin_object();
  json.field("start", format_date(scope.from));
  json.field("end", format_date(scope.to));
  json.end_object();
  json.key("scope");
  write_scope(json, scope);
  json.field("triggered_by", triggered_by);
  json.field("timestamp", format_time(context.service.clock().wall_now()));
  json.field("poll_url", "/api/v1/admin/batch/run/current");
  json.field("run_url", "/api/v1/admin/batch/run/" + to_string(started.run));
  json.field("sequence", raw(started.sequence));
  json.field("duplicate", started.duplicate);
  json.end_object();
  return json_response(json.take());
}

Outcome start_run(const ApiContext& context, const Call& call, engine::StartRunRequest request) {
  RL_TRY_PROBLEM(const auto command, idempotency_key(call.request));
  for (const auto& portfolio : request.portfolios) {
    RL_TRY_PROBLEM(const auto row, find_portfolio(context, portfolio));
  }
  request.triggered_by = call.principal.email;
  const auto started = context.service.start_run(request, command);
  if (started) {
    return started_response(context, *started, request.triggered_by, request.force);
  }
  Problem problem(started.error());
  if (problem.status == 404) {
    problem.code = "portfolio_not_found";
  } else if (problem.status == 409) {
    problem.code = "batch_already_running";
    problem.detail = "Batch already running. Use force=true to cancel it and start this one.";
    if (const auto current = context.service.current_run(); current.run) {
      problem.members = fmt::format(R"("batch_run_id":"{}")", to_string(current.run->run));
    }
  }
  return std::unexpected(std::move(problem));
}

}  // namespace runledger::http
