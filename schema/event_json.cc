#include <algorithm>

#include "schema/json_writer.h"

namespace runledger {
namespace {

double seconds(nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

void write_dates(JsonWriter& json, const RunScope& scope) {
  json.field("start_date", format_date(scope.from)).field("end_date", format_date(scope.to));
}

void write_ids(JsonWriter& json, std::string_view name, const std::vector<PortfolioId>& ids) {
  json.key(name).begin_array();
  for (const auto& id : ids) {
    json.value(to_string(id));
  }
  json.end_array();
}

void write_planned(JsonWriter& json, const RunPlanned& e) {
  json.field("jobs_total", e.jobs_total);
  json.key("dates").begin_array();
  for (const auto date : e.dates) {
    json.value(format_date(date));
  }
  json.end_array();
  json.key("portfolios").begin_array();
  for (const auto& p : e.portfolios) {
    json.begin_object().field("id", to_string(p.id)).field("name", p.name);
    json.field("content_hash", to_string(p.content)).end_object();
  }
  json.end_array();
  json.key("job_types").begin_array();
  for (const auto& t : e.job_types) {
    json.begin_object().field("job_type", to_string(t.type));
    json.field("formula_version", t.formula_version).end_object();
  }
  json.end_array();
  json.key("conditions").begin_array();
  for (const auto& c : e.conditions) {
    std::uint64_t skipped = 0;
    for (const auto byte : c.skipped) {
      skipped += static_cast<std::uint64_t>(__builtin_popcount(byte));
    }
    json.begin_object().field("job_type", to_string(c.type));
    json.field("reason", to_string(c.reason)).field("skipped", skipped).end_object();
  }
  json.end_array();
  json.field("inputs_through", raw(e.inputs_through));
  json.field("inputs_hash", to_string(e.inputs_hash));
  json.field("numerics_profile", e.numerics_profile);
}

// Writes the fields of a payload that are not in the common part.
struct FieldWriter {
  JsonWriter& json;

  void operator()(const EngineStarted& e) const {
    json.field("epoch", raw(e.epoch)).field("build", e.build);
    json.field("numerics_profile", e.numerics_profile);
  }
  void operator()(const RunRequested& e) const {
    json.field("triggered_by", e.triggered_by).field("force", e.force);
    write_dates(json, e.scope);
    write_ids(json, "portfolios", e.scope.portfolios);
    json.field("with_correlations", e.scope.with_correlations);
    json.field("market_data_only", e.scope.market_data_only);
    json.field("correlations_only", e.scope.correlations_only);
    json.field("recalculate", e.scope.recalculate);
    if (e.retry_of) {
      json.field("retry_of", to_string(*e.retry_of));
    }
  }
  void operator()(const RunRejected& e) const { json.field("reason", e.reason); }
  void operator()(const RunPlanned& e) const { write_planned(json, e); }
  void operator()(const RunStarted& e) const { json.field("epoch", raw(e.epoch)); }
  void operator()(const RunCancelRequested& e) const { json.field("requested_by", e.requested_by); }
  void operator()(const RunResumed& e) const { json.field("epoch", raw(e.epoch)); }
  void operator()(const RunFinished& e) const {
    json.field("status", to_string(e.status));
    if (!e.reason.empty()) {
      json.field("reason", e.reason);
    }
    json.key("summary").begin_object();
    write_summary_fields(json, e.summary);
    json.end_object();
  }
  void operator()(const JobAttempted& e) const {
    json.field("attempt", raw(e.attempt)).field("epoch", raw(e.epoch));
  }
  void operator()(const JobProgressed& e) const {
    json.field("done", e.done).field("total", e.total).field("unit", e.unit);
    if (!e.message.empty()) {
      json.field("message", e.message);
    }
  }
  void operator()(const JobRetryScheduled& e) const {
    json.field("attempt", raw(e.attempt)).field("due", format_time(e.due));
    json.field("category", to_string(e.category)).field("error", e.error);
  }
  void operator()(const JobSucceeded& e) const {
    json.field("attempt", raw(e.attempt)).field("epoch", raw(e.epoch));
    json.field("records_processed", e.records).field("unit", e.unit);
    json.field("duration_seconds", seconds(e.duration));
    json.key("data_quality").begin_object();
    json.field("quality_flag", to_string(e.quality.flag)).field("coverage", e.quality.coverage);
    json.field("average_history_days", e.quality.average_history_days).end_object();
    json.key("warnings").begin_array();
    for (const auto& warning : e.warnings) {
      json.value(warning);
    }
    json.end_array();
    json.field("input_hash", to_string(e.input_hash));
    json.field("result_hash", to_string(e.result_hash));
    json.field("formula_version", e.formula_version);
    if (!e.uncovered.empty()) {
      write_ids(json, "uncovered", e.uncovered);
    }
    if (e.reused_from) {
      json.field("reused_from", raw(*e.reused_from));
    }
  }
  void operator()(const JobFailed& e) const {
    json.field("attempt", raw(e.attempt)).field("category", to_string(e.category));
    json.field("error", e.error).field("detail", e.detail);
  }
  void operator()(const JobSkipped& e) const {
    json.field("reason", to_string(e.reason));
    json.field("because_of_index", e.because_of);
  }
  void operator()(const JobCancelled&) const {}
  void operator()(const JobInterrupted& e) const {
    json.field("attempt", raw(e.attempt)).field("epoch", raw(e.epoch));
  }
  void operator()(const PortfolioImported& e) const {
    json.field("portfolio_id", to_string(e.portfolio)).field("name", e.name);
    json.field("content_hash", to_string(e.content)).field("file_name", e.file_name);
    json.field("positions", e.positions).field("equity", e.equity);
    json.key("equity_date");
    e.equity_date ? json.value(format_date(*e.equity_date)) : json.null();
  }
  void operator()(const PortfolioDeleted& e) const {
    json.field("portfolio_id", to_string(e.portfolio)).field("name", e.name);
  }
  void operator()(const InputIngested& e) const {
    json.field("kind", to_string(e.kind)).field("content_hash", to_string(e.content));
    json.field("file_name", e.file_name).field("rows", e.rows).field("symbols", e.symbols);
    json.key("first_date");
    e.first_date ? json.value(format_date(*e.first_date)) : json.null();
    json.key("last_date");
    e.last_date ? json.value(format_date(*e.last_date)) : json.null();
  }
  void operator()(const AccessGranted& e) const {
    json.field("email", e.email).field("what", e.what).field("remote", e.remote);
  }
  void operator()(const AccessDenied& e) const {
    json.field("email", e.email).field("what", e.what).field("remote", e.remote);
  }
  void operator()(const LogPruned& e) const {
    json.field("first_seq", raw(e.first)).field("through_seq", raw(e.through));
    json.field("through_hash", to_string(e.through_hash)).field("runs", e.runs);
    json.field("archive", e.archive).field("archive_root", to_string(e.archive_root));
    json.field("base_hash", to_string(e.base)).field("reason", e.reason);
  }
  void operator()(const UnknownPayload& e) const {
    json.field("payload_type", std::uint32_t{e.type});
  }
};

}  // namespace

void write_summary_fields(JsonWriter& json, const RunSummary& s) {
  json.field("duration_seconds", seconds(s.duration));
  json.key("jobs").begin_object();
  json.field("total", s.jobs_total).field("completed", s.succeeded);
  json.field("with_warnings", s.with_warnings).field("failed", s.failed);
  json.field("skipped", s.skipped).field("cancelled", s.cancelled).end_object();
  json.field("reused", s.reused);
  json.field("retries", s.retries).field("interruptions", s.interruptions);
  json.field("records_processed", s.records);
  json.key("by_job_type").begin_object();
  for (const auto& c : s.by_job_type) {
    json.key(to_string(c.type)).begin_object();
    json.field("completed", c.succeeded).field("failed", c.failed).field("skipped", c.skipped);
    json.field("cancelled", c.cancelled).field("records_processed", c.records);
    json.field("duration_seconds", seconds(c.duration)).end_object();
  }
  json.end_object();
  json.key("error_categories").begin_object();
  for (const auto& c : s.error_categories) {
    json.field(to_string(c.category), c.attempts);
  }
  json.end_object();
  json.key("data_quality").begin_object();
  json.field("portfolios_full", s.portfolios_full);
  json.field("portfolios_limited", s.portfolios_limited);
  json.field("portfolios_failed", s.portfolios_failed);
  json.field("positions_processed", s.positions_processed);
  json.field("average_history_days", s.average_history_days);
  json.field("coverage", s.coverage).end_object();
}

void write_event(JsonWriter& json, const Event& event) {
  json.begin_object();
  json.field("seq", raw(event.sequence)).field("time", format_time(event.time));
  json.field("type", event_type(event.payload));
  if (!event.run.is_nil()) {
    json.field("run_id", to_string(event.run));
  }
  if (const auto* job = job_of(event.payload)) {
    json.field("job_id", to_string(make_job_id(event.run, job->index)));
    if (!job->portfolio.is_nil()) {
      json.field("portfolio_id", to_string(job->portfolio));
    }
    json.field("job_type", to_string(job->type)).field("as_of", format_date(job->as_of));
  }
  if (raw(event.causation) != 0) {
    json.field("causation_seq", raw(event.causation));
  }
  std::visit(FieldWriter{json}, event.payload);
  json.field("previous_hash", to_string(event.previous));
  json.end_object();
}

std::string event_to_json(const Event& event) {
  JsonWriter json;
  write_event(json, event);
  return json.take();
}

}  // namespace runledger
