#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schema/events.h"
#include "store/projection.h"
#include "store/tables.h"

/// Projection of jobs that have ended: one row a job, by the sequence of its end, with secondary
/// keys by run, portfolio, job type and status.
namespace runledger::store {

struct JobRow {
  Sequence sequence{};  ///< Of the event that ended the job.
  RunId run;
  JobRef job;
  JobStatus status{};
  std::uint32_t attempts = 0;
  std::optional<UtcTime> started_at;  ///< First attempt.
  UtcTime finished_at{};
  nanoseconds duration{};  ///< Of the attempt that succeeded; else 0.
  std::uint64_t records = 0;
  std::string unit;
  std::optional<DataQuality> quality;
  std::vector<std::string> warnings;
  std::optional<ErrorCategory> category;
  std::string error;
  std::string detail;
  std::optional<SkipReason> skip_reason;
  std::optional<std::uint32_t> because_of;
  Digest input_hash;
  Digest result_hash;
  std::uint32_t formula_version = 0;
  std::optional<Sequence> reused_from;  ///< The job that computed the result, if not this one.
};

struct JobFilter {
  std::optional<RunId> run;
  std::optional<PortfolioId> portfolio;
  std::optional<JobType> type;
  std::optional<JobStatus> status;
  std::optional<UtcTime> finished_from;  ///< Inclusive.
  std::optional<UtcTime> finished_to;    ///< Exclusive.
};

struct JobPage {
  std::vector<JobRow> rows;
  std::optional<Sequence> next_before;
};

/// Counts per job type over a time range.
struct JobTypeSummary {
  JobType type{};
  std::uint64_t succeeded = 0;
  std::uint64_t with_warnings = 0;
  std::uint64_t failed = 0;
  std::uint64_t skipped = 0;
  std::uint64_t cancelled = 0;
  nanoseconds duration{};
};

/// The newest result of a (portfolio, as-of date, job type).
struct LatestResult {
  JobType type{};
  Date as_of{};
  Sequence sequence{};
  RunId run;
  JobStatus status{};
  Digest input_hash;   ///< Nil when the newest outcome is a skip.
  Digest result_hash;  ///< Nil when the newest outcome is a skip.
  std::optional<SkipReason> skip_reason;
  std::uint32_t formula_version = 0;
};

/// Keeps kJobs, kJobIndex and kLatest.
[[nodiscard]] std::unique_ptr<Projection> make_job_history();

/// Rows that match all of `filter`, newest first, at most `limit`, before `before`.
/// Walks the most selective secondary key that the filter names.
[[nodiscard]] Result<JobPage> list_jobs(const TableReader& tables,
                                        const JobFilter& filter,
                                        std::optional<Sequence> before,
                                        std::size_t limit);
[[nodiscard]] Result<std::vector<JobTypeSummary>> summarize_jobs(const TableReader& tables,
                                                                 UtcTime from,
                                                                 UtcTime to);
/// Newest results of a portfolio (nil: the market scope) as of `as_of`, by job type. A failed or
/// cancelled job leaves the last result that there was. A later skip by a condition replaces it.
[[nodiscard]] Result<std::vector<LatestResult>> latest_results(const TableReader& tables,
                                                               const PortfolioId& portfolio,
                                                               Date as_of);
/// The newest result of one (portfolio, as-of date, job type); nullopt if there is none.
[[nodiscard]] Result<std::optional<LatestResult>> find_latest(const TableReader& tables,
                                                              const PortfolioId& portfolio,
                                                              Date as_of,
                                                              JobType type);
/// Newest result of one job type for as-of dates <= `as_of`, newest date first, at most `limit`.
[[nodiscard]] Result<std::vector<LatestResult>> latest_results_before(const TableReader& tables,
                                                                      const PortfolioId& portfolio,
                                                                      JobType type,
                                                                      Date as_of,
                                                                      std::size_t limit);

}  // namespace runledger::store
