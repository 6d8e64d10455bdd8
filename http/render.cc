#include "http/render.h"

#include <cmath>

namespace runledger::http {
namespace {

double seconds_of(nanoseconds duration) noexcept {
  return std::chrono::duration<double>(duration).count();
}

std::optional<double> duration_of(const store::RunRow& row) {
  if (!row.finished_at) {
    return std::nullopt;
  }
  return rounded(seconds_of(*row.finished_at - row.started_at.value_or(row.requested_at)), 3);
}

struct Counts {
  std::uint64_t total = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t skipped = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t pending = 0;
};

Counts counts_of(const store::RunRow& row, const std::optional<engine::RunProgress>& progress) {
  if (row.summary) {
    const auto& s = *row.summary;
    return {s.jobs_total, s.succeeded, s.failed, s.skipped, s.cancelled, 0};
  }
  if (progress) {
    const auto& j = progress->jobs;
    return {j.total, j.completed, j.failed, j.skipped, j.cancelled, j.pending};
  }
  return {row.jobs_total, 0, 0, 0, 0, row.jobs_total};
}

// Share of the jobs that were to run which succeeded; a run without any has none.
std::optional<double> success_rate(const Counts& counts) {
  const auto ran = counts.completed + counts.failed + counts.cancelled;
  if (ran == 0) {
    return std::nullopt;
  }
  return rounded(100.0 * static_cast<double>(counts.completed) / static_cast<double>(ran), 1);
}

void write_counts(JsonWriter& json, const Counts& counts) {
  json.key("jobs").begin_object();
  json.field("total", counts.total);
  json.field("completed", counts.completed);
  json.field("failed", counts.failed);
  json.field("skipped", counts.skipped);
  json.field("cancelled", counts.cancelled);
  json.field("pending", counts.pending);
  json.field("success_rate", success_rate(counts));
  json.end_object();
}

void write_error_summary(JsonWriter& json, const store::RunRow& row) {
  json.key("error_summary");
  if (!row.summary || (row.summary->failed == 0 && row.summary->error_categories.empty())) {
    json.null();
    return;
  }
  json.begin_object();
  json.field("failed_jobs", row.summary->failed);
  json.key("attempts_by_category").begin_object();
  for (const auto& count : row.summary->error_categories) {
    json.field(to_string(count.category), count.attempts);
  }
  json.end_object().end_object();
}

// Seconds of computing by job type: what the predecessor's clients know as phases.
void write_phase_durations(JsonWriter& json, const store::RunRow& row) {
  json.key("phase_durations").begin_object();
  if (row.summary) {
    for (const auto& count : row.summary->by_job_type) {
      json.field(to_string(count.type), rounded(seconds_of(count.duration), 6));
    }
  }
  json.end_object();
}

// Which job of the run something is about.
void write_job_name(JsonWriter& json,
                    const JobRef& job,
                    const std::string& portfolio_name,
                    const RunId& run) {
  json.field("name", to_string(job.type));
  json.field("job_id", to_string(make_job_id(run, job.index)));
  json.key("portfolio_id");
  job.portfolio.is_nil() ? json.null() : json.value(to_string(job.portfolio));
  json.key("portfolio_name");
  portfolio_name.empty() ? json.null() : json.value(portfolio_name);
  json.field("as_of", format_date(job.as_of));
}

void write_running(JsonWriter& json, const engine::RunningJob& job, const RunId& run) {
  json.begin_object();
  write_job_name(json, job.job, job.portfolio_name, run);
  json.field("attempt", raw(job.attempt));
  json.field("started_at", format_time(job.since));
  json.field("done", job.done);
  json.field("total", job.total);
  json.field("unit", job.unit);
  json.end_object();
}

void write_retrying(JsonWriter& json, const engine::RetryingJob& job, const RunId& run) {
  json.begin_object();
  write_job_name(json, job.job, job.portfolio_name, run);
  json.field("attempt", raw(job.retry.attempt));
  json.field("due", format_time(job.retry.due));
  json.field("category", to_string(job.retry.category));
  json.field("error", job.retry.error);
  json.end_object();
}

}  // namespace

Result<PortfolioNames> portfolio_names(const store::TableReader& tables) {
  RL_TRY_ASSIGN(auto rows, store::list_portfolios(tables));
  PortfolioNames names;
  for (auto& row : rows) {
    names.emplace(row.id, std::move(row.name));
  }
  return names;
}

Response json_response(std::string body, unsigned status) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

double rounded(double value, int digits) noexcept {
  const double scale = std::pow(10.0, digits);
  return std::round(value * scale) / scale;
}

void write_time(JsonWriter& json, std::string_view name, const std::optional<UtcTime>& time) {
  json.key(name);
  time ? json.value(format_time(*time)) : json.null();
}

void write_scope(JsonWriter& json, const RunScope& scope) {
  json.begin_object();
  json.key("portfolios").begin_array();
  for (const auto& portfolio : scope.portfolios) {
    json.value(to_string(portfolio));
  }
  json.end_array();
  json.field("from", format_date(scope.from));
  json.field("to", format_date(scope.to));
  json.field("with_correlations", scope.with_correlations);
  json.field("market_data_only", scope.market_data_only);
  json.field("correlations_only", scope.correlations_only);
  json.field("recalculate", scope.recalculate);
  json.end_object();
}

void write_run_fields(JsonWriter& json,
                      const store::RunRow& row,
                      const std::optional<engine::RunProgress>& progress) {
  const auto id = to_string(row.run);
  const auto counts = counts_of(row, progress);
  json.field("batch_run_id", id);
  json.field("id", id);
  json.field("status", to_string(progress ? progress->status : row.status));
  json.field("triggered_by", row.triggered_by);
  json.field("force", row.force);
  json.field("numerics_profile", row.numerics_profile);
  json.field("created_at", format_time(row.requested_at));
  write_time(json, "started_at", row.started_at);
  write_time(json, "completed_at", row.finished_at);
  json.field("duration_seconds", duration_of(row));
  json.field("total_jobs", counts.total);
  json.field("completed_jobs", counts.completed);
  json.field("failed_jobs", counts.failed);
  json.field("skipped_jobs", counts.skipped);
  json.field("cancelled_jobs", counts.cancelled);
  json.field("has_errors", counts.failed > 0 || row.status == RunStatus::kFailed);
  write_counts(json, counts);
  json.key("scope");
  write_scope(json, row.scope);
  json.key("retry_of");
  row.retry_of ? json.value(to_string(*row.retry_of)) : json.null();
  json.field("resumes", row.resumes);
  json.key("reason");
  row.reason.empty() ? json.null() : json.value(row.reason);
  json.field("first_seq", raw(row.first));
  json.field("last_seq", raw(row.last));
  write_phase_durations(json, row);
  write_error_summary(json, row);
  json.key("summary");
  if (row.summary) {
    json.begin_object();
    write_summary_fields(json, *row.summary);
    json.end_object();
  } else {
    json.null();
  }
}

void write_progress_fields(JsonWriter& json, const engine::RunProgress& progress) {
  json.field("elapsed_seconds", rounded(progress.elapsed_seconds, 1));
  const auto& jobs = progress.jobs;
  json.key("jobs").begin_object();
  json.field("total", jobs.total);
  json.field("completed", jobs.completed);
  json.field("failed", jobs.failed);
  json.field("skipped", jobs.skipped);
  json.field("cancelled", jobs.cancelled);
  json.field("running", jobs.running);
  json.field("retrying", jobs.retrying);
  json.field("pending", jobs.pending);
  json.end_object();
  json.key("current_job");
  if (progress.running.empty()) {
    json.null();
    json.key("current_portfolio").null();
  } else {
    const auto& oldest = progress.running.front();
    write_running(json, oldest, progress.run);
    json.key("current_portfolio");
    oldest.portfolio_name.empty() ? json.null() : json.value(oldest.portfolio_name);
  }
  json.key("running_jobs").begin_array();
  for (const auto& job : progress.running) {
    write_running(json, job, progress.run);
  }
  json.end_array();
  const auto completed = progress.portfolio_dates_completed;
  const auto total = progress.portfolio_dates_total;
  json.key("portfolios").begin_object();
  json.field("current", std::min(completed + 1, total));
  json.field("completed", completed);
  json.field("total", total);
  json.end_object();
  // Shown with one decimal, but 100 only when the run has ended.
  const double percent = std::floor(progress.percent * 10.0) / 10.0;
  json.field("progress_percent", percent);
  const auto write_eta = [&](std::string_view name, double engine::Eta::*member) {
    json.key(name);
    progress.eta ? json.value(rounded((*progress.eta).*member, 1)) : json.null();
  };
  write_eta("eta_seconds", &engine::Eta::seconds);
  write_eta("eta_low_seconds", &engine::Eta::low);
  write_eta("eta_high_seconds", &engine::Eta::high);
  json.key("retrying_jobs").begin_array();
  for (const auto& job : progress.retrying) {
    write_retrying(json, job, progress.run);
  }
  json.end_array();
}

std::string current_run_json(const engine::CurrentRun& current) {
  JsonWriter json;
  json.begin_object();
  if (!current.run) {
    json.field("status", "idle");
    json.key("batch_run_id").null();
    json.field("message", "No batch is running");
  } else {
    const auto& run = *current.run;
    json.field("status", "running");
    json.field("batch_run_id", to_string(run.run));
    json.field("run_status", to_string(run.status));
    json.field("triggered_by", run.triggered_by);
    json.field("requested_at", format_time(run.requested_at));
    json.field("started_at", format_time(run.started_at.value_or(run.requested_at)));
    json.key("scope");
    write_scope(json, run.scope);
    write_progress_fields(json, run);
  }
  json.field("as_of_sequence", raw(current.as_of));
  json.end_object();
  return json.take();
}

void write_success_rate(JsonWriter& json, const store::JobCounts& counts) {
  const auto ran = counts.succeeded + counts.failed + counts.cancelled;
  json.key("success_rate");
  ran == 0 ? json.null()
           : json.value(rounded(
                 100.0 * static_cast<double>(counts.succeeded) / static_cast<double>(ran), 1));
}

void write_job(JsonWriter& json, const store::JobRow& row, const PortfolioNames& names) {
  json.begin_object();
  json.field("seq", raw(row.sequence));
  json.field("job_id", to_string(make_job_id(row.run, row.job.index)));
  json.field("batch_run_id", to_string(row.run));
  json.field("job_type", to_string(row.job.type));
  json.key("portfolio_id");
  row.job.portfolio.is_nil() ? json.null() : json.value(to_string(row.job.portfolio));
  json.key("portfolio_name");
  const auto name = names.find(row.job.portfolio);
  name == names.end() ? json.null() : json.value(name->second);
  json.field("as_of", format_date(row.job.as_of));
  json.field("status", to_string(row.status));
  json.field("attempts", row.attempts);
  write_time(json, "started_at", row.started_at);
  json.field("completed_at", format_time(row.finished_at));
  json.key("duration_seconds");
  const bool has_result =
      row.status == JobStatus::kSucceeded || row.status == JobStatus::kSucceededWithWarnings;
  has_result ? json.value(rounded(seconds_of(row.duration), 6)) : json.null();
  json.field("records", row.records);
  json.field("unit", row.unit);
  json.key("data_quality");
  if (row.quality) {
    json.begin_object();
    json.field("quality_flag", to_string(row.quality->flag));
    json.field("coverage", row.quality->coverage);
    json.field("average_history_days", row.quality->average_history_days);
    json.end_object();
  } else {
    json.null();
  }
  json.key("warnings").begin_array();
  for (const auto& warning : row.warnings) {
    json.value(warning);
  }
  json.end_array();
  json.key("error_category");
  row.category ? json.value(to_string(*row.category)) : json.null();
  json.key("error");
  row.error.empty() ? json.null() : json.value(row.error);
  json.key("error_detail");
  row.detail.empty() ? json.null() : json.value(row.detail);
  json.key("skip_reason");
  row.skip_reason ? json.value(to_string(*row.skip_reason)) : json.null();
  json.key("because_of_job_id");
  row.because_of ? json.value(to_string(make_job_id(row.run, *row.because_of))) : json.null();
  json.key("input_hash");
  row.input_hash.is_nil() ? json.null() : json.value(to_string(row.input_hash));
  json.key("result_hash");
  row.result_hash.is_nil() ? json.null() : json.value(to_string(row.result_hash));
  json.field("formula_version", row.formula_version);
  if (row.reused_from) {
    json.field("reused_from", raw(*row.reused_from));
  }
  json.end_object();
}

void write_running_job(JsonWriter& json, const RunId& run, const engine::RunningJob& job) {
  store::JobRow row;
  row.run = run;
  row.job = job.job;
  row.status = JobStatus::kRunning;
  row.attempts = raw(job.attempt);
  row.started_at = job.since;
  row.records = job.done;
  row.unit = job.unit;
  PortfolioNames names;
  if (!job.portfolio_name.empty()) {
    names.emplace(job.job.portfolio, job.portfolio_name);
  }
  write_job(json, row, names);
}

void write_issues(JsonWriter& json, const std::vector<engine::ImportIssue>& issues) {
  json.begin_array();
  for (const auto& issue : issues) {
    json.begin_object();
    json.field("line", issue.line);
    json.field("row", issue.line);
    json.field("symbol", issue.symbol);
    json.field("code", issue.code);
    json.field("message", issue.message);
    json.field("field", issue.field);
    json.end_object();
  }
  json.end_array();
}

}  // namespace runledger::http
