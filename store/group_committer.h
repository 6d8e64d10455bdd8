#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/commit_listeners.h"
#include "store/event_chain.h"
#include "store/event_log.h"
#include "store/log_rows.h"
#include "store/projection.h"
#include "store/rocks_event_log.h"

namespace runledger::store {

/// Where groups are written. Called by the appending thread only.
class GroupStore {
 public:
  virtual ~GroupStore() = default;
  /// The value as of the last commit.
  [[nodiscard]] virtual Result<std::optional<std::string>> get(Table table,
                                                               std::string_view key) const = 0;
  /// All rows as of the last commit.
  [[nodiscard]] virtual const TableReader& rows() const noexcept = 0;
  /// The record of an event as of the last commit. Errors: kCorruption (it is not there), kIo.
  [[nodiscard]] virtual Result<std::string> event_record(Sequence sequence) const = 0;
  virtual void put_event(Sequence sequence, std::string_view record) = 0;
  virtual void put_blob(const Blob& blob) = 0;
  virtual void put(Table table, std::string_view key, std::string_view value) = 0;
  virtual void erase(Table table, std::string_view key) = 0;
  virtual void erase_blob(BlobKind kind, const Digest& digest) = 0;
  virtual void erase_events(Sequence first, Sequence through) = 0;
  /// Writes everything put since the last commit, all or nothing, and syncs it. An error leaves
  /// open whether it is durable; nothing may be written after it.
  [[nodiscard]] virtual Status commit() = 0;
  /// Notes outside the database that the log went as far as `head`, so that it is seen if less of
  /// it comes back. It may fail: it proves something, and nothing hangs on it.
  virtual void witness(const LogHead& head) = 0;
  /// Shows readers everything after `pruned` and up to `committed`.
  virtual void publish(Sequence committed, Sequence pruned) = 0;
};

/// A request waiting for its group.
struct PendingAppend {
  AppendRequest request;
  AppendCallback done;
};

/// Forms groups of requests and commits each with one synced write: checks commands, gives
/// sequences, chains and encodes the events, folds them into the projections, then tells observer,
/// readers, callers and listeners, in this order. Knows no thread and no database: a thread, or a
/// simulation, drives it. Confined to one thread at a time.
class GroupCommitter {
 public:
  struct Parts {
    GroupStore& store;
    Projections& projections;
    CommitListeners& listeners;
    CommitObserver observer;  ///< May be empty.
    StoreId store_id;
    AppenderLimits limits;
  };
  /// `head` is the newest event in the store; the checkpoints in the store are of that event.
  GroupCommitter(Parts parts, const LogHead& head, Sequence pruned = {});

  /// `failed` is called once, before any request is answered, when a write has failed.
  void on_failure(std::function<void(const Error&)> failed) { failed_ = std::move(failed); }

  /// Takes a request into the group, committing the group before if the request does not fit.
  /// Errors: of that commit, or of reading what the request needs; the request is then answered
  /// with kUnavailable, and this object must not be used again.
  [[nodiscard]] Status add(PendingAppend pending);

  /// Commits the group, if there is one, and answers its requests. An error means fail-stop: the
  /// requests were answered with kUnknownOutcome and this object must not be used again.
  [[nodiscard]] Status commit();

  /// Writes the checkpoints of all projections now, between two groups.
  [[nodiscard]] Status checkpoint();

  /// Has the store witness the newest committed event; nothing is done if it has already.
  void witness();
  [[nodiscard]] bool witnessed() const noexcept { return witnessed_ == group_head_.sequence; }

 private:
  /// A request with its events encoded, not yet in a group.
  struct Prepared {
    std::vector<Event> events;
    std::string records;
    std::vector<std::size_t> record_ends;
    std::size_t bytes = 0;
    LogHead head;
  };
  struct Completion {
    AppendCallback done;
    Result<AppendReceipt> result;
    bool of_group;  ///< Hangs on the write of this group.
  };
  struct RunEntry {
    EventLog::Range range;
    bool touched = false;
  };

  [[nodiscard]] Status prune(PendingAppend pending);
  [[nodiscard]] Status stop(PendingAppend& pending, Error error);
  [[nodiscard]] Status refuse(PendingAppend& pending, Error error);
  [[nodiscard]] Status commit_and_stop(PendingAppend& pending, Error error);
  /// True if the request was answered. Errors: kIo, kCorruption.
  [[nodiscard]] Result<bool> answer_known_command(PendingAppend& pending);
  [[nodiscard]] Result<std::optional<CommandRow>> find_command(const CommandId& id) const;
  [[nodiscard]] Status prepare(PendingAppend& pending);
  [[nodiscard]] Status load_runs(const std::vector<NewEvent>& events);
  void accept(PendingAppend pending);
  [[nodiscard]] Status write();
  void put_projection_rows();
  void put_rows(const TableBatch& rows);
  void put_index_rows();
  void put_checkpoints();
  void answer_group(const Status& outcome);

  Parts parts_;
  std::function<void(const Error&)> failed_;
  EventChain chain_;
  LogHead group_head_;  ///< Of the group, while `chain_` may be one request ahead.
  Sequence pruned_;
  Sequence witnessed_;
  Prepared prepared_;

  std::vector<Event> events_;
  std::vector<Completion> completions_;
  std::unordered_map<CommandId, CommandRow> commands_;
  std::unordered_map<RunId, RunEntry> runs_;
  TableBatch rows_;
  std::size_t bytes_ = 0;
  std::size_t events_since_checkpoint_ = 0;
};

}  // namespace runledger::store
