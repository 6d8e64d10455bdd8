#pragma once

#include <string>
#include <string_view>

#include "schema/error.h"
#include "store/job_history.h"

/// Keys and rows of job history; shared by the projection and its queries.
///
/// kJobs:     sequence -> head, row
/// kJobIndex: 'r' run sequence | 'p' portfolio sequence | 't' type sequence | 's' status sequence
/// -> head
///            'd' day -> first job that ended on that UTC day, if on none later before
/// kLatest:   portfolio as-of type -> latest result
namespace runledger::store {

/// The fields that filters and summaries look at: the front of a row, and the value of its
/// secondary keys, so that most rows are passed over without being read or decoded.
struct JobHead {
  JobType type{};
  JobStatus status{};
  UtcTime finished_at{};
  nanoseconds duration{};
};

[[nodiscard]] JobHead head_of(const JobRow& row);
[[nodiscard]] std::string encode_job_head(const JobHead& head);
/// Decodes the front of `bytes`. Errors: kCorruption.
[[nodiscard]] Result<JobHead> decode_job_head(std::string_view bytes);

[[nodiscard]] std::string encode_job_row(const JobRow& row);
/// Errors: kCorruption.
[[nodiscard]] Result<JobRow> decode_job_row(std::string_view bytes);

[[nodiscard]] std::string run_prefix(const RunId& run);
[[nodiscard]] std::string portfolio_prefix(const PortfolioId& portfolio);
[[nodiscard]] std::string type_prefix(JobType type);
[[nodiscard]] std::string status_prefix(JobStatus status);
[[nodiscard]] std::string day_prefix();
[[nodiscard]] std::string day_key(Date day);
[[nodiscard]] std::string latest_prefix(const PortfolioId& portfolio, Date as_of);
[[nodiscard]] std::string latest_key(const JobRef& job);

[[nodiscard]] std::string encode_latest(const LatestResult& latest);
/// Errors: kCorruption.
[[nodiscard]] Result<LatestResult> decode_latest(std::string_view bytes);

}  // namespace runledger::store
