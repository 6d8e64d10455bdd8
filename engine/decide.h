#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/job.h"
#include "engine/retry_policy.h"
#include "engine/run_state.h"
#include "schema/error.h"
#include "schema/events.h"

/// What may happen next: commands in, facts out. Pure: time and chance come in as arguments.
namespace runledger::engine {

/// Somebody wants a run. Refused with kConflict while another one is active.
struct RequestRun {
  RunId run;
  RunRequested request;
};
/// The plan of the requested run is ready, or it cannot be planned.
struct SupplyPlan {
  std::expected<RunPlanned, std::string> plan;
};
struct CancelRun {
  std::optional<RunId> run;  ///< Absent: whichever is active.
  std::string requested_by;
};
/// The engine has just started and found this run unfinished.
struct ResumeRun {};
struct StartAttempts {
  std::vector<std::uint32_t> jobs;  ///< All ready, or retrying and due.
};
/// Jobs whose condition is false or whose cause failed (RunState::to_skip).
struct SkipJobs {
  std::vector<std::uint32_t> jobs;
};
/// Jobs of a run being cancelled that have no attempt under way.
struct CancelJobs {
  std::vector<std::uint32_t> jobs;
};
struct ReportProgress {
  std::uint32_t job = 0;
  Attempt attempt{};
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string unit;
};
/// What an attempt gave, as recorded: the document itself travels beside it.
struct AttemptResult {
  std::optional<SkipReason> nothing_to_do;
  std::uint64_t records = 0;
  std::string unit;
  DataQuality quality;
  std::vector<std::string> warnings;
  Digest input_hash;
  Digest result_hash;
  std::uint32_t formula_version = 0;
  std::vector<PortfolioId> uncovered;
  std::optional<Sequence> reused_from;  ///< The document is that of an earlier job.
};
struct EndAttempt {
  std::uint32_t job = 0;
  Attempt attempt{};
  Epoch epoch{};
  nanoseconds duration{};
  std::expected<AttemptResult, JobError> result;
};
struct FinishRun {};

using Command = std::variant<RequestRun,
                             SupplyPlan,
                             CancelRun,
                             ResumeRun,
                             StartAttempts,
                             SkipJobs,
                             CancelJobs,
                             ReportProgress,
                             EndAttempt,
                             FinishRun>;

struct DecideContext {
  UtcTime now{};
  Epoch epoch{};
  const RetryPolicy& retry;
  Random& random;
};

/// The facts that `command` leads to, in order. `active` is the run that has not ended, or null;
/// the facts are about `active`, except for RequestRun. A stale or repeated EndAttempt or
/// ReportProgress gives none. Errors: kConflict, kNotFound.
[[nodiscard]] Result<std::vector<Payload>> decide(const RunState* active,
                                                  const Command& command,
                                                  const DecideContext& context);

}  // namespace runledger::engine
