#include "store/job_history.h"

#include <algorithm>
#include <map>
#include <utility>

#include "store/job_blocks.h"
#include "store/job_rows.h"
#include "store/keys.h"
#include "store/row_visit.h"
#include "store/serialize.h"

namespace runledger::store {

template <class Archive>
void save(Archive& archive, const BlockEntry& entry) {
  archive(entry.sequence, encode_job_head(entry.head));
}
template <class Archive>
void load(Archive& archive, BlockEntry& entry) {
  std::string head;
  archive(entry.sequence, head);
  auto decoded = decode_job_head(head);
  if (!decoded) {
    throw cereal::Exception(decoded.error().message);
  }
  entry.head = std::move(*decoded);
}

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
  std::map<RunId, std::string> triggers;  ///< Of runs that have not ended.
  std::vector<BlockEntry> block;          ///< Rows of the block that is not indexed yet.
};

template <class Archive>
void serialize(Archive& archive, State& state) {
  archive(state.open, state.triggers, state.block);
}

class JobHistory final : public Projection {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "job_history"; }
  [[nodiscard]] std::uint32_t version() const noexcept override { return 4; }
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
  [[nodiscard]] Status forget_block(std::span<const BlockEntry> block,
                                    Sequence through,
                                    const TableReader& rows,
                                    TableBatch& changes) const;
  [[nodiscard]] static Status forget_latest(const JobRow& row,
                                            Sequence through,
                                            const TableReader& rows,
                                            TableBatch& changes);

  template <class T>
  void fold(const Event&, const T&, TableBatch&) {}

  void fold(const Event& event, const RunRequested& requested, TableBatch&) {
    state_.triggers.try_emplace(event.run, requested.triggered_by);
  }
  void fold(const Event& event, const RunRejected&, TableBatch&) {
    state_.triggers.erase(event.run);
  }

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
    state_.triggers.erase(event.run);
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
    if (const auto trigger = state_.triggers.find(event.run); trigger != state_.triggers.end()) {
      row.triggered_by = trigger->second;
    }
    if (auto open = state_.open.extract({event.run, job.index})) {
      row.started_at = open.mapped().started_at;
      row.attempts = open.mapped().attempts;
      row.category = open.mapped().category;
      row.error = std::move(open.mapped().error);
    }
    return row;
  }

  void put(const JobRow& row, TableBatch& rows) {
    rows.put(Table::kJobs, sequence_key(row.sequence), encode_job_row(row));
    if (!state_.block.empty() &&
        block_of(state_.block.front().sequence) != block_of(row.sequence)) {
      rows.put(Table::kJobIndex, std::string(kIndexedKey),
               sequence_key(begin_of(block_of(state_.block.front().sequence) + 1)));
      put_block(state_.block, rows);
      state_.block.clear();
    }
    state_.block.push_back({row.sequence, head_of(row)});
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

// Reads the rows up to the end of the block that is cut, block by block.
Status JobHistory::forget(Sequence through, const TableReader& rows, TableBatch& changes) {
  std::vector<BlockEntry> block;
  const Sequence end = begin_of(block_of(through) + 1);
  const auto forget_row = [&](std::string_view key, std::string_view value) -> Status {
    BlockEntry entry;
    RL_TRY_ASSIGN(entry.sequence, decode_job_key(key));
    RL_TRY_ASSIGN(entry.head, decode_job_head(value));
    if (entry.sequence <= through) {
      RL_TRY_ASSIGN(const JobRow row, decode_job_row(value));
      RL_TRY(forget_latest(row, through, rows, changes));
      changes.erase(Table::kJobs, std::string(key));
    }
    if (!block.empty() && block_of(block.front().sequence) != block_of(entry.sequence)) {
      RL_TRY(forget_block(block, through, rows, changes));
      block.clear();
    }
    block.push_back(std::move(entry));
    return {};
  };
  RL_TRY(visit_rows(rows, Table::kJobs, "", sequence_key(end), forget_row));
  if (!block.empty()) {
    RL_TRY(forget_block(block, through, rows, changes));
  }
  std::erase_if(state_.block, [&](const BlockEntry& entry) { return entry.sequence <= through; });
  return {};
}

// Leaves the index that the rows which stay give.
Status JobHistory::forget_block(std::span<const BlockEntry> block,
                                Sequence through,
                                const TableReader& rows,
                                TableBatch& changes) const {
  RL_TRY_ASSIGN(const Sequence indexed, indexed_before(rows));
  const BlockNumber number = block_of(block.front().sequence);
  if (begin_of(number) >= indexed) {
    return {};
  }
  erase_block(block, changes);
  const auto kept = std::ranges::find_if(
      block, [&](const BlockEntry& entry) { return entry.sequence > through; });
  if (kept != block.end()) {
    put_block({kept, block.end()}, changes);
  } else if (begin_of(number + 1) == indexed) {
    changes.erase(Table::kJobIndex, std::string(kIndexedKey));
  }
  return {};
}

Status JobHistory::forget_latest(const JobRow& row,
                                 Sequence through,
                                 const TableReader& rows,
                                 TableBatch& changes) {
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

}  // namespace

std::unique_ptr<Projection> make_job_history() {
  return std::make_unique<JobHistory>();
}

}  // namespace runledger::store
