#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/ids.h"
#include "schema/time.h"
#include "schema/vocabulary.h"

/// The facts of the log as plain values. The bytes are FlatBuffers (event.fbs); only codec.cc
/// knows.
namespace runledger {

// --- engine
// ---------------------------------------------------------------------------------------

/// A process took over the store. Attempts of older epochs can change nothing from here on.
struct EngineStarted {
  Epoch epoch{};
  std::string build;             ///< Version and compiler.
  std::string numerics_profile;  ///< What the bits of a number depend on.
  friend bool operator==(const EngineStarted&, const EngineStarted&) = default;
};

// --- run
// ------------------------------------------------------------------------------------------

/// What a run is asked to cover.
struct RunScope {
  std::vector<PortfolioId> portfolios;  ///< Empty: all.
  Date from{};                          ///< First as-of date, a trading day.
  Date to{};                            ///< Last as-of date, a trading day.
  bool with_correlations = false;       ///< position_correlations on every date, not only Tuesdays.
  bool market_data_only = false;        ///< Only market_data_update.
  bool correlations_only = false;       ///< Only position_correlations and what it needs.
  bool recalculate = false;  ///< Compute again what an earlier run computed from the same inputs.
  friend bool operator==(const RunScope&, const RunScope&) = default;
};

struct RunRequested {
  std::string triggered_by;  ///< E-mail, "cli", "schedule:<name>".
  bool force = false;
  RunScope scope;
  std::optional<RunId> retry_of;  ///< The run whose failed jobs this one repeats.
  friend bool operator==(const RunRequested&, const RunRequested&) = default;
};

struct RunRejected {
  std::string reason;
  friend bool operator==(const RunRejected&, const RunRejected&) = default;
};

struct PlannedPortfolio {
  PortfolioId id;
  std::string name;
  Digest content;  ///< Of its positions file.
  friend bool operator==(const PlannedPortfolio&, const PlannedPortfolio&) = default;
};

struct PlannedJobType {
  JobType type{};
  std::uint32_t formula_version = 0;
  friend bool operator==(const PlannedJobType&, const PlannedJobType&) = default;
};

/// The dates and portfolios for which a conditional job does not run.
struct PlannedCondition {
  JobType type{};
  SkipReason reason{};
  std::vector<std::uint8_t>
      skipped;  ///< Bit (date index x portfolios + portfolio index), LSB first.
  friend bool operator==(const PlannedCondition&, const PlannedCondition&) = default;
};

/// Everything that decides which jobs the run has, so that it is always shown as it was.
/// Job indexes: dates in order; in a date market_data_update first (index 0), then for each
/// portfolio in order its job types in order.
struct RunPlanned {
  std::vector<Date> dates;
  std::vector<PlannedPortfolio> portfolios;
  std::vector<PlannedJobType> job_types;
  std::vector<PlannedCondition> conditions;
  Sequence inputs_through{};  ///< Inputs imported by events up to here are used.
  Digest inputs_hash;         ///< Of all of them.
  std::string numerics_profile;
  std::uint32_t jobs_total = 0;
  friend bool operator==(const RunPlanned&, const RunPlanned&) = default;
};

struct RunStarted {
  Epoch epoch{};
  friend bool operator==(const RunStarted&, const RunStarted&) = default;
};

struct RunCancelRequested {
  std::string requested_by;
  friend bool operator==(const RunCancelRequested&, const RunCancelRequested&) = default;
};

struct RunResumed {
  Epoch epoch{};
  friend bool operator==(const RunResumed&, const RunResumed&) = default;
};

struct JobTypeCount {
  JobType type{};
  std::uint32_t succeeded = 0;
  std::uint32_t failed = 0;
  std::uint32_t skipped = 0;
  std::uint32_t cancelled = 0;
  std::uint64_t records = 0;
  nanoseconds duration{};  ///< Sum over attempts that succeeded.
  friend bool operator==(const JobTypeCount&, const JobTypeCount&) = default;
};

struct CategoryCount {
  ErrorCategory category{};
  std::uint32_t attempts = 0;
  friend bool operator==(const CategoryCount&, const CategoryCount&) = default;
};

/// The roll-up of a run, made when it ends.
struct RunSummary {
  std::uint32_t jobs_total = 0;
  std::uint32_t succeeded = 0;  ///< With and without warnings.
  std::uint32_t with_warnings = 0;
  std::uint32_t failed = 0;
  std::uint32_t skipped = 0;
  std::uint32_t cancelled = 0;
  std::uint32_t retries = 0;
  std::uint32_t interruptions = 0;
  std::uint64_t records = 0;
  nanoseconds duration{};  ///< From RunStarted to RunFinished, wall clock.
  std::vector<JobTypeCount> by_job_type;
  std::vector<CategoryCount> error_categories;
  std::uint32_t portfolios_full = 0;  ///< On the last date of the run.
  std::uint32_t portfolios_limited = 0;
  std::uint32_t portfolios_failed = 0;
  std::uint64_t positions_processed = 0;
  double average_history_days = 0.0;  ///< Trading days, mean over position_values_update jobs.
  double coverage = 0.0;              ///< 0..1, mean over position_values_update jobs.
  std::uint32_t reused = 0;           ///< Of those that succeeded: with a result of an earlier run.
  friend bool operator==(const RunSummary&, const RunSummary&) = default;
};

struct RunFinished {
  RunStatus status{};
  RunSummary summary;
  std::string reason;  ///< Why a run had nothing to do or failed as a whole; else empty.
  friend bool operator==(const RunFinished&, const RunFinished&) = default;
};

// --- job
// ------------------------------------------------------------------------------------------

/// Which job of the run a fact is about.
struct JobRef {
  std::uint32_t index = 0;
  JobType type{};
  PortfolioId portfolio;  ///< Nil for the market scope.
  Date as_of{};
  friend bool operator==(const JobRef&, const JobRef&) = default;
};

struct JobAttempted {
  JobRef job;
  Attempt attempt{};
  Epoch epoch{};
  friend bool operator==(const JobAttempted&, const JobAttempted&) = default;
};

struct JobProgressed {
  JobRef job;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string unit;  ///< "positions", "pairs", "scenarios".
  std::string message;
  friend bool operator==(const JobProgressed&, const JobProgressed&) = default;
};

struct JobRetryScheduled {
  JobRef job;
  Attempt attempt{};  ///< The one that failed.
  UtcTime due{};
  ErrorCategory category{};
  std::string error;
  friend bool operator==(const JobRetryScheduled&, const JobRetryScheduled&) = default;
};

struct JobSucceeded {
  JobRef job;
  Attempt attempt{};
  Epoch epoch{};
  std::uint64_t records = 0;
  nanoseconds duration{};
  std::string unit;  ///< What `records` counts.
  DataQuality quality;
  std::vector<std::string> warnings;
  Digest input_hash;
  Digest result_hash;
  std::uint32_t formula_version = 0;
  std::vector<PortfolioId>
      uncovered;  ///< Only market_data_update: too few of their symbols priced.
  /// The event of the job that computed this result, from the same inputs; absent: this one did.
  std::optional<Sequence> reused_from;
  friend bool operator==(const JobSucceeded&, const JobSucceeded&) = default;
};

struct JobFailed {
  JobRef job;
  Attempt attempt{};
  ErrorCategory category{};
  std::string error;   ///< Stable code of the cause.
  std::string detail;  ///< For people.
  friend bool operator==(const JobFailed&, const JobFailed&) = default;
};

struct JobSkipped {
  JobRef job;
  SkipReason reason{};
  std::optional<std::uint32_t> because_of;  ///< Index of the job that is the cause.
  friend bool operator==(const JobSkipped&, const JobSkipped&) = default;
};

struct JobCancelled {
  JobRef job;
  friend bool operator==(const JobCancelled&, const JobCancelled&) = default;
};

/// The engine that ran this attempt is gone; the job will be attempted again.
struct JobInterrupted {
  JobRef job;
  Attempt attempt{};
  Epoch epoch{};  ///< Of the attempt.
  friend bool operator==(const JobInterrupted&, const JobInterrupted&) = default;
};

// --- inputs
// ---------------------------------------------------------------------------------------

struct PortfolioImported {
  PortfolioId portfolio;
  std::string name;
  Digest content;  ///< Of the positions file; the bytes are stored as an input.
  std::string file_name;
  std::uint32_t positions = 0;
  std::optional<double> equity;  ///< Money in the portfolio's currency.
  std::optional<Date> equity_date;
  friend bool operator==(const PortfolioImported&, const PortfolioImported&) = default;
};

struct PortfolioDeleted {
  PortfolioId portfolio;
  std::string name;
  friend bool operator==(const PortfolioDeleted&, const PortfolioDeleted&) = default;
};

/// A file of an InputKind came in.
struct InputIngested {
  InputKind kind{};
  Digest content;
  std::string file_name;
  std::uint64_t rows = 0;
  std::uint32_t symbols = 0;
  std::optional<Date> first_date;
  std::optional<Date> last_date;
  friend bool operator==(const InputIngested&, const InputIngested&) = default;
};

// --- access
// ---------------------------------------------------------------------------------------

struct AccessGranted {
  std::string email;
  std::string what;    ///< "login", "user added with role admin".
  std::string remote;  ///< Address of the client, or "cli".
  friend bool operator==(const AccessGranted&, const AccessGranted&) = default;
};

struct AccessDenied {
  std::string email;
  std::string what;
  std::string remote;
  friend bool operator==(const AccessDenied&, const AccessDenied&) = default;
};

// --- log
// ------------------------------------------------------------------------------------------

/// The oldest events were archived and then deleted. What is left stays verifiable: the chain goes
/// on from `through_hash`, and projections are rebuilt from what `base` names.
struct LogPruned {
  Sequence first{};     ///< Oldest event that was deleted.
  Sequence through{};   ///< Newest event that was deleted: the last of a run, never inside one.
  Digest through_hash;  ///< Its hash in the chain.
  std::uint32_t runs = 0;
  std::string archive;  ///< File name of the archive; empty: the operator wanted none.
  Digest archive_root;  ///< Merkle root over the hashes of the events that were deleted.
  Digest base;          ///< Of the rows and states that outlive the events they came from.
  std::string reason;   ///< "age", "size", "by hand".
  friend bool operator==(const LogPruned&, const LogPruned&) = default;
};

/// A payload of a newer version of the program: kept, counted, never interpreted.
struct UnknownPayload {
  std::uint8_t type = 0;
  friend bool operator==(const UnknownPayload&, const UnknownPayload&) = default;
};

using Payload = std::variant<EngineStarted,
                             RunRequested,
                             RunRejected,
                             RunPlanned,
                             RunStarted,
                             RunCancelRequested,
                             RunResumed,
                             RunFinished,
                             JobAttempted,
                             JobProgressed,
                             JobRetryScheduled,
                             JobSucceeded,
                             JobFailed,
                             JobSkipped,
                             JobCancelled,
                             JobInterrupted,
                             PortfolioImported,
                             PortfolioDeleted,
                             InputIngested,
                             AccessGranted,
                             AccessDenied,
                             LogPruned,
                             UnknownPayload>;

/// One recorded fact.
struct Event {
  Sequence sequence{};
  UtcTime time{};
  RunId run;             ///< Nil for what belongs to no run.
  Sequence causation{};  ///< The event that led to this one; 0 = a command from outside.
  Digest previous;       ///< Hash of the event before this one: the chain.
  Payload payload;

  friend bool operator==(const Event&, const Event&) = default;
};

/// Name of the payload's kind as in the API: "JobSucceeded", "PricesIngested". Lives for ever.
[[nodiscard]] std::string_view event_type(const Payload& payload) noexcept;
/// All that event_type gives for what this version knows.
inline constexpr std::array<std::string_view, 30> kEventTypes = {
    "EngineStarted",     "RunRequested",      "RunRejected",        "RunPlanned",
    "RunStarted",        "RunResumed",        "RunCancelRequested", "RunFinished",
    "JobAttempted",      "JobProgressed",     "JobRetryScheduled",  "JobSucceeded",
    "JobFailed",         "JobSkipped",        "JobCancelled",       "JobInterrupted",
    "PortfolioImported", "PortfolioDeleted",  "PricesIngested",     "RatesIngested",
    "SectorsIngested",   "QuotesIngested",    "SplitsIngested",     "DividendsIngested",
    "FlowsIngested",     "ParametersChanged", "ScenariosChanged",   "AccessGranted",
    "AccessDenied",      "LogPruned"};
/// Succeeded, or with warnings: if it has some, or if its quality is not full.
[[nodiscard]] JobStatus status_of(const JobSucceeded& succeeded) noexcept;
/// The job that a payload is about; null for all that is not about one.
[[nodiscard]] const JobRef* job_of(const Payload& payload) noexcept;

}  // namespace runledger
