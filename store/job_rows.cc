#include "store/job_rows.h"

#include "store/keys.h"
#include "store/serialize.h"

namespace runledger::store {

template <class Archive>
void serialize(Archive& archive, JobRow& row) {
  archive(row.sequence, row.run, row.job, row.status, row.attempts, row.started_at, row.finished_at,
          row.duration, row.records, row.unit, row.quality, row.warnings, row.category, row.error,
          row.detail, row.skip_reason, row.because_of, row.input_hash, row.result_hash,
          row.formula_version, row.reused_from);
}
template <class Archive>
void serialize(Archive& archive, LatestResult& latest) {
  archive(latest.type, latest.as_of, latest.sequence, latest.run, latest.status, latest.input_hash,
          latest.result_hash, latest.skip_reason, latest.formula_version);
}

JobHead head_of(const JobRow& row) {
  return {.type = row.job.type,
          .status = row.status,
          .finished_at = row.finished_at,
          .duration = row.duration};
}

std::string encode_job_head(const JobHead& head) {
  std::string bytes;
  bytes.reserve(18);
  put_u8(bytes, static_cast<std::uint8_t>(head.type));
  put_u8(bytes, static_cast<std::uint8_t>(head.status));
  put_i64(bytes, head.finished_at.time_since_epoch().count());
  put_i64(bytes, head.duration.count());
  return bytes;
}

namespace {

JobHead read_head(FieldReader& fields) {
  JobHead head;
  head.type = JobType{fields.u8()};
  head.status = JobStatus{fields.u8()};
  head.finished_at = UtcTime{nanoseconds{fields.i64()}};
  head.duration = nanoseconds{fields.i64()};
  return head;
}

}  // namespace

Result<JobHead> decode_job_head(std::string_view bytes) {
  FieldReader fields(bytes);
  const JobHead head = read_head(fields);
  if (!fields.ok()) {
    return fail(Code::kCorruption, "a row of the job history is damaged");
  }
  return head;
}

std::string encode_job_row(const JobRow& row) {
  std::string bytes;
  bytes.reserve(384);
  bytes = encode_job_head(head_of(row));
  serialize_to(bytes, row);
  return bytes;
}

Result<JobRow> decode_job_row(std::string_view bytes) {
  FieldReader fields(bytes);
  (void)read_head(fields);
  if (!fields.ok()) {
    return fail(Code::kCorruption, "a row of the job history is damaged");
  }
  return deserialized<JobRow>(fields.rest(), "a row of the job history");
}

std::string run_prefix(const RunId& run) {
  std::string key = "r";
  put_uuid(key, run.uuid);
  return key;
}

std::string portfolio_prefix(const PortfolioId& portfolio) {
  std::string key = "p";
  put_uuid(key, portfolio.uuid);
  return key;
}

std::string type_prefix(JobType type) {
  std::string key = "t";
  put_u8(key, static_cast<std::uint8_t>(type));
  return key;
}

std::string status_prefix(JobStatus status) {
  std::string key = "s";
  put_u8(key, static_cast<std::uint8_t>(status));
  return key;
}

std::string day_prefix() {
  return "d";
}

std::string day_key(Date day) {
  std::string key = day_prefix();
  put_date(key, day);
  return key;
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
