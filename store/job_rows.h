#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/error.h"
#include "store/job_history.h"

/// Keys and rows of job history; shared by the projection and its queries. Internal.
///
/// kJobs:     sequence -> head, rest of the row
/// kJobIndex: see job_blocks.h
/// kLatest:   portfolio as-of type -> latest result
namespace runledger::store {

/// The front of a row: what filters, statistics and the block index look at, so that most rows are
/// passed over without being decoded whole.
struct JobHead {
  JobType type{};
  JobStatus status{};
  JobYield yield{};
  bool reused = false;
  bool retried = false;  ///< More than one attempt.
  std::optional<ErrorCategory> category;
  Date as_of{};
  UtcTime finished_at{};
  nanoseconds duration{};
  PortfolioId portfolio;
  RunId run;
  std::string error;
  std::string triggered_by;
};

[[nodiscard]] JobHead head_of(const JobRow& row);
[[nodiscard]] std::string encode_job_head(const JobHead& head);
/// Decodes the front of `bytes`. Errors: kCorruption.
[[nodiscard]] Result<JobHead> decode_job_head(std::string_view bytes);
/// The job's sequence, from the key of its row. Errors: kCorruption.
[[nodiscard]] Result<Sequence> decode_job_key(std::string_view key);

[[nodiscard]] std::string encode_job_row(const JobRow& row);
/// Errors: kCorruption.
[[nodiscard]] Result<JobRow> decode_job_row(std::string_view bytes);

/// Whether a job that was skipped for `reason` needed no result, so that the skip stands for one.
[[nodiscard]] bool replaces_result(SkipReason reason) noexcept;

[[nodiscard]] std::string latest_prefix(const PortfolioId& portfolio, Date as_of);
[[nodiscard]] std::string latest_key(const JobRef& job);

[[nodiscard]] std::string encode_latest(const LatestResult& latest);
/// Errors: kCorruption.
[[nodiscard]] Result<LatestResult> decode_latest(std::string_view bytes);

}  // namespace runledger::store
