#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/clock.h"
#include "engine/eta.h"
#include "engine/inputs/import.h"
#include "engine/job.h"
#include "engine/run_state.h"
#include "schema/error.h"
#include "schema/events.h"
#include "store/event_log.h"
#include "store/retention.h"

namespace runledger::engine {

/// What a caller may ask of a run. Dates absent: the last trading day that has prices.
struct StartRunRequest {
  std::vector<std::string> portfolios;  ///< Ids or unique names; empty: all.
  std::optional<Date> as_of;            ///< One trading day; excludes from/to.
  std::optional<Date> from, to;         ///< A range; trading days in it are run, oldest first.
  bool with_correlations = false;
  bool market_data_only = false;
  bool correlations_only = false;
  bool recalculate = false;  ///< Compute also what an earlier run computed from the same inputs.
  bool force = false;        ///< Cancel the run that is running, wait for its end, then start.
  std::string triggered_by;
};

struct StartedRun {
  RunId run;
  Sequence sequence{};     ///< Of RunRequested.
  bool duplicate = false;  ///< The idempotency key was used before: this is the run it started.
  RunScope scope;
};

struct JobCounts {
  std::uint32_t total = 0;
  std::uint32_t completed = 0;  ///< Succeeded, with and without warnings.
  std::uint32_t failed = 0;
  std::uint32_t skipped = 0;
  std::uint32_t cancelled = 0;
  std::uint32_t running = 0;
  std::uint32_t retrying = 0;
  std::uint32_t pending = 0;  ///< Not ended: running and retrying included.
};

struct RunningJob {
  JobRef job;
  std::string portfolio_name;  ///< Empty for the market scope.
  Attempt attempt{};
  UtcTime since{};
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string unit;
};

/// A job that waits for its next attempt.
struct RetryingJob {
  JobRef job;
  std::string portfolio_name;  ///< Empty for the market scope.
  WaitingRetry retry;
};

struct RunProgress {
  RunId run;
  RunStatus status{};
  std::string triggered_by;
  RunScope scope;
  UtcTime requested_at{};
  std::optional<UtcTime> started_at;
  JobCounts jobs;
  std::vector<RunningJob> running;  ///< Oldest attempt first, at most 16.
  std::uint32_t portfolio_dates_completed =
      0;  ///< (portfolio, date) pairs all of whose jobs ended.
  std::uint32_t portfolio_dates_total = 0;
  double percent = 0;  ///< 0..100; never falls; 100 only when the run has ended.
  double elapsed_seconds = 0;
  /// Time left with a 95 % band (engine/eta.h); absent until there is something to judge by.
  std::optional<Eta> eta;
  std::vector<RetryingJob> retrying;  ///< Next to be attempted first, at most 50.
};

/// The state of the engine after event `as_of`, as durable.
struct CurrentRun {
  Sequence as_of{};
  std::optional<RunProgress> run;  ///< Absent: idle.
};

struct ImportOutcome {
  bool changed = false;  ///< False: the same content had been imported before; nothing was done.
  std::variant<PortfolioImported, InputIngested> imported;
  Sequence sequence{};  ///< Of the event, old or new.
  std::vector<ImportIssue> notes;
};

struct ImportFailure {
  Error error;
  std::vector<ImportIssue> issues;  ///< Every error of the file; empty if the file is not to blame.
};

/// What the engine is, for showing.
struct EngineFacts {
  std::string numerics_profile;
  std::uint32_t formula_version = 0;
  unsigned compute_threads = 0;  ///< 0: read-only, nothing is computed.
  UtcTime started_at{};
};

struct StoreBytes {
  std::uint64_t used = 0;
  std::uint64_t free = 0;
};

/// What a pruning took, or would take.
struct PruneOutcome {
  store::PrunePlan plan;
  std::filesystem::path archive;     ///< Empty: none was written.
  std::optional<Sequence> recorded;  ///< Of LogPruned; absent in a dry run.
};

/// The engine as the layers above see it. All calls are thread-safe and block until what they say
/// is durable; call them from a thread that may wait, never from an I/O loop. Queries of history
/// read `log().tables()` with the functions of store/run_history.h, job_history.h and catalog.h.
class Service {
 public:
  virtual ~Service() = default;

  /// Starts a run. With `command`, repeating the call returns the run that the first one started.
  /// Errors: kConflict (one is running, and no force), kNotFound (unknown portfolio),
  /// kInvalidArgument (dates; no prices; the key was used for something else), kExhausted (disk),
  /// kUnavailable (draining or failed), kUnknownOutcome.
  [[nodiscard]] virtual Result<StartedRun> start_run(const StartRunRequest& request,
                                                     std::optional<CommandId> command) = 0;

  /// Asks the current run to stop; returns once the request is durable. The run's end follows as
  /// RunFinished within about a second. Errors: kNotFound (nothing is running), kConflict (`run` is
  /// not the current one).
  [[nodiscard]] virtual Result<RunId> cancel_run(std::optional<RunId> run,
                                                 const std::string& requested_by) = 0;

  /// Starts a new run with the scope of `run`, which must have ended, limited to the portfolios
  /// that had failed or cancelled jobs. Errors as start_run; kNotFound; kConflict (nothing failed).
  [[nodiscard]] virtual Result<StartedRun> retry_run(const RunId& run,
                                                     const std::string& triggered_by,
                                                     std::optional<CommandId> command) = 0;

  /// Checks and imports one file. kScenarios is not accepted.
  [[nodiscard]] virtual std::expected<ImportOutcome, ImportFailure> import_input(
      InputKind kind, const std::string& file_name, std::string bytes) = 0;
  /// Creates the portfolio `request.name` or replaces its positions; `request.id` is ignored.
  /// Absent equity keeps what an earlier import gave.
  [[nodiscard]] virtual std::expected<ImportOutcome, ImportFailure> import_portfolio(
      PortfolioImportRequest request) = 0;
  /// Errors: kNotFound.
  [[nodiscard]] virtual Status delete_portfolio(const std::string& id_or_name) = 0;

  /// Records who was let in or turned away, together with rows of kUsers and kSecrets.
  [[nodiscard]] virtual Result<Sequence> record_access(
      std::variant<AccessGranted, AccessDenied> event, store::TableBatch rows) = 0;

  /// The current run, as durable. Cheap: no I/O.
  [[nodiscard]] virtual CurrentRun current_run() const = 0;
  /// Waits until no run is active or `timeout` has passed; true if idle.
  [[nodiscard]] virtual bool wait_until_idle(std::chrono::milliseconds timeout) const = 0;

  /// State of a run after event `at` (clamped to its last event), rebuilt from the log, as JSON:
  /// run, status, counts, and every job with its status and attempts. Errors: kNotFound.
  [[nodiscard]] virtual Result<std::string> run_state_at(const RunId& run, Sequence at) const = 0;

  /// Newest date with prices. Errors: kNotFound (none imported).
  [[nodiscard]] virtual Result<Date> last_price_date() const = 0;

  [[nodiscard]] virtual const store::EventLog& log() const noexcept = 0;
  /// kUnavailable while starting or draining; why, if the log is fail-stop.
  [[nodiscard]] virtual Status health() const = 0;
  [[nodiscard]] virtual const Clock& clock() const noexcept = 0;
  [[nodiscard]] virtual Epoch epoch() const noexcept = 0;
  [[nodiscard]] virtual const EngineFacts& about() const noexcept = 0;

  /// Size of the files that hold the log, and room on their disk. Errors: kIo.
  [[nodiscard]] virtual Result<StoreBytes> store_bytes() const = 0;
  /// Adds a backup to the directory of ServiceOptions, beside everything else that goes on.
  /// Errors: kInvalidArgument (there is no such directory in the options), kUnavailable
  /// (read-only), kExhausted, kIo, kCorruption.
  [[nodiscard]] virtual Result<store::BackupInfo> backup() = 0;
  /// Deletes what `policy` does not keep, after it has been archived. With `dry_run` only says what
  /// would go. Absent: there is nothing to prune. Takes as long as the archive and the compaction.
  /// Errors: kConflict (a run is going on), kUnavailable, kExhausted, kIo, kCorruption.
  [[nodiscard]] virtual Result<std::optional<PruneOutcome>> prune(
      const store::RetentionPolicy& policy, bool dry_run) = 0;

  /// Refuses new commands, lets running attempts finish for at most `patience`, then stops: a run
  /// that is not done resumes at the next start. Idempotent; the destructor calls it.
  virtual void drain(std::chrono::milliseconds patience) = 0;
};

struct ServiceOptions {
  std::filesystem::path data_directory;
  bool must_exist = false;
  bool read_only = false;                           ///< Queries only: commands answer kUnavailable.
  unsigned compute_threads = 0;                     ///< 0: one a core.
  std::uint64_t free_disk_bytes_min = 256U << 20U;  ///< Less than this: no new run starts.
  std::filesystem::path backup_directory;           ///< Empty: backup() is refused.
  std::filesystem::path archive_directory;          ///< Empty: "archive" in the data directory.
  bool archive = true;                              ///< False: what is pruned is gone for good.
};

/// Opens the store, recovers (closes open attempts as interrupted, resumes an unfinished run), and
/// starts the engine's threads. `clock` must outlive the service.
/// Errors: those of open_rocks_event_log; kUnsupported if the processor lacks what the maths need.
[[nodiscard]] Result<std::unique_ptr<Service>> open_service(const ServiceOptions& options,
                                                            const Clock& clock);

}  // namespace runledger::engine
