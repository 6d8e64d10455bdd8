#include <algorithm>

#include "engine/run_view.h"
#include "schema/codec.h"
#include "schema/json_writer.h"

namespace runledger::engine {

Status visit_run_events(const store::EventLog& log,
                        const RunId& run,
                        Sequence at,
                        const std::function<void(const Event&)>& visit) {
  RL_TRY_ASSIGN(const auto range, log.run_range(run));
  const auto last = std::min(at, range.last);
  if (last < range.first) {
    return fail(Code::kNotFound, "run " + to_string(run) + " begins at event " +
                                     std::to_string(raw(range.first)) + ", after event " +
                                     std::to_string(raw(at)));
  }
  auto after = Sequence{raw(range.first) - 1};
  while (after < last) {
    RL_TRY_ASSIGN(const auto events, log.read(after, {}));
    if (events.empty()) {
      return fail(Code::kCorruption, "the log ends before event " + std::to_string(raw(last)));
    }
    for (const auto& recorded : events) {
      if (recorded.sequence > last) {
        break;
      }
      RL_TRY_ASSIGN(const auto event, decode_event(recorded.bytes));
      if (event.run == run) {
        visit(event);
      }
    }
    after = events.back().sequence;
  }
  return {};
}

Result<RunState> replay_run(const store::EventLog& log, const RunId& run, Sequence at) {
  RunState state(run);
  RL_TRY(visit_run_events(log, run, at, [&](const Event& event) { state.evolve(event); }));
  return state;
}

std::string run_state_to_json(const RunState& run) {
  JsonWriter json;
  json.begin_object();
  json.field("run_id", to_string(run.run())).field("status", to_string(run.status()));
  json.field("as_of_seq", raw(run.last_sequence()));
  json.field("progress_percent", percent_of(run));
  json.key("summary").begin_object();
  write_summary_fields(json, run.summary(run.finished_at().value_or(run.requested_at())));
  json.end_object();
  json.key("jobs").begin_array();
  for (std::uint32_t index = 0; index < run.jobs().size(); ++index) {
    const auto job = run.plan()->job(index);
    const auto& state = run.jobs()[index];
    json.begin_object();
    json.field("job_id", to_string(make_job_id(run.run(), index)));
    json.field("job_type", to_string(job.type)).field("as_of", format_date(job.as_of));
    if (!job.portfolio.is_nil()) {
      json.field("portfolio_id", to_string(job.portfolio));
    }
    json.field("status", to_string(state.status));
    json.field("attempts", std::uint32_t{state.attempts});
    json.field("waiting_for",
               std::uint32_t{is_final(state.status) ? std::uint8_t{0} : state.waiting});
    json.end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace runledger::engine
