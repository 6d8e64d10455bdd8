#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "engine/service.h"
#include "http/message.h"
#include "http/problem.h"
#include "schema/json_writer.h"
#include "store/catalog.h"
#include "store/job_history.h"
#include "store/job_statistics.h"
#include "store/run_history.h"

/// The JSON shapes that several calls share.
namespace runledger::http {

/// Names of the portfolios that exist; for showing.
using PortfolioNames = std::unordered_map<PortfolioId, std::string>;
[[nodiscard]] Result<PortfolioNames> portfolio_names(const store::TableReader& tables);

/// Starts a JSON answer.
[[nodiscard]] Response json_response(std::string body, unsigned status = 200);

/// Rounds to `digits` decimals for showing.
[[nodiscard]] double rounded(double value, int digits) noexcept;

/// key + RFC 3339 time, or null.
void write_time(JsonWriter& json, std::string_view name, const std::optional<UtcTime>& time);

void write_scope(JsonWriter& json, const RunScope& scope);

/// Fields of a run of the history into the open object. `progress` is given for the current run.
void write_run_fields(JsonWriter& json,
                      const store::RunRow& row,
                      const std::optional<engine::RunProgress>& progress);

/// Fields of a running run into the open object: jobs, current_job, percent, ETA.
void write_progress_fields(JsonWriter& json, const engine::RunProgress& progress);

/// The whole answer of GET run/current.
[[nodiscard]] std::string current_run_json(const engine::CurrentRun& current);

/// success_rate: percent of the jobs that ran, or null if none did.
void write_success_rate(JsonWriter& json, const store::JobCounts& counts);

/// A job of the history as an object.
void write_job(JsonWriter& json, const store::JobRow& row, const PortfolioNames& names);
/// A job that runs now, with the same fields.
void write_running_job(JsonWriter& json, const RunId& run, const engine::RunningJob& job);

/// Findings of an import: [{line, row, symbol, code, message, field}].
void write_issues(JsonWriter& json, const std::vector<engine::ImportIssue>& issues);

}  // namespace runledger::http
