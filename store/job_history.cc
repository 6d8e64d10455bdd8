#include "store/job_history.h"

#include <algorithm>
#include <map>
#include <utility>

#include "store/job_rows.h"
#include "store/keys.h"
#include "store/serialize.h"

namespace runledger::store {
namespace {

/// What is known of a job that has been attempted and has not ended.
struct OpenJob {
  UtcTime started_at{};
  std::uint32_t attempts = 0;
  std::optional<ErrorCategory> category;  ///< Of the last attempt that failed.
  std::string error;
};

template <class Archive>
void serialize(Archive& archive, OpenJob& job) {
  archive(job.started_at, job.attempts, job.category, job.error);
}

using JobKey = std::pair<RunId, std::uint32_t>;

/// Everything in memory. Ordered containers: the same state must give the same bytes.
struct State {
  std::map<JobKey, OpenJob> open;
  std::map<Date, Sequence> days;  ///< First sequence of a job that ended on the day.
};

template <class Archive>
void serialize(Archive& archive, State& state) {
  archive(state.open, state.days);
}

bool replaces_result(SkipReason reason) {
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

class JobHistory final : public Projection {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "job_history"; }
  [[nodiscard]] std::uint32_t version() const noexcept override { return 1; }
  [[nodiscard]] std::vector<Table> tables() const override {
    return {Table::kJobs, Table::kJobIndex, Table::kLatest};
  }
  void apply(const Event& event, TableBatch& rows) noexcept override {
    std::visit([&](const auto& payload) { fold(event, payload, rows); }, event.payload);
  }
  [[nodiscard]] std::string save() const override { return serialized(state_); }
  [[nodiscard]] Status load(std::string_view bytes) override {
    RL_TRY_ASSIGN(state_, deserialized<State>(bytes, "the state of the job history"));
    return {};
  }
  void reset() override { state_ = {}; }

 private:
  template <class T>
  void fold(const Event&, const T&, TableBatch&) {}

  void fold(const Event& event, const JobAttempted& attempted, TableBatch&) {
    const auto [place, fresh] = state_.open.try_emplace({event.run, attempted.job.index});
    OpenJob& job = place->second;
    if (fresh) {
      job.started_at = event.time;
    }
    job.attempts = std::max(job.attempts, raw(attempted.attempt));
  }

  void fold(const Event& event, const JobRetryScheduled& retry, TableBatch&) {
    const auto found = state_.open.find({event.run, retry.job.index});
    if (found != state_.open.end()) {
      found->second.category = retry.category;
      found->second.error = retry.error;
    }
  }

  void fold(const Event& event, const JobSucceeded& succeeded, TableBatch& rows) {
    JobRow row = ended(event, succeeded.job);
    row.status = status_of(succeeded);
    row.attempts = std::max(row.attempts, raw(succeeded.attempt));
    row.duration = succeeded.duration;
    row.records = succeeded.records;
    row.unit = succeeded.unit;
    row.quality = succeeded.quality;
    row.warnings = succeeded.warnings;
    row.category.reset();
    row.error.clear();
    row.input_hash = succeeded.input_hash;
    row.result_hash = succeeded.result_hash;
    row.formula_version = succeeded.formula_version;
    put_latest(row, rows);
    put(row, rows);
  }

  void fold(const Event& event, const JobFailed& failed, TableBatch& rows) {
    JobRow row = ended(event, failed.job);
    row.status = JobStatus::kFailed;
    row.attempts = std::max(row.attempts, raw(failed.attempt));
    row.category = failed.category;
    row.error = failed.error;
    row.detail = failed.detail;
    put(row, rows);
  }

  void fold(const Event& event, const JobSkipped& skipped, TableBatch& rows) {
    JobRow row = ended(event, skipped.job);
    row.status = JobStatus::kSkipped;
    row.skip_reason = skipped.reason;
    row.because_of = skipped.because_of;
    if (replaces_result(skipped.reason)) {
      put_latest(row, rows);
    }
    put(row, rows);
  }

  void fold(const Event& event, const JobCancelled& cancelled, TableBatch& rows) {
    JobRow row = ended(event, cancelled.job);
    row.status = JobStatus::kCancelled;
    put(row, rows);
  }

  void fold(const Event& event, const RunFinished&, TableBatch&) {
    state_.open.erase(state_.open.lower_bound({event.run, 0}),
                      state_.open.upper_bound({event.run, ~std::uint32_t{0}}));
  }

  /// The row of a job that ends with `event`, with what was known of it; it is open no more.
  JobRow ended(const Event& event, const JobRef& job) {
    JobRow row;
    row.sequence = event.sequence;
    row.run = event.run;
    row.job = job;
    row.finished_at = event.time;
    if (auto open = state_.open.extract({event.run, job.index})) {
      row.started_at = open.mapped().started_at;
      row.attempts = open.mapped().attempts;
      row.category = open.mapped().category;
      row.error = std::move(open.mapped().error);
    }
    return row;
  }

  void put(const JobRow& row, TableBatch& rows) {
    const std::string sequence = sequence_key(row.sequence);
    const std::string head = encode_job_head(head_of(row));
    rows.put(Table::kJobs, sequence, encode_job_row(row));
    for (std::string key : {run_prefix(row.run), portfolio_prefix(row.job.portfolio),
                            type_prefix(row.job.type), status_prefix(row.status)}) {
      key += sequence;
      rows.put(Table::kJobIndex, std::move(key), head);
    }
    const Date day = std::chrono::floor<std::chrono::days>(row.finished_at);
    if (state_.days.try_emplace(day, row.sequence).second) {
      rows.put(Table::kJobIndex, day_key(day), sequence);
    }
  }

  static void put_latest(const JobRow& row, TableBatch& rows) {
    rows.put(Table::kLatest, latest_key(row.job),
             encode_latest({.type = row.job.type,
                            .as_of = row.job.as_of,
                            .sequence = row.sequence,
                            .run = row.run,
                            .status = row.status,
                            .result_hash = row.result_hash,
                            .skip_reason = row.skip_reason,
                            .formula_version = row.formula_version}));
  }

  State state_;
};

}  // namespace

std::unique_ptr<Projection> make_job_history() {
  return std::make_unique<JobHistory>();
}

}  // namespace runledger::store
