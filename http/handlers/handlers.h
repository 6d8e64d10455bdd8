#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "http/api.h"
#include "http/router.h"
#include "schema/json_writer.h"
#include "store/catalog.h"

/// The calls by subject. Each function adds the rows of its subject to the route table. The context
/// refers to objects that outlive the router.
namespace runledger::http {

void add_auth_routes(Router& router, const ApiContext& context);
void add_run_routes(Router& router, const ApiContext& context);
void add_run_picture_routes(Router& router, const ApiContext& context);
void add_history_routes(Router& router, const ApiContext& context);
void add_history_summary_route(Router& router, const ApiContext& context);
void add_job_routes(Router& router, const ApiContext& context);
void add_job_statistics_routes(Router& router, const ApiContext& context);
void add_data_quality_routes(Router& router, const ApiContext& context);
void add_event_routes(Router& router, const ApiContext& context);
void add_portfolio_routes(Router& router, const ApiContext& context);
void add_freshness_routes(Router& router, const ApiContext& context);
void add_report_routes(Router& router, const ApiContext& context);
void add_input_routes(Router& router, const ApiContext& context);
void add_operation_routes(Router& router, const ApiContext& context);
void add_server_status_routes(Router& router, const ApiContext& context);
void add_system_routes(Router& router, const ApiContext& context);
/// Gives the page itself, too, for what a browser asks for in vain.
[[nodiscard]] Response add_dashboard_routes(Router& router);

/// The body as a JSON object. Problems: 400 `malformed_json`; 422 `invalid_body` (no object).
[[nodiscard]] std::expected<nlohmann::json, Problem> parse_object(const Request& request);
/// A text member. Problem 422 `invalid_body`: absent or of another type.
[[nodiscard]] std::expected<std::string, Problem> text_member(const nlohmann::json& object,
                                                              std::string_view name);

/// The idempotency key of a request: a UUID as it is, any other text hashed to one.
/// Problem 400 `invalid_idempotency_key`: empty or longer than 255 bytes.
[[nodiscard]] std::expected<std::optional<CommandId>, Problem> idempotency_key(
    const Request& request);

/// 404 `portfolio_not_found` for an id or name that no portfolio has, or one that was deleted.
[[nodiscard]] std::expected<store::PortfolioRow, Problem> find_portfolio(
    const ApiContext& context, std::string_view id_or_name);
/// The same, but a deleted portfolio is found by its id: its results and history stay.
[[nodiscard]] std::expected<store::PortfolioRow, Problem> find_past_portfolio(
    const ApiContext& context, std::string_view id_or_name);
/// Newest as-of date for which the portfolio has a result of the type, or of any but
/// market_data_update, which belongs to no portfolio.
[[nodiscard]] Result<std::optional<Date>> newest_result_date(const ApiContext& context,
                                                             const PortfolioId& portfolio,
                                                             std::optional<JobType> type);
/// A portfolio's id for filtering history: that of a name, or any UUID (it may have been deleted).
[[nodiscard]] std::expected<std::optional<PortfolioId>, Problem> portfolio_filter(
    const ApiContext& context, const Arguments& arguments);

/// The run of a path segment. Problem 404 `run_not_found` for what is not a UUID, too.
[[nodiscard]] std::expected<RunId, Problem> run_of_path(const Arguments& arguments);

/// Gives a lower layer's error another, more telling code, if its status is `status`.
[[nodiscard]] Problem with_code(const Error& error, unsigned status, std::string_view code);

/// Progress of `run` if it is the current one.
[[nodiscard]] std::optional<engine::RunProgress> progress_of(const ApiContext& context,
                                                             const RunId& run);

/// The problem of a refused import: 422 `invalid_file` with the member `errors`.
[[nodiscard]] Problem import_problem(const engine::ImportFailure& failure);
/// content, changed, seq and notes of an import into the open object.
void write_import_outcome(JsonWriter& json,
                          const engine::ImportOutcome& outcome,
                          const Digest& content);

/// The answer to a started run, as the run and trigger calls give it.
[[nodiscard]] Response started_response(const ApiContext& context,
                                        const engine::StartedRun& started,
                                        std::string_view triggered_by,
                                        bool force);
/// bytes, free_bytes, seals, quarantine and unknown_events into the open object.
[[nodiscard]] Status write_store_fields(JsonWriter& json, const ApiContext& context);

/// Starts a run and words its refusals: 409 `batch_already_running`, 404 `portfolio_not_found`.
[[nodiscard]] Outcome start_run(const ApiContext& context,
                                const Call& call,
                                engine::StartRunRequest request);

}  // namespace runledger::http
