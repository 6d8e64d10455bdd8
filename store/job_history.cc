#include "store/job_history.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "store/job_rows.h"
#include "store/keys.h"
#include "store/row_visit.h"
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
  std::optional<Date> newest_day;  ///< On which a job has ended.
};

template <class Archive>
void serialize(Archive& archive, State& state) {
  archive(state.open, state.newest_day);
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
  [[nodiscard]] std::uint32_t version() const noexcept override { return 3; }
  [[nodiscard]] std::vector<Table> tables() const override {
    return {Table::kJobs, Table::kJobIndex, Table::kLatest};
  }
  [[nodiscard]] Status apply(const Event& event, TableBatch& rows) override {
    if (std::holds_alternative<JobSucceeded>(event.payload) ||
        std::holds_alternative<JobFailed>(event.payload)) {
      RL_TRY(check_begun(event));
    }
    std::visit([&](const auto& payload) { fold(event, payload, rows); }, event.payload);
    return {};
  }
  [[nodiscard]] std::string save() const override { return serialized(state_); }
  [[nodiscard]] Status load(std::string_view bytes) override {
    RL_TRY_ASSIGN(state_, deserialized<State>(bytes, "the state of the job history"));
    return {};
  }
  void reset() override { state_ = {}; }
  [[nodiscard]] Retention retention() const noexcept override { return Retention::kForgets; }
  [[nodiscard]] Status forget(Sequence through,
                              const TableReader& rows,
                              TableBatch& changes) override;

 private:
  // A job that ends with an outcome has been attempted, and has not ended before.
  [[nodiscard]] Status check_begun(const Event& event) const {
    const JobRef& job = *job_of(event.payload);
    if (!state_.open.contains({event.run, job.index})) {
      return fail(Code::kCorruption, std::string(event_type(event.payload)) + " of job " +
                                         std::to_string(job.index) + " of run " +
                                         to_string(event.run) + ", which has no open attempt");
    }
    return {};
  }
  [[nodiscard]] Status forget_job(const JobRow& row,
                                  Sequence through,
                                  const TableReader& rows,
                                  TableBatch& changes) const;
  [[nodiscard]] Status forget_days(Sequence through, const TableReader& rows, TableBatch& changes);

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
    row.reused_from = succeeded.reused_from;
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
    if (!state_.newest_day || day > *state_.newest_day) {
      state_.newest_day = day;
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
                            .input_hash = row.input_hash,
                            .result_hash = row.result_hash,
                            .skip_reason = row.skip_reason,
                            .formula_version = row.formula_version}));
  }

  State state_;
};

Status JobHistory::forget(Sequence through, const TableReader& rows, TableBatch& changes) {
  RL_TRY(visit_rows(rows, Table::kJobs, "", sequence_key(next(through)),
                    [&](std::string_view, std::string_view value) -> Status {
                      RL_TRY_ASSIGN(const JobRow row, decode_job_row(value));
                      return forget_job(row, through, rows, changes);
                    }));
  return forget_days(through, rows, changes);
}

Status JobHistory::forget_job(const JobRow& row,
                              Sequence through,
                              const TableReader& rows,
                              TableBatch& changes) const {
  const std::string sequence = sequence_key(row.sequence);
  changes.erase(Table::kJobs, sequence);
  for (const std::string& prefix : {run_prefix(row.run), portfolio_prefix(row.job.portfolio),
                                    type_prefix(row.job.type), status_prefix(row.status)}) {
    changes.erase(Table::kJobIndex, prefix + sequence);
  }
  std::string key = latest_key(row.job);
  RL_TRY_ASSIGN(const auto bytes, rows.get(Table::kLatest, key));
  if (bytes) {
    RL_TRY_ASSIGN(const LatestResult latest, decode_latest(*bytes));
    if (latest.sequence <= through) {
      changes.erase(Table::kLatest, std::move(key));
    }
  }
  return {};
}

// A day's row names the first job that ended on a day later than every day before. Those that are
// left of the days that are forgotten get a row of their own, up to the next one that has one.
Status JobHistory::forget_days(Sequence through, const TableReader& rows, TableBatch& changes) {
  std::set<Sequence> kept;
  RL_TRY(rows.scan(Table::kJobIndex, day_prefix(), prefix_end(day_prefix()), ScanOrder::kAscending,
                   [&](std::string_view key, std::string_view value) {
                     const Sequence first = FieldReader(value).sequence();
                     if (first > through) {
                       kept.insert(first);
                     } else {
                       changes.erase(Table::kJobIndex, std::string(key));
                     }
                     return true;
                   }));
  std::optional<Date> newest;
  bool joined = false;
  Status damage;
  RL_TRY(rows.scan(Table::kJobs, sequence_key(next(through)), "", ScanOrder::kAscending,
                   [&](std::string_view key, std::string_view value) {
                     const auto head = decode_job_head(value);
                     if (!head) {
                       damage = std::unexpected(head.error());
                       return false;
                     }
                     joined = kept.contains(FieldReader(key).sequence());
                     const Date day = std::chrono::floor<std::chrono::days>(head->finished_at);
                     if (!joined && (!newest || day > *newest)) {
                       newest = day;
                       changes.put(Table::kJobIndex, day_key(day), std::string(key));
                     }
                     return !joined;
                   }));
  if (!joined) {
    state_.newest_day = newest;
  }
  return damage;
}

}  // namespace

std::unique_ptr<Projection> make_job_history() {
  return std::make_unique<JobHistory>();
}

}  // namespace runledger::store
