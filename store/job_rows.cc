#include "store/job_rows.h"

#include "store/keys.h"
#include "store/serialize.h"

namespace runledger::store {

/// What the head does not have.
template <class Archive>
void serialize(Archive& archive, JobRow& row) {
  archive(row.sequence, row.job.index, row.attempts, row.started_at, row.records, row.unit,
          row.quality, row.warnings, row.detail, row.skip_reason, row.because_of, row.input_hash,
          row.result_hash, row.formula_version, row.reused_from);
}
template <class Archive>
void serialize(Archive& archive, LatestResult& latest) {
  archive(latest.type, latest.as_of, latest.sequence, latest.run, latest.status, latest.input_hash,
          latest.result_hash, latest.skip_reason, latest.formula_version);
}

namespace {

constexpr std::uint8_t kReused = 1;
constexpr std::uint8_t kRetried = 2;

JobYield yield_of(const JobRow& row) {
  switch (row.status) {
    case JobStatus::kSucceeded:
      return row.quality && row.quality->flag == QualityFlag::kFull ? JobYield::kFull
                                                                    : JobYield::kLimited;
    case JobStatus::kSucceededWithWarnings:
      return JobYield::kLimited;
    case JobStatus::kSkipped:
      return row.skip_reason && replaces_result(*row.skip_reason) ? JobYield::kNotNeeded
                                                                  : JobYield::kNoResult;
    case JobStatus::kFailed:
    case JobStatus::kCancelled:
    case JobStatus::kPending:
    case JobStatus::kRunning:
    case JobStatus::kRetrying:
      break;
  }
  return JobYield::kNoResult;
}

Error damaged() {
  return {Code::kCorruption, "a row of the job history is damaged"};
}

JobHead read_head(FieldReader& fields) {
  JobHead head;
  head.type = JobType{fields.u8()};
  head.status = JobStatus{fields.u8()};
  head.yield = JobYield{fields.u8()};
  const std::uint8_t flags = fields.u8();
  head.reused = (flags & kReused) != 0;
  head.retried = (flags & kRetried) != 0;
  if (const std::uint8_t category = fields.u8(); category != 0) {
    head.category = ErrorCategory{category};
  }
  head.as_of = fields.date();
  head.finished_at = UtcTime{nanoseconds{fields.i64()}};
  head.duration = nanoseconds{fields.i64()};
  head.portfolio.uuid = fields.uuid();
  head.run.uuid = fields.uuid();
  head.error = fields.text();
  head.triggered_by = fields.text();
  return head;
}

}  // namespace

bool replaces_result(SkipReason reason) noexcept {
  switch (reason) {
    case SkipReason::kNoOptions:
    case SkipReason::kNotScheduled:
    case SkipReason::kNoPositions:
    case SkipReason::kNoEquity:
    case SkipReason::kNotApplicable:
      return true;
    case SkipReason::kDependencyFailed:
    case SkipReason::kUncovered:
      return false;
  }
  return false;
}

JobHead head_of(const JobRow& row) {
  return {.type = row.job.type,
          .status = row.status,
          .yield = yield_of(row),
          .reused = row.reused_from.has_value(),
          .retried = row.attempts > 1,
          .category = row.category,
          .as_of = row.job.as_of,
          .finished_at = row.finished_at,
          .duration = row.duration,
          .portfolio = row.job.portfolio,
          .run = row.run,
          .error = row.error,
          .triggered_by = row.triggered_by};
}

std::string encode_job_head(const JobHead& head) {
  std::string bytes;
  bytes.reserve(448);
  put_u8(bytes, static_cast<std::uint8_t>(head.type));
  put_u8(bytes, static_cast<std::uint8_t>(head.status));
  put_u8(bytes, static_cast<std::uint8_t>(head.yield));
  put_u8(bytes,
         static_cast<std::uint8_t>((head.reused ? kReused : 0) | (head.retried ? kRetried : 0)));
  put_u8(bytes, head.category ? static_cast<std::uint8_t>(*head.category) : std::uint8_t{0});
  put_date(bytes, head.as_of);
  put_i64(bytes, head.finished_at.time_since_epoch().count());
  put_i64(bytes, head.duration.count());
  put_uuid(bytes, head.portfolio.uuid);
  put_uuid(bytes, head.run.uuid);
  put_text(bytes, head.error);
  put_text(bytes, head.triggered_by);
  return bytes;
}

Result<JobHead> decode_job_head(std::string_view bytes) {
  FieldReader fields(bytes);
  JobHead head = read_head(fields);
  if (!fields.ok()) {
    return std::unexpected(damaged());
  }
  return head;
}

Result<Sequence> decode_job_key(std::string_view key) {
  FieldReader fields(key);
  const Sequence sequence = fields.sequence();
  if (!fields.done()) {
    return std::unexpected(damaged());
  }
  return sequence;
}

std::string encode_job_row(const JobRow& row) {
  std::string bytes = encode_job_head(head_of(row));
  serialize_to(bytes, row);
  return bytes;
}

Result<JobRow> decode_job_row(std::string_view bytes) {
  FieldReader fields(bytes);
  JobHead head = read_head(fields);
  if (!fields.ok()) {
    return std::unexpected(damaged());
  }
  RL_TRY_ASSIGN(JobRow row, deserialized<JobRow>(fields.rest(), "a row of the job history"));
  row.job.type = head.type;
  row.job.portfolio = head.portfolio;
  row.job.as_of = head.as_of;
  row.run = head.run;
  row.status = head.status;
  row.category = head.category;
  row.finished_at = head.finished_at;
  row.duration = head.duration;
  row.error = std::move(head.error);
  row.triggered_by = std::move(head.triggered_by);
  return row;
}

std::string latest_prefix(const PortfolioId& portfolio, Date as_of) {
  std::string key;
  put_uuid(key, portfolio.uuid);
  put_date(key, as_of);
  return key;
}

std::string latest_key(const JobRef& job) {
  std::string key = latest_prefix(job.portfolio, job.as_of);
  put_u8(key, static_cast<std::uint8_t>(job.type));
  return key;
}

std::string encode_latest(const LatestResult& latest) {
  return serialized(latest);
}

Result<LatestResult> decode_latest(std::string_view bytes) {
  return deserialized<LatestResult>(bytes, "a row of the latest results");
}

}  // namespace runledger::store
