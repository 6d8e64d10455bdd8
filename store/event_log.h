#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schema/codec.h"
#include "schema/error.h"
#include "schema/events.h"
#include "store/tables.h"

namespace runledger::store {

/// A fact on its way into the log; sequence and previous hash are given when it is appended.
struct NewEvent {
  UtcTime time{};
  RunId run;
  Sequence causation{};
  Payload payload;
};

enum class BlobKind : std::uint8_t { kResult, kInput };

/// Content-addressed bytes, written in the batch of the event that names them.
struct Blob {
  BlobKind kind{};
  Digest digest;                              ///< sha256 of `bytes`.
  std::shared_ptr<const std::string> packed;  ///< pack_blob(bytes), made by the caller's thread.
};

/// What makes a command idempotent: a repeat of `id` returns the first receipt.
struct CommandKey {
  CommandId id;
  Digest content;  ///< Of what was asked: the same id with other content is kInvalidArgument.
};

/// Deletes the oldest events, and with them the rows of the runs that they tell of.
struct Prune {
  Sequence through{};  ///< Newest event to delete; no run may reach beyond it.
  /// Results that only events up to `through` name, as judged when the log ended at `judged_at`;
  /// what has been named since is kept.
  std::vector<Digest> results;
  Sequence judged_at{};
};

/// One atomic unit: all of it becomes durable, or none.
struct AppendRequest {
  std::optional<CommandKey> command;
  std::vector<NewEvent> events;  ///< At least one.
  std::vector<Blob> blobs;
  TableBatch rows;  ///< Only kUsers and kSecrets; everything else is derived from events.
  std::optional<Prune> prune;  ///< With one LogPruned as the only event; its `base` is filled in.
};

struct AppendReceipt {
  Sequence first{};
  Sequence last{};
  bool duplicate = false;  ///< The command had been appended before; these are its sequences.
};

/// One backup of a store.
struct BackupInfo {
  std::uint32_t id = 0;  ///< 1, 2, 3 ... in its directory.
  UtcTime taken_at{};
  Sequence committed{};  ///< Newest event that it has.
  Digest head_hash;      ///< Of that event.
  std::uint64_t bytes = 0;
  std::uint32_t files = 0;
};

using AppendCallback = std::move_only_function<void(Result<AppendReceipt>)>;

/// An event as read back.
struct RecordedEvent {
  Sequence sequence{};
  EventBytes bytes;
};

struct ReadLimits {
  std::size_t events_max = 1000;
  std::size_t bytes_max = 4U << 20U;
};

/// Keeps a listener registered; destroying it unregisters and waits for a call under way.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

/// Called after each commit with the newest visible sequence, on the appending thread: be brief,
/// never block, never append from it synchronously waiting for the result.
using CommitListener = std::function<void(Sequence committed)>;

/// Called on the appending thread for each event, in order, once it is durable and visible to
/// readers, and before the callback of its append.
using CommitObserver = std::function<void(const Event& event)>;

/// Work on the files of a log that is open. Thread-safe; blocks for as long as it takes, beside
/// appends and readers: call it from a thread that may wait.
class Maintenance {
 public:
  virtual ~Maintenance() = default;
  /// Adds a consistent copy of everything committed to the backups in `directory` and verifies it;
  /// files that an earlier one has already are not copied again.
  /// Errors: kInvalidArgument (no backup directory), kExhausted, kIo, kCorruption.
  [[nodiscard]] virtual Result<BackupInfo> backup(const std::filesystem::path& directory) = 0;
  /// Gives the space of what was pruned back to the disk.
  [[nodiscard]] virtual Status reclaim() = 0;
};

/// The one log. Thread-safe. Readers see only synced events, in sequence order, never a hole.
class EventLog {
 public:
  virtual ~EventLog() = default;

  /// Queues a request. Not ok = not accepted (kExhausted: queue full; kUnavailable: stopping or
  /// failed), `done` is never called. Ok = `done` runs once, on the appending thread: receipt, or
  /// kInvalidArgument (command id used with other content), kUnknownOutcome (write or sync failed),
  /// kUnavailable (not appended: a read, or one before, failed). Both end the log until reopened.
  [[nodiscard]] virtual Status append(AppendRequest request, AppendCallback done) = 0;

  /// Events with sequence > `after`, oldest first, at least one if there is one, up to `limits`.
  /// Errors: kNotFound (`after` is before pruned()), kCorruption (names the first bad sequence),
  /// kIo.
  [[nodiscard]] virtual Result<std::vector<RecordedEvent>> read(Sequence after,
                                                                ReadLimits limits) const = 0;

  /// One event; also an import that outlived the pruning of its part of the log.
  /// Errors: kNotFound, kCorruption, kIo.
  [[nodiscard]] virtual Result<EventBytes> find_event(Sequence sequence) const = 0;

  /// First and last sequence of a run's events (events of other runs and imports may lie between).
  /// Errors: kNotFound.
  struct Range {
    Sequence first{};
    Sequence last{};
  };
  [[nodiscard]] virtual Result<Range> run_range(const RunId& run) const = 0;

  /// The receipt of an earlier append with this command id (duplicate = true), if there was one.
  /// Errors: kInvalidArgument (it was used with other content), kIo.
  [[nodiscard]] virtual Result<std::optional<AppendReceipt>> find_command(
      const CommandKey& key) const = 0;

  /// Newest synced and visible sequence. Acquire load.
  [[nodiscard]] virtual Sequence committed() const noexcept = 0;

  /// Newest event that has been pruned; 0: none. What is kept begins after it.
  [[nodiscard]] virtual Sequence pruned() const noexcept = 0;

  /// A wake-up only; the data comes from read().
  [[nodiscard]] virtual std::unique_ptr<Subscription> notify_committed(
      CommitListener listener) const = 0;

  /// The unpacked bytes of a result or input. Errors: kNotFound, kCorruption, kIo.
  [[nodiscard]] virtual Result<std::string> blob(BlobKind kind, const Digest& digest) const = 0;

  /// Committed rows of the tables.
  [[nodiscard]] virtual const TableReader& tables() const noexcept = 0;

  /// Ok, or why the log is fail-stop.
  [[nodiscard]] virtual Status health() const = 0;

  [[nodiscard]] virtual StoreId store_id() const noexcept = 0;

  /// Size of what holds the committed data; 0 if it is in memory. Errors: kIo.
  [[nodiscard]] virtual Result<std::uint64_t> bytes_on_disk() const = 0;

  /// What can be done to the files below, or null if there are none or they may not be written.
  [[nodiscard]] virtual Maintenance* maintenance() noexcept = 0;

  /// Stops accepting, finishes what is queued, writes checkpoints. Idempotent.
  virtual void close() = 0;
};

}  // namespace runledger::store
