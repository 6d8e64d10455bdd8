#include "http/feed/feed_schema.h"

namespace runledger::http {
namespace {

using Members = std::vector<MemberSpec>;

constexpr bool kOptional = true;

Members operator+(Members left, const Members& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Members of_event() {
  return {{"seq", "sequence"},
          {"time", "time"},
          {"run_id", "uuid", kOptional},
          {"causation_seq", "sequence", kOptional},
          {"previous_hash", "hash"}};
}

// Of events about a job. The market's job has no portfolio.
Members of_job() {
  return {{"job_id", "uuid"},
          {"portfolio_id", "uuid", kOptional},
          {"job_type", "string"},
          {"as_of", "date"}};
}

ObjectSpec event(std::string_view name, std::string_view about, const Members& members) {
  return {name, about, of_event() + members};
}

ObjectSpec job_event(std::string_view name, std::string_view about, const Members& members) {
  return {name, about, of_event() + of_job() + members};
}

std::vector<ObjectSpec> make_run_events() {
  return {
      event("RunRequested", "Somebody asked for a run.",
            {{"triggered_by", "string"},
             {"force", "boolean"},
             {"start_date", "date"},
             {"end_date", "date"},
             {"portfolios", "array"},
             {"with_correlations", "boolean"},
             {"market_data_only", "boolean"},
             {"correlations_only", "boolean"},
             {"recalculate", "boolean"},
             {"retry_of", "uuid", kOptional}}),
      event("RunRejected", "The run did not begin.", {{"reason", "string"}}),
      event("RunPlanned", "All that decides which jobs the run has.",
            {{"jobs_total", "integer"},
             {"dates", "array"},
             {"portfolios", "array"},
             {"job_types", "array"},
             {"conditions", "array"},
             {"inputs_through", "sequence"},
             {"inputs_hash", "hash"},
             {"numerics_profile", "string"}}),
      event("RunStarted", "The run began.", {{"epoch", "sequence"}}),
      event("RunCancelRequested", "Somebody cancelled the run.", {{"requested_by", "string"}}),
      event("RunResumed", "A new process goes on with the run.", {{"epoch", "sequence"}}),
      event("RunFinished", "The run has ended.",
            {{"status", "string"}, {"reason", "string", kOptional}, {"summary", "object"}}),
  };
}

std::vector<ObjectSpec> make_job_events() {
  return {
      job_event("JobAttempted", "An attempt began.",
                {{"attempt", "integer"}, {"epoch", "sequence"}}),
      job_event("JobProgressed", "How far an attempt is; at most four a second and job.",
                {{"done", "integer"},
                 {"total", "integer"},
                 {"unit", "string"},
                 {"message", "string", kOptional}}),
      job_event(
          "JobRetryScheduled", "An attempt failed and there will be another.",
          {{"attempt", "integer"}, {"due", "time"}, {"category", "string"}, {"error", "string"}}),
      job_event("JobSucceeded", "The job has its result.",
                {{"attempt", "integer"},
                 {"epoch", "sequence"},
                 {"records_processed", "integer"},
                 {"unit", "string"},
                 {"duration_seconds", "number"},
                 {"data_quality", "object"},
                 {"warnings", "array"},
                 {"input_hash", "hash"},
                 {"result_hash", "hash"},
                 {"formula_version", "integer"},
                 {"uncovered", "array", kOptional},
                 {"reused_from", "sequence", kOptional}}),
      job_event("JobFailed", "The job has no result and gets none in this run.",
                {{"attempt", "integer"},
                 {"category", "string"},
                 {"error", "string"},
                 {"detail", "string"}}),
      job_event("JobSkipped", "The job is not done in this run.",
                {{"reason", "string"}, {"because_of_index", "integer|null"}}),
      job_event("JobCancelled", "The run was cancelled before the job was done.", {}),
      job_event("JobInterrupted", "The process ended during the attempt; there will be another.",
                {{"attempt", "integer"}, {"epoch", "sequence"}}),
  };
}

std::vector<ObjectSpec> make_other_events() {
  const Members access = {{"email", "string"}, {"what", "string"}, {"remote", "string"}};
  return {
      event("EngineStarted", "A process took over the store.",
            {{"epoch", "sequence"}, {"build", "string"}, {"numerics_profile", "string"}}),
      event("PortfolioImported", "A portfolio is there, or has other positions.",
            {{"portfolio_id", "uuid"},
             {"name", "string"},
             {"content_hash", "hash"},
             {"file_name", "string"},
             {"positions", "integer"},
             {"equity", "number|null"},
             {"equity_date", "date|null"}}),
      event("PortfolioDeleted", "A portfolio is gone; its history stays.",
            {{"portfolio_id", "uuid"}, {"name", "string"}}),
      event("InputIngested", "An input file was imported.",
            {{"kind", "string"},
             {"content_hash", "hash"},
             {"file_name", "string"},
             {"rows", "integer"},
             {"symbols", "integer"},
             {"first_date", "date|null"},
             {"last_date", "date|null"}}),
      event("AccessGranted", "Somebody logged in, or users were changed.", access),
      event("AccessDenied", "A login, token or call was refused.", access),
      event("LogPruned", "The oldest events were archived and deleted.",
            {{"first_seq", "sequence"},
             {"through_seq", "sequence"},
             {"through_hash", "hash"},
             {"runs", "integer"},
             {"archive", "string"},
             {"archive_root", "hash"},
             {"base_hash", "hash"},
             {"reason", "string"}}),
      event("Unknown", "An event of a newer version of the program.",
            {{"payload_type", "integer"}}),
  };
}

}  // namespace

std::span<const ObjectSpec> frame_specs() {
  static const std::vector<ObjectSpec> specs = {
      {"snapshot",
       "First, if no sequence was given: the current run after event as_of_seq, or null. The "
       "events "
       "after it follow.",
       {{"as_of_seq", "sequence"}, {"store_id", "string"}, {"run", "object|null"}}},
      {"event", "Each event, in sequence order.", {{"event", "object"}}},
      {"caught_up", "Once: all that there was has been sent.", {{"seq", "sequence"}}},
      {"position",
       "The filter hides what comes: all up to seq has been looked at. At most one a second.",
       {{"seq", "sequence"}}},
      {"gap",
       "The events right after `requested` are not here. Without kept_from the store is another "
       "and "
       "a snapshot follows; with it they were pruned and the events from kept_from on follow.",
       {{"requested", "sequence"},
        {"kept_from", "sequence", kOptional},
        {"committed", "sequence"}}},
      {"bye",
       "The server ends the connection: connect again with resume_after.",
       {{"resume_after", "sequence"}}},
      {"error",
       "The first frame was refused. Only on a WebSocket.",
       {{"status", "integer"}, {"code", "string"}, {"detail", "string"}}}};
  return specs;
}

const ObjectSpec& subscribe_spec() {
  static const ObjectSpec spec = {"subscribe",
                                  "The only frame of a client. after_seq null or absent: begin "
                                  "with the present state. An event "
                                  "passes the filter if it has every member that is given.",
                                  {{"after_seq", "sequence|null", kOptional},
                                   {"filter", "object|null", kOptional},
                                   {"every_progress", "boolean|null", kOptional},
                                   {"token", "string|null", kOptional}}};
  return spec;
}

std::span<const ObjectSpec> event_specs() {
  static const std::vector<ObjectSpec> specs = [] {
    auto all = make_run_events();
    for (const auto& more : {make_job_events(), make_other_events()}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }();
  return specs;
}

}  // namespace runledger::http
