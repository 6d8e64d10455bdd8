#include "store/group_committer.h"

#include <utility>

#include "schema/failpoint.h"
#include "store/checkpoint.h"
#include "store/pruner.h"
#include "store/quarantine.h"

namespace runledger::store {
namespace {

// Ranges of runs that are kept between groups, so that the index is not read for every group.
constexpr std::size_t kRunsKept = 64;

}  // namespace

GroupCommitter::GroupCommitter(Parts parts, const LogHead& head, Sequence pruned)
    : parts_(std::move(parts)),
      chain_(head),
      group_head_(head),
      pruned_(pruned),
      witnessed_(head.sequence) {}

Status GroupCommitter::add(PendingAppend pending) {
  if (events_.empty() && runs_.size() > kRunsKept) {
    runs_.clear();
  }
  const auto known = answer_known_command(pending);
  if (!known) {
    return commit_and_stop(pending, known.error());
  }
  if (*known) {
    return {};
  }
  if (pending.request.prune) {
    return prune(std::move(pending));
  }
  if (Status prepared = prepare(pending); !prepared) {
    if (prepared.error().code != Code::kInvalidArgument) {
      return commit_and_stop(pending, prepared.error());
    }
    completions_.push_back(
        {std::move(pending.done), std::unexpected(std::move(prepared).error()), false});
    return {};
  }
  const bool fits = events_.size() + prepared_.events.size() <= parts_.limits.group_events_max &&
                    bytes_ + prepared_.bytes <= parts_.limits.group_bytes_max;
  if (!fits && !events_.empty()) {
    if (Status committed = commit(); !committed) {
      return refuse(pending, committed.error());
    }
  }
  accept(std::move(pending));
  return {};
}

// In a group of its own, because what is to be forgotten is judged by what has been committed.
Status GroupCommitter::prune(PendingAppend pending) {
  if (Status committed = commit(); !committed) {
    return refuse(pending, committed.error());
  }
  auto changes =
      forget_events(*pending.request.prune, group_head_, parts_.store, parts_.projections);
  if (!changes && changes.error().code == Code::kInvalidArgument) {
    completions_.push_back({std::move(pending.done), std::unexpected(changes.error()), false});
    return {};
  }
  if (!changes) {
    return stop(pending, changes.error());
  }
  auto& event = std::get<LogPruned>(pending.request.events.front().payload);
  event.through_hash = changes->pruned.hash;
  event.base = changes->base;
  if (Status prepared = prepare(pending); !prepared) {
    return stop(pending, prepared.error());
  }
  accept(std::move(pending));
  put_rows(changes->rows);
  for (const Digest& digest : changes->results) {
    parts_.store.erase_blob(BlobKind::kResult, digest);
  }
  parts_.store.erase_events(next(pruned_), changes->pruned.sequence);
  pruned_ = changes->pruned.sequence;
  runs_.clear();
  // The older ones are of events that are no more.
  events_since_checkpoint_ = parts_.limits.checkpoint_events;
  return commit();
}

// The projections may have forgotten what is still in the store.
Status GroupCommitter::stop(PendingAppend& pending, Error error) {
  if (failed_) {
    failed_(error);
  }
  return refuse(pending, std::move(error));
}

// The requests behind this one may rest on it: none of them may be appended without it.
Status GroupCommitter::commit_and_stop(PendingAppend& pending, Error error) {
  if (Status committed = commit(); !committed) {
    return refuse(pending, committed.error());
  }
  return stop(pending, std::move(error));
}

Status GroupCommitter::refuse(PendingAppend& pending, Error error) {
  pending.done(fail(Code::kUnavailable, "not appended: " + error.message));
  return std::unexpected(std::move(error));
}

Result<bool> GroupCommitter::answer_known_command(PendingAppend& pending) {
  if (!pending.request.command) {
    return false;
  }
  const CommandKey& command = *pending.request.command;
  const auto in_group = commands_.find(command.id);
  const bool of_group = in_group != commands_.end();
  std::optional<CommandRow> known;
  if (of_group) {
    known = in_group->second;
  } else {
    RL_TRY_ASSIGN(known, find_command(command.id));
  }
  if (!known) {
    return false;
  }
  const CommandRow& row = *known;
  if (row.content == command.content) {
    completions_.push_back({std::move(pending.done),
                            AppendReceipt{.first = row.first, .last = row.last, .duplicate = true},
                            of_group});
  } else {
    completions_.push_back({std::move(pending.done),
                            fail(Code::kInvalidArgument, "command " + to_string(command.id) +
                                                             " was used before for something else"),
                            false});
  }
  return true;
}

Result<std::optional<CommandRow>> GroupCommitter::find_command(const CommandId& id) const {
  RL_TRY_ASSIGN(const auto bytes, parts_.store.get(Table::kCommands, command_key(id)));
  if (!bytes) {
    return std::nullopt;
  }
  RL_TRY_ASSIGN(const CommandRow row, decode_command(*bytes));
  return row;
}

Status GroupCommitter::prepare(PendingAppend& pending) {
  prepared_.events.clear();
  prepared_.records.clear();
  prepared_.record_ends.clear();
  RL_TRY(load_runs(pending.request.events));
  const LogHead before = chain_.head();
  for (NewEvent& event : pending.request.events) {
    auto recorded = chain_.extend(std::move(event), prepared_.records);
    if (!recorded) {
      chain_.rewind(before);
      return std::unexpected(std::move(recorded).error());
    }
    prepared_.events.push_back(std::move(*recorded));
    prepared_.record_ends.push_back(prepared_.records.size());
  }
  prepared_.head = chain_.head();
  prepared_.bytes = prepared_.records.size();
  for (const Blob& blob : pending.request.blobs) {
    prepared_.bytes += blob.packed->size();
  }
  for (const auto& row : pending.request.rows.operations()) {
    prepared_.bytes += row.key.size() + (row.value ? row.value->size() : 0);
  }
  return {};
}

Status GroupCommitter::load_runs(const std::vector<NewEvent>& events) {
  for (const NewEvent& event : events) {
    if (event.run.is_nil() || runs_.contains(event.run)) {
      continue;
    }
    RL_TRY_ASSIGN(const auto bytes, parts_.store.get(Table::kRunIndex, run_key(event.run)));
    RunEntry entry;
    if (bytes) {
      RL_TRY_ASSIGN(entry.range, decode_range(*bytes));
    }
    runs_.emplace(event.run, entry);
  }
  return {};
}

void GroupCommitter::accept(PendingAppend pending) {
  AppendRequest& request = pending.request;
  const AppendReceipt receipt{.first = prepared_.events.front().sequence,
                              .last = prepared_.events.back().sequence,
                              .duplicate = false};
  std::size_t begin = 0;
  for (std::size_t i = 0; i < prepared_.events.size(); ++i) {
    Event& event = prepared_.events[i];
    const std::size_t end = prepared_.record_ends[i];
    parts_.store.put_event(event.sequence,
                           std::string_view(prepared_.records).substr(begin, end - begin));
    begin = end;
    if (!event.run.is_nil()) {
      RunEntry& entry = runs_[event.run];
      if (entry.range.first == Sequence{}) {
        entry.range.first = event.sequence;
      }
      entry.range.last = event.sequence;
      entry.touched = true;
    }
    events_.push_back(std::move(event));
  }
  for (const Blob& blob : request.blobs) {
    parts_.store.put_blob(blob);
  }
  put_rows(request.rows);
  if (request.command) {
    const CommandRow row{request.command->content, receipt.first, receipt.last};
    commands_.emplace(request.command->id, row);
    parts_.store.put(Table::kCommands, command_key(request.command->id), encode_command(row));
  }
  bytes_ += prepared_.bytes;
  group_head_ = prepared_.head;
  completions_.push_back({std::move(pending.done), receipt, true});
}

Status GroupCommitter::commit() {
  if (events_.empty()) {
    answer_group({});
    return {};
  }
  put_projection_rows();
  put_index_rows();
  events_since_checkpoint_ += events_.size();
  if (events_since_checkpoint_ >= parts_.limits.checkpoint_events) {
    put_checkpoints();
  }
  RL_FAILPOINT("appender.before_write");
  Status committed = write();
  if (committed) {
    RL_FAILPOINT("appender.before_publish");
    parts_.store.publish(group_head_.sequence, pruned_);
    if (parts_.observer) {
      for (const Event& event : events_) {
        parts_.observer(event);
      }
    }
  }
  events_.clear();
  commands_.clear();
  bytes_ = 0;
  RL_FAILPOINT("appender.before_answers");
  answer_group(committed);
  RL_FAILPOINT("appender.before_wake");
  if (committed) {
    parts_.listeners.notify(group_head_.sequence);
  }
  return committed;
}

void GroupCommitter::put_projection_rows() {
  rows_.clear();
  for (const Event& event : events_) {
    for (const auto& projection : parts_.projections) {
      apply_event(*projection, event, rows_);
    }
  }
  put_rows(rows_);
}

void GroupCommitter::put_rows(const TableBatch& rows) {
  for (const auto& row : rows.operations()) {
    if (row.value) {
      parts_.store.put(row.table, row.key, *row.value);
    } else {
      parts_.store.erase(row.table, row.key);
    }
  }
}

void GroupCommitter::put_index_rows() {
  for (auto& [run, entry] : runs_) {
    if (entry.touched) {
      parts_.store.put(Table::kRunIndex, run_key(run), encode_range(entry.range));
      entry.touched = false;
    }
  }
  parts_.store.put(Table::kMeta, kHeadKey, encode_head(group_head_));
}

void GroupCommitter::put_checkpoints() {
  for (const auto& projection : parts_.projections) {
    parts_.store.put(Table::kCheckpoints, projection->name(),
                     encode_checkpoint(*projection, group_head_.sequence, parts_.store_id));
  }
  events_since_checkpoint_ = 0;
}

Status GroupCommitter::checkpoint() {
  RL_TRY(commit());
  if (events_since_checkpoint_ == 0) {
    return {};
  }
  put_checkpoints();
  RL_FAILPOINT("checkpoint.before_write");
  RL_TRY(write());
  RL_FAILPOINT("checkpoint.after_write");
  parts_.store.publish(group_head_.sequence, pruned_);
  return {};
}

void GroupCommitter::witness() {
  if (!witnessed()) {
    parts_.store.witness(group_head_);
    witnessed_ = group_head_.sequence;
  }
}

Status GroupCommitter::write() {
  Status committed = parts_.store.commit();
  if (!committed && failed_) {
    failed_(committed.error());
  }
  return committed;
}

void GroupCommitter::answer_group(const Status& outcome) {
  // A callback may lead to another add(), so the list is taken first.
  std::vector<Completion> completions;
  completions.swap(completions_);
  for (Completion& completion : completions) {
    if (completion.of_group && !outcome) {
      completion.done(fail(Code::kUnknownOutcome, outcome.error().message));
    } else {
      completion.done(std::move(completion.result));
    }
  }
}

}  // namespace runledger::store
