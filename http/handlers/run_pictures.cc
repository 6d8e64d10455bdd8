#include <algorithm>
#include <functional>
#include <span>

#include "engine/run_timeline.h"
#include "engine/run_view.h"
#include "http/handlers/handlers.h"
#include "http/render.h"

// A run drawn: its grid of jobs and its attempts in time, after any event. One character or number
// a job, so that a run of a hundred thousand jobs fits into an answer.
namespace runledger::http {
namespace {

char letter_of(JobStatus status) noexcept {
  switch (status) {
    case JobStatus::kPending:
      return '.';
    case JobStatus::kRunning:
      return 'r';
    case JobStatus::kRetrying:
      return 'y';
    case JobStatus::kSucceeded:
      return 's';
    case JobStatus::kSucceededWithWarnings:
      return 'w';
    case JobStatus::kFailed:
      return 'f';
    case JobStatus::kSkipped:
      return 'k';
    case JobStatus::kCancelled:
      return 'c';
  }
  return '.';
}

char letter_of(engine::AttemptOutcome outcome) noexcept {
  switch (outcome) {
    case engine::AttemptOutcome::kRunning:
      return 'r';
    case engine::AttemptOutcome::kSucceeded:
      return 's';
    case engine::AttemptOutcome::kSucceededWithWarnings:
      return 'w';
    case engine::AttemptOutcome::kRetried:
      return 'y';
    case engine::AttemptOutcome::kFailed:
      return 'f';
    case engine::AttemptOutcome::kInterrupted:
      return 'i';
    case engine::AttemptOutcome::kCancelled:
      return 'c';
  }
  return 'r';
}

/// A run folded up to an event.
struct Replayed {
  store::EventLog::Range range;
  engine::RunState state;
  UtcTime at_time{};  ///< Of the newest event that was folded.
};

/// `also_fold(event)` is called with each event after the state has taken it.
std::expected<Replayed, Problem> replay(const ApiContext& context,
                                        const Call& call,
                                        const std::function<void(const Event&)>& also_fold) {
  RL_TRY_PROBLEM(const auto run, run_of_path(call.arguments));
  const auto& log = context.service.log();
  const auto at = call.arguments.sequence("at").value_or(log.committed());
  const auto range = log.run_range(run);
  if (!range) {
    return std::unexpected(with_code(range.error(), 404, "run_not_found"));
  }
  Replayed replayed{*range, engine::RunState(run), {}};
  // Before its first event there is nothing to show; the slider of a page may well ask.
  const auto visited =
      engine::visit_run_events(log, run, std::max(at, range->first), [&](const Event& event) {
        replayed.state.evolve(event);
        also_fold(event);
        replayed.at_time = event.time;
      });
  if (!visited) {
    return std::unexpected(with_code(visited.error(), 404, "run_not_found"));
  }
  return replayed;
}

template <class Value>
void write_numbers(JsonWriter& json,
                   std::string_view name,
                   std::uint32_t count,
                   const Value& value) {
  json.key(name).begin_array();
  for (std::uint32_t i = 0; i < count; ++i) {
    json.value(value(i));
  }
  json.end_array();
}

void write_counts(JsonWriter& json, const engine::RunState& run) {
  const auto& totals = run.totals();
  const auto jobs = run.plan() != nullptr ? run.plan()->jobs_total() : 0U;
  json.key("counts").begin_object();
  json.field("total", jobs).field("completed", totals.succeeded);
  json.field("with_warnings", totals.with_warnings).field("reused", totals.reused);
  json.field("failed", totals.failed).field("skipped", totals.skipped);
  json.field("cancelled", totals.cancelled);
  json.field("running", static_cast<std::uint64_t>(run.open().size()));
  json.field("retrying", static_cast<std::uint64_t>(run.retrying().size()));
  json.field("pending", jobs - totals.ended());
  json.end_object();
}

void write_axes(JsonWriter& json, const engine::RunPlan* plan) {
  json.key("portfolios").begin_array();
  if (plan != nullptr) {
    for (const auto& portfolio : plan->planned().portfolios) {
      json.begin_object().field("id", to_string(portfolio.id));
      json.field("name", portfolio.name).end_object();
    }
  }
  json.end_array().key("dates").begin_array();
  if (plan != nullptr) {
    for (const auto date : plan->planned().dates) {
      json.value(format_date(date));
    }
  }
  json.end_array().key("job_types").begin_array();
  if (plan != nullptr) {
    for (const auto& [type, jobs] : plan->jobs_by_type()) {
      json.value(to_string(type));
    }
  }
  json.end_array();
}

void write_jobs(JsonWriter& json, const engine::RunState& run) {
  const auto& jobs = run.jobs();
  const auto* plan = run.plan();
  const auto count = static_cast<std::uint32_t>(jobs.size());
  std::vector<std::int64_t> type_place(16, 0);
  if (plan != nullptr) {
    std::int64_t place = 0;
    for (const auto& [type, total] : plan->jobs_by_type()) {
      type_place[static_cast<std::size_t>(type)] = place++;
    }
  }
  json.key("jobs").begin_object();
  write_numbers(json, "portfolio", count, [&](std::uint32_t i) {
    const auto portfolio = plan->portfolio_index(i);
    return portfolio ? std::int64_t{*portfolio} : std::int64_t{-1};
  });
  write_numbers(json, "date", count, [&](std::uint32_t i) { return plan->date_index(i); });
  write_numbers(json, "type", count, [&](std::uint32_t i) {
    return type_place[static_cast<std::size_t>(plan->type_of(i))];
  });
  std::string letters;
  std::string attempts;
  for (const auto& job : jobs) {
    letters += letter_of(job.status);
    attempts += static_cast<char>('0' + std::min<unsigned>(job.attempts, 9));
  }
  json.field("status", letters).field("attempts", attempts);
  json.end_object();
}

Outcome show_grid(const ApiContext& context, const Call& call) {
  RL_TRY_PROBLEM(const auto replayed, replay(context, call, [](const Event&) {}));
  const auto& run = replayed.state;
  JsonWriter json;
  json.begin_object();
  json.field("run_id", to_string(run.run())).field("status", to_string(run.status()));
  json.field("first_seq", raw(replayed.range.first)).field("last_seq", raw(replayed.range.last));
  json.field("at_seq", raw(run.last_sequence())).field("at_time", format_time(replayed.at_time));
  json.field("triggered_by", run.request().triggered_by);
  json.field("requested_at", format_time(run.requested_at()));
  write_time(json, "started_at", run.started_at());
  write_time(json, "finished_at", run.finished_at());
  json.field("progress_percent", engine::percent_of(run));
  write_counts(json, run);
  write_axes(json, run.plan());
  write_jobs(json, run);
  json.end_object();
  return json_response(json.take());
}

double milliseconds_between(UtcTime from, UtcTime to) {
  return rounded(std::chrono::duration<double, std::milli>(to - from).count(), 3);
}

void write_attempts(JsonWriter& json,
                    std::span<const engine::AttemptSpan> spans,
                    UtcTime requested_at) {
  const auto count = static_cast<std::uint32_t>(spans.size());
  json.key("attempts").begin_object();
  write_numbers(json, "job", count, [&](std::uint32_t i) { return spans[i].job; });
  write_numbers(json, "attempt", count, [&](std::uint32_t i) { return raw(spans[i].attempt); });
  write_numbers(json, "slot", count, [&](std::uint32_t i) {
    return spans[i].slot ? std::int64_t{*spans[i].slot} : std::int64_t{-1};
  });
  write_numbers(json, "queued_ms", count, [&](std::uint32_t i) {
    return milliseconds_between(spans[i].attempted_at, spans[i].began_at);
  });
  write_numbers(json, "start_ms", count, [&](std::uint32_t i) {
    return milliseconds_between(requested_at, spans[i].began_at);
  });
  json.key("duration_ms").begin_array();
  std::string outcomes;
  for (const auto& span : spans) {
    span.ended_at ? json.value(milliseconds_between(span.began_at, *span.ended_at)) : json.null();
    outcomes += letter_of(span.outcome);
  }
  json.end_array();
  json.field("outcome", outcomes);
  json.end_object();
}

Outcome show_timeline(const ApiContext& context, const Call& call) {
  engine::TimelineFold fold;
  RL_TRY_PROBLEM(const auto replayed,
                 replay(context, call, [&](const Event& event) { fold.fold(event); }));
  const auto& run = replayed.state;
  const auto timeline = fold.layout();
  JsonWriter json;
  json.begin_object();
  json.field("run_id", to_string(run.run())).field("at_seq", raw(run.last_sequence()));
  json.field("at_time", format_time(replayed.at_time));
  json.field("requested_at", format_time(run.requested_at()));
  json.field("slots", timeline.slots);
  write_attempts(json, timeline.spans, run.requested_at());
  json.key("retries").begin_array();
  for (const auto& [index, retry] : run.retrying()) {
    json.begin_object().field("job", index).field("attempt", raw(retry.attempt));
    json.field("due", format_time(retry.due)).field("category", to_string(retry.category));
    json.field("error", retry.error).end_object();
  }
  json.end_array().end_object();
  return json_response(json.take());
}

const ParameterSpec kRun = {
    .name = "run", .type = ParameterType::kText, .description = "Id of the run.", .required = true};
const ParameterSpec kAt = {.name = "at",
                           .type = ParameterType::kSequence,
                           .description = "Sequence; default: the newest."};

}  // namespace

void add_run_picture_routes(Router& router, const ApiContext& context) {
  router.add({.path = "/api/v1/admin/batch/run/{run}/grid",
              .operation = "showRunGrid",
              .tag = "runs",
              .summary = "The jobs of a run after event `at`, one character each: . pending, "
                         "r running, y waits for a retry, s succeeded, w with warnings, f failed, "
                         "k skipped, c cancelled.",
              .parameters = {kRun, kAt},
              .responses = {{200,
                             "The grid; arrays are in order of the job's index in the plan.",
                             {{"run_id", "string"},
                              {"status", "string"},
                              {"first_seq", "integer"},
                              {"last_seq", "integer"},
                              {"at_seq", "integer"},
                              {"at_time", "string"},
                              {"triggered_by", "string"},
                              {"requested_at", "string"},
                              {"started_at", "string|null"},
                              {"finished_at", "string|null"},
                              {"progress_percent", "number"},
                              {"counts", "object"},
                              {"portfolios", "array"},
                              {"dates", "array"},
                              {"job_types", "array"},
                              {"jobs", "object"}}}},
              .handler = [context](const Call& call) { return show_grid(context, call); }});
  router.add({.path = "/api/v1/admin/batch/run/{run}/timeline",
              .operation = "showRunTimeline",
              .tag = "runs",
              .summary = "The attempts of a run up to event `at`, in the slots of its workers. "
                         "Outcomes are those of the grid, and i interrupted; y failed and was "
                         "retried.",
              .parameters = {kRun, kAt},
              .responses = {{200,
                             "The attempts by their begin; slot -1 waits for a worker.",
                             {{"run_id", "string"},
                              {"at_seq", "integer"},
                              {"at_time", "string"},
                              {"requested_at", "string"},
                              {"slots", "integer"},
                              {"attempts", "object"},
                              {"retries", "array"}}}},
              .handler = [context](const Call& call) { return show_timeline(context, call); }});
}

}  // namespace runledger::http
