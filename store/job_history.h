#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schema/events.h"
#include "store/projection.h"
#include "store/tables.h"

/// Projection of jobs that have ended: one row a job, by the sequence of its end, and an index of
/// blocks of rows (job_blocks.h) by everything that a filter can name.
namespace runledger::store {

/// What a job leaves of the result that it is for.
enum class JobYield : std::uint8_t {
  kNoResult = 1,   ///< Failed, cancelled, or skipped because of another job.
  kNotNeeded = 2,  ///< Skipped by a condition: there is nothing to calculate.
  kLimited = 3,    ///< A result with warnings or of limited quality.
  kFull = 4,       ///< A result.
};

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
  std::string triggered_by;             ///< Who asked for the run; empty if that is not known.
};

/// What all of must hold; what is absent holds always.
struct JobFilter {
  std::optional<RunId> run = std::nullopt;
  std::optional<PortfolioId> portfolio = std::nullopt;  ///< Nil: jobs of the market scope.
  std::optional<JobType> type = std::nullopt;
  std::vector<JobStatus> statuses = {};  ///< Any of them; empty: any at all.
  std::optional<ErrorCategory> category = std::nullopt;
  std::optional<std::string> triggered_by = std::nullopt;
  std::optional<UtcTime> finished_from = std::nullopt;  ///< Inclusive.
  std::optional<UtcTime> finished_to = std::nullopt;    ///< Exclusive.
  std::optional<Date> as_of_from = std::nullopt;        ///< Inclusive.
  std::optional<Date> as_of_to = std::nullopt;          ///< Inclusive.
  std::optional<Sequence> until = std::nullopt;         ///< Ended by this event, or before.
};

struct JobPage {
  std::vector<JobRow> rows;
  std::optional<Sequence> next_before;
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

/// Rows that match all of `filter`, newest first, at most `limit`, before `before`. Rows that are
/// added while a list is paged through come before its first page and change no later one.
/// Cost: that of the rows of the page, and of the blocks that are passed over to find them (about a
/// microsecond for each block of 4096 events and each field of the filter). Errors: kCorruption,
/// kIo.
[[nodiscard]] Result<JobPage> list_jobs(const TableReader& tables,
                                        const JobFilter& filter,
                                        std::optional<Sequence> before,
                                        std::size_t limit);
/// How many rows match all of `filter`. Cost: about a microsecond for each block and each field of
/// the filter; blocks at the ends of the time range are read row by row. Errors: kCorruption, kIo.
[[nodiscard]] Result<std::uint64_t> count_jobs(const TableReader& tables, const JobFilter& filter);

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

/// Newest result of each job type of a portfolio that computed something (skips do not count), each
/// of the newest as-of date that has one, by job type. Cost: reads the rows of the portfolio's
/// newest dates until every type of `types` is found, at most all of them.
[[nodiscard]] Result<std::vector<LatestResult>> newest_results(const TableReader& tables,
                                                               const PortfolioId& portfolio,
                                                               const std::vector<JobType>& types);

}  // namespace runledger::store
