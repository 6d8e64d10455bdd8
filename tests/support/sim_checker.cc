#include "tests/support/sim_checker.h"

#include <utility>

#include "schema/codec.h"
#include "store/memory_event_log.h"
#include "store/projections.h"

namespace runledger::testing {
namespace {

std::string numbered(std::uint64_t sequence, const std::string& what) {
  return "event " + std::to_string(sequence) + ": " + what;
}

// The command that made the event, as the workloads write it down.
std::string tag_of(const Payload& payload) {
  if (const auto* requested = std::get_if<RunRequested>(&payload)) {
    return requested->triggered_by;
  }
  if (const auto* granted = std::get_if<AccessGranted>(&payload)) {
    return granted->what;
  }
  return {};
}

Result<std::map<std::string, std::string>> rows_of(const store::EventLog& log, store::Table table) {
  std::map<std::string, std::string> rows;
  RL_TRY(log.tables().scan(table, "", "", store::ScanOrder::kAscending,
                           [&rows](std::string_view key, std::string_view value) {
                             rows.emplace(key, value);
                             return true;
                           }));
  return rows;
}

}  // namespace

SimChecker::SimChecker(const SimModel::Limits& limits, SimCounts& counts)
    : counts_(counts), model_(limits, counts) {}

void SimChecker::fail(std::string what) {
  if (!failure_) {
    failure_ = std::move(what);
  }
}

std::optional<Sequence> SimChecker::made_by(const std::string& tag) const {
  const auto found = made_.find(tag);
  return found == made_.end() ? std::nullopt : std::optional(found->second);
}

void SimChecker::observe(const Event& event) {
  if (event.run.is_nil()) {
    return;
  }
  auto& state = live_.try_emplace(event.run, engine::RunState(event.run)).first->second;
  // What an earlier process had committed without its observer is folded at the restart.
  if (raw(state.last_sequence()) < raw(event.sequence)) {
    state.evolve(event);
  }
}

void SimChecker::take(const store::RecordedEvent& recorded) {
  const auto sequence = seen_.size() + 1;
  counts_.add(SimCount::kEvents);
  counts_.add(SimCount::kCheckedEvents);
  if (raw(recorded.sequence) != sequence) {
    return fail(numbered(raw(recorded.sequence),
                         "read where " + std::to_string(sequence) + " was expected"));
  }
  const auto event = decode_event(recorded.bytes);
  if (!event) {
    return fail(numbered(sequence, event.error().message));
  }
  if (event->sequence != recorded.sequence || event->previous != head_) {
    return fail(numbered(sequence, "does not continue the chain"));
  }
  head_ = event_hash(recorded.bytes.view());
  seen_.emplace_back(recorded.bytes.view());
  if (const auto wrong = model_.apply(*event)) {
    return fail(numbered(sequence, *wrong));
  }
  if (std::holds_alternative<RunCancelRequested>(event->payload)) {
    cancelled_.insert(event->run);
  }
  if (const auto* done = std::get_if<JobSucceeded>(&event->payload)) {
    new_results_.push_back(done->result_hash);
  }
  note_command(*event);
}

void SimChecker::note_command(const Event& event) {
  const auto tag = tag_of(event.payload);
  if (tag.empty()) {
    return;
  }
  if (!made_.emplace(tag, event.sequence).second) {
    fail(numbered(raw(event.sequence), tag + " was carried out twice"));
  }
  if (refused_.contains(tag)) {
    fail(numbered(raw(event.sequence), tag + " was carried out although it was refused"));
  }
}

void SimChecker::after_step(const store::EventLog& log,
                            const engine::RunView& view,
                            engine::MonoTime now,
                            bool quiet) {
  if (raw(log.committed()) > seen_.size()) {
    while (!failure_ && seen_.size() < raw(log.committed())) {
      const auto page = log.read(Sequence{seen_.size()}, {});
      if (!page || page->empty()) {
        return fail(numbered(seen_.size() + 1,
                             page ? "is not there" : "cannot be read: " + page.error().message));
      }
      for (const auto& recorded : *page) {
        take(recorded);
      }
    }
    check_results(log);
    check_percent(view);
  }
  check_fairness(now, quiet);
}

void SimChecker::check_results(const store::EventLog& log) {
  for (const auto& hash : std::exchange(new_results_, {})) {
    counts_.add(SimCount::kCheckedResults);
    const auto document = log.blob(store::BlobKind::kResult, hash);
    if (!document || sha256(*document) != hash) {
      fail("a result is not what its event names: " +
           (document ? "other content" : document.error().message));
    }
  }
}

void SimChecker::check_percent(const engine::RunView& view) {
  const auto current = view.current();
  if (!current.run) {
    if (percent_ && model_.active() == percent_->first) {
      fail("the view has lost the run");
    }
    percent_.reset();
    return;
  }
  counts_.add(SimCount::kCheckedPercent);
  const auto& run = *current.run;
  if (percent_ && percent_->first == run.run && run.percent < percent_->second) {
    fail("percent falls");
  }
  if (run.percent >= 100 || run.percent > 100 * model_.share() + 1e-9) {
    fail("percent is more than has ended");
  }
  percent_ = {run.run, run.percent};
}

void SimChecker::check_fairness(engine::MonoTime now, bool quiet) {
  if (!quiet || !model_.starving()) {
    starving_since_.reset();
    return;
  }
  counts_.add(SimCount::kCheckedFairness);
  if (!starving_since_) {
    starving_since_ = now;
  } else if (now - *starving_since_ > kFairnessBound) {
    fail("a job is ready, there is a slot, and it is not started");
  }
}

void SimChecker::after_restart(const store::EventLog& log, bool rebuild) {
  starving_since_.reset();
  counts_.add(SimCount::kCheckedAcknowledged);
  if (raw(log.committed()) < seen_.size()) {
    return fail("acknowledged events are missing: " + std::to_string(raw(log.committed())) +
                " are left of " + std::to_string(seen_.size()));
  }
  std::uint64_t sequence = 0;
  while (!failure_ && sequence < raw(log.committed())) {
    const auto page = log.read(Sequence{sequence}, {});
    if (!page || page->empty()) {
      return fail(numbered(sequence + 1,
                           page ? "is not there" : "cannot be read: " + page.error().message));
    }
    for (const auto& recorded : *page) {
      if (raw(recorded.sequence) != ++sequence) {
        return fail(numbered(sequence, "is not there"));
      }
      if (sequence > seen_.size()) {
        take(recorded);
      } else if (recorded.bytes.view() != seen_[sequence - 1]) {
        return fail(numbered(sequence, "is not the one that was acknowledged"));
      }
      // The observer of the process that died may not have seen the newest ones.
      if (auto event = decode_event(recorded.bytes)) {
        observe(*event);
      }
    }
  }
  check_results(log);
  if (rebuild) {
    check_rebuild(log);
  }
}

void SimChecker::check_rebuild(const store::EventLog& log) {
  counts_.add(SimCount::kCheckedRebuild);
  const auto fresh = store::make_memory_event_log(store::make_projections());
  Sequence after{};
  while (after < log.committed()) {
    const auto page = log.read(after, {});
    if (!page || page->empty()) {
      return fail(numbered(raw(after) + 1, "cannot be read"));
    }
    store::AppendRequest request;
    for (const auto& recorded : *page) {
      auto event = decode_event(recorded.bytes);
      if (!event) {
        return fail(numbered(raw(recorded.sequence), event.error().message));
      }
      request.events.push_back(
          {event->time, event->run, event->causation, std::move(event->payload)});
      after = recorded.sequence;
    }
    if (!fresh->append(std::move(request), [](const Result<store::AppendReceipt>&) {})) {
      return fail("the history cannot be appended again");
    }
  }
  for (const auto table :
       {store::Table::kRuns, store::Table::kRunIndex, store::Table::kJobs, store::Table::kJobIndex,
        store::Table::kLatest, store::Table::kPortfolios, store::Table::kInputs,
        store::Table::kQuarantine, store::Table::kUnknown}) {
    const auto kept = rows_of(log, table);
    const auto rebuilt = rows_of(*fresh, table);
    if (!kept || !rebuilt || *kept != *rebuilt) {
      return fail("table " + std::string(to_string(table)) + " differs from its rebuild");
    }
    if (table == store::Table::kQuarantine && !kept->empty()) {
      return fail("an event was put into quarantine");
    }
  }
}

void SimChecker::check_replay(const store::EventLog& log) {
  for (const auto& [run, state] : live_) {
    counts_.add(SimCount::kCheckedReplay);
    const auto first = engine::replay_run(log, run, log.committed());
    const auto second = engine::replay_run(log, run, log.committed());
    if (!first || !second) {
      return fail("run " + to_string(run) +
                  " cannot be replayed: " + (first ? second : first).error().message);
    }
    if (first->ignored_events() != 0) {
      return fail("run " + to_string(run) + " has an event that does not fit its state");
    }
    const auto replayed = engine::run_state_to_json(*first);
    if (sha256(replayed) != sha256(engine::run_state_to_json(state)) || !(*first == state)) {
      return fail("run " + to_string(run) + ": the replay differs from the live state");
    }
    if (replayed != engine::run_state_to_json(*second)) {
      return fail("run " + to_string(run) + ": two replays differ");
    }
  }
}

void SimChecker::answered_with(const store::EventLog& log,
                               const std::string& tag,
                               Sequence sequence) {
  if (sequence > log.committed()) {
    return fail(tag + " was answered before it was durable");
  }
  const auto page = log.read(Sequence{raw(sequence) - 1}, {.events_max = 1});
  const auto event =
      page && !page->empty()
          ? decode_event(page->front().bytes)
          : Result<Event>(std::unexpected(Error{Code::kNotFound, "there is no such event"}));
  if (!event || tag_of(event->payload) != tag) {
    fail(tag + " was answered with event " + std::to_string(raw(sequence)) +
         ", which it did not make");
  }
}

void SimChecker::run_answered(const store::EventLog& log,
                              const std::string& tag,
                              bool keyed,
                              const Result<Sequence>& answer) {
  if (answer) {
    return answered_with(log, tag, *answer);
  }
  if (answer.error().code == Code::kUnknownOutcome) {
    counts_.add(SimCount::kUnknownOutcome);
    return;
  }
  counts_.add(SimCount::kStartRefused, answer.error().code == Code::kConflict ? 1U : 0U);
  if (!keyed) {
    refused_.insert(tag);
    if (made_.contains(tag)) {
      fail(tag + " was refused although it was carried out");
    }
  }
}

void SimChecker::submission_answered(const store::EventLog& log,
                                     const std::string& tag,
                                     const Result<store::AppendReceipt>& answer) {
  if (answer) {
    counts_.add(SimCount::kDuplicateAnswered, answer->duplicate ? 1U : 0U);
    return answered_with(log, tag, answer->last);
  }
  counts_.add(SimCount::kUnknownOutcome, answer.error().code == Code::kUnknownOutcome ? 1U : 0U);
}

void SimChecker::cancel_answered(const store::EventLog& log, const Result<RunId>& answer) {
  if (!answer) {
    return;
  }
  // The request is durable; it may be too new to have been read here.
  Sequence after{seen_.size()};
  bool found = cancelled_.contains(*answer);
  while (!found && after < log.committed()) {
    const auto page = log.read(after, {});
    if (!page || page->empty()) {
      return fail("the newest events cannot be read");
    }
    for (const auto& recorded : *page) {
      const auto event = decode_event(recorded.bytes);
      found = found || (event && event->run == *answer &&
                        std::holds_alternative<RunCancelRequested>(event->payload));
      after = recorded.sequence;
    }
  }
  if (!found) {
    fail("a cancellation was acknowledged and is not there");
  }
}

}  // namespace runledger::testing
