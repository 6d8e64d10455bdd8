#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/error.h"
#include "schema/ids.h"
#include "schema/time.h"
#include "schema/vocabulary.h"
#include "store/duration_histogram.h"
#include "store/job_history.h"
#include "store/tables.h"

/// What the job history amounts to: counts, durations and errors over time, and the jobs that stand
/// out. Read from the summaries of blocks; where a block or a day lies only partly in the period,
/// from its rows, so that every count is exact.
namespace runledger::store {

/// Counts of the jobs that ended in some span of time.
struct JobCounts {
  std::uint64_t succeeded = 0;      ///< With and without warnings.
  std::uint64_t with_warnings = 0;  ///< Of those that succeeded.
  std::uint64_t failed = 0;
  std::uint64_t skipped = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t reused = 0;    ///< Of those that succeeded: with the result of an earlier job.
  std::uint64_t retried = 0;   ///< Took more than one attempt, however they ended.
  nanoseconds duration{};      ///< Sum over those that succeeded.
  nanoseconds longest{};       ///< Of those that computed their result.
  DurationHistogram computed;  ///< Durations of those that computed their result.
  /// Jobs that failed, by what and why.
  std::map<std::pair<std::string, std::optional<ErrorCategory>>, std::uint64_t> errors;

  [[nodiscard]] std::uint64_t jobs() const noexcept {
    return succeeded + failed + skipped + cancelled;
  }
  void merge(const JobCounts& other);
};

/// A span of whole UTC days.
enum class TimeBucket : std::uint8_t { kDay, kWeek, kMonth };
/// First day of the bucket that `day` is in; weeks begin on Monday (ISO 8601).
[[nodiscard]] Date bucket_begin(TimeBucket bucket, Date day) noexcept;

struct StatisticsQuery {
  UtcTime from{};  ///< Inclusive; of the end of the job.
  UtcTime to{};    ///< Exclusive.
  std::optional<JobType> type = std::nullopt;
  std::optional<PortfolioId> portfolio = std::nullopt;  ///< Then all of its rows are read.
  TimeBucket bucket = TimeBucket::kDay;
};

struct JobTypeStatistics {
  JobType type{};
  JobCounts total;
  std::map<Date, JobCounts> buckets;  ///< By first day; none without jobs.
};

/// Statistics by job type, those without jobs left out. Cost: a few microseconds for each block and
/// day in the period. Errors: kCorruption, kIo.
[[nodiscard]] Result<std::vector<JobTypeStatistics>> job_statistics(const TableReader& tables,
                                                                    const StatisticsQuery& query);

/// The jobs with the longest computations that ended in [from, to), longest first, older first
/// among equals; at most `limit`. Cost: reads the rows of about `limit` blocks.
[[nodiscard]] Result<std::vector<JobRow>> slowest_jobs(const TableReader& tables,
                                                       UtcTime from,
                                                       UtcTime to,
                                                       std::optional<JobType> type,
                                                       std::size_t limit);

/// How often the jobs of a portfolio and type failed or needed another attempt.
struct FlakyJobs {
  PortfolioId portfolio;  ///< Nil: the market scope.
  JobType type{};
  std::uint64_t jobs = 0;
  std::uint64_t failed = 0;
  std::uint64_t retried = 0;
};
/// Those with a failure or a retry among the jobs that ended in [from, to): the greatest share of
/// failures first, then the greatest share of retries, then the most jobs; at most `limit`.
[[nodiscard]] Result<std::vector<FlakyJobs>> flakiest_jobs(const TableReader& tables,
                                                           UtcTime from,
                                                           UtcTime to,
                                                           std::size_t limit);

}  // namespace runledger::store
