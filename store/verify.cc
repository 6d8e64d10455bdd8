#include "store/verify.h"

#include <map>
#include <memory>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "store/chain_reader.h"
#include "store/event_chain.h"
#include "store/keys.h"
#include "store/projection_check.h"
#include "store/quarantine.h"
#include "store/recovery.h"
#include "store/rocks_options.h"
#include "store/row_visit.h"
#include "store/seals.h"

namespace runledger::store {
namespace {

constexpr std::uint64_t kProgressEvents = 4096;

std::string named(Sequence sequence) {
  return "event " + std::to_string(raw(sequence));
}

class Verifier {
 public:
  Verifier(const RocksDb& db, const VerifyOptions& options) : db_(db), options_(options) {}

  [[nodiscard]] Result<VerifyReport> run() {
    report_.store = db_.store_id();
    RL_TRY_ASSIGN(const LogHead pruned, pruned_head(db_));
    RL_TRY_ASSIGN(const LogHead head, check_head(db_));
    report_.pruned = pruned.sequence;
    report_.last = head.sequence;
    report_.head_hash = head.hash;
    if (head.sequence > pruned.sequence) {
      report_.first = next(pruned.sequence);
    }
    view_.publish(db_.db(), head.sequence, pruned.sequence);
    if (options_.deep) {
      RL_TRY(check_blobs(BlobKind::kInput));
      RL_TRY(check_blobs(BlobKind::kResult));
      RL_TRY_ASSIGN(projections_, ProjectionCheck::begin(db_, options_.work_directory));
    }
    RL_TRY(check_events(pruned, head));
    RL_TRY(check_seals(pruned));
    RL_TRY(check_run_index());
    RL_TRY(check_base(pruned));
    RL_TRY_ASSIGN(const auto quarantine, list_quarantine(tables_));
    report_.quarantined = quarantine.size();
    if (options_.head && !head_found_) {
      return fail(Code::kCorruption,
                  "no event has the hash " + to_string(*options_.head) +
                      ": the newest events were cut off, or the history was rewritten; the log "
                      "ends with " +
                      named(head.sequence));
    }
    if (projections_) {
      RL_TRY_ASSIGN(report_.rows,
                    projections_->finish([this](std::uint64_t rows) { tell("tables", rows, 0); }));
      RL_TRY(check_files());
    }
    return std::move(report_);
  }

 private:
  void tell(std::string_view stage, std::uint64_t done, std::uint64_t total) const {
    if (options_.progress) {
      options_.progress({stage, done, total});
    }
  }

  [[nodiscard]] Status check_blobs(BlobKind kind) {
    rocksdb::ReadOptions reading;
    reading.fill_cache = false;
    const bool results = kind == BlobKind::kResult;
    const auto it = new_iterator(db_.db(), db_.blobs(kind), reading);
    std::uint64_t count = 0;
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      FieldReader fields(it->key().ToStringView());
      const Digest digest = fields.digest();
      if (!fields.done()) {
        return fail(Code::kCorruption, "a result or input has a key that is no hash");
      }
      RL_TRY_ASSIGN(const std::string bytes, open_blob(it->value().ToStringView(), digest));
      report_.blob_bytes += bytes.size();
      (results ? results_ : inputs_).insert(digest);
      if (++count % kProgressEvents == 0) {
        tell(results ? "results" : "inputs", count, 0);
      }
    }
    (results ? report_.results : report_.inputs) = count;
    return it->status().ok()
               ? Status()
               : std::unexpected(to_error(it->status(), "reading results and inputs"));
  }

  [[nodiscard]] Status check_events(const LogHead& pruned, const LogHead& head) {
    ChainReader events(db_, pruned, head);
    for (;;) {
      RL_TRY_ASSIGN(const auto event, events.next());
      if (!event) {
        break;
      }
      ++report_.events;
      report_.event_bytes += events.record().size();
      head_found_ = head_found_ || events.at().hash == options_.head;
      RL_TRY(check_event(*event));
      if (report_.events % kProgressEvents == 0) {
        tell("events", report_.events, raw(head.sequence) - raw(pruned.sequence));
      }
    }
    return {};
  }

  [[nodiscard]] Status check_event(const Event& event) {
    if (const auto seal = sealer_.add(event)) {
      seals_.emplace(seal->last, *seal);
    }
    if (std::holds_alternative<UnknownPayload>(event.payload)) {
      ++report_.unknown_events;
    }
    if (const auto* cut = std::get_if<LogPruned>(&event.payload)) {
      cut_ = *cut;
    }
    if (!event.run.is_nil()) {
      auto& range = runs_.try_emplace(event.run, EventLog::Range{event.sequence, {}}).first->second;
      range.last = event.sequence;
    }
    if (!options_.deep) {
      return {};
    }
    const auto* succeeded = std::get_if<JobSucceeded>(&event.payload);
    if (succeeded != nullptr && !results_.contains(succeeded->result_hash)) {
      return fail(Code::kCorruption, named(event.sequence) + ": its result " +
                                         to_string(succeeded->result_hash) + " is missing");
    }
    return projections_->add(event);
  }

  [[nodiscard]] Status check_seals(const LogHead& pruned) {
    // An older store gets its seals when it is opened for writing.
    RL_TRY_ASSIGN(const auto stored, list_seals(tables_));
    if (db_.table(Table::kSeals) == nullptr) {
      return {};
    }
    for (const Seal& seal : stored) {
      const auto found = seals_.find(seal.last);
      if (seal.last <= pruned.sequence || found == seals_.end() || found->second != seal) {
        return fail(Code::kCorruption, "the seal of events " + std::to_string(raw(seal.first)) +
                                           " to " + std::to_string(raw(seal.last)) +
                                           " is not that of these events");
      }
      seals_.erase(found);
    }
    if (!seals_.empty()) {
      return fail(Code::kCorruption,
                  "the seal after " + named(seals_.begin()->first) + " is missing");
    }
    report_.seals = stored.size();
    return {};
  }

  [[nodiscard]] Status check_run_index() {
    RL_TRY(visit_rows(tables_, Table::kRunIndex, "", "",
                      [&](std::string_view key, std::string_view value) -> Status {
                        const RunId run{FieldReader(key).uuid()};
                        const auto range = decode_range(value);
                        const auto found = runs_.find(run);
                        if (!range || found == runs_.end() || found->second.first != range->first ||
                            found->second.last != range->last) {
                          return fail(Code::kCorruption,
                                      "the index names other events of run " + to_string(run));
                        }
                        runs_.erase(found);
                        return {};
                      }));
    return runs_.empty()
               ? Status()
               : fail(Code::kCorruption, "the index lacks run " + to_string(runs_.begin()->first));
  }

  /// What outlived the last pruning is what the event about it names.
  [[nodiscard]] Status check_base(const LogHead& pruned) {
    if (pruned.sequence == Sequence{}) {
      return {};
    }
    BaseHasher hasher;
    RL_TRY(visit_rows(tables_, Table::kBase, "", "",
                      [&](std::string_view key, std::string_view record) -> Status {
                        hasher.add(key, record);
                        const auto opened =
                            open_record(FieldReader(key).sequence(), to_slice(record));
                        return opened ? Status() : std::unexpected(opened.error());
                      }));
    // The event is missing only in a store that was imported from what another had left.
    if (cut_ && (cut_->through != pruned.sequence || cut_->through_hash != pruned.hash ||
                 cut_->base != hasher.finish())) {
      return fail(Code::kCorruption, "what was kept of the events up to " +
                                         std::to_string(raw(pruned.sequence)) +
                                         " is not what was kept when they were pruned");
    }
    return {};
  }

  [[nodiscard]] Status check_files() {
    tell("files", 0, 0);
    const rocksdb::Status verified = db_.db().VerifyChecksum(rocksdb::ReadOptions());
    return verified.ok() ? Status() : std::unexpected(to_error(verified, "checksums of the files"));
  }

  const RocksDb& db_;
  const VerifyOptions& options_;
  CurrentView view_;
  RocksTables tables_{db_, view_};
  VerifyReport report_;
  Sealer sealer_;
  std::map<Sequence, Seal> seals_;
  std::map<RunId, EventLog::Range> runs_;
  std::unordered_set<Digest> results_;
  std::unordered_set<Digest> inputs_;
  std::optional<LogPruned> cut_;
  std::unique_ptr<ProjectionCheck> projections_;
  bool head_found_ = false;
};

}  // namespace

Result<VerifyReport> verify_store(const std::filesystem::path& directory,
                                  const VerifyOptions& options) {
  RocksLogOptions opening;
  opening.directory = directory;
  opening.mode = OpenMode::kReadOnly;
  RL_TRY_ASSIGN(const auto db, RocksDb::open(opening, rocksdb::Env::Default()));
  return verify_database(*db, options);
}

Result<VerifyReport> verify_database(const RocksDb& db, const VerifyOptions& options) {
  return Verifier(db, options).run();
}

}  // namespace runledger::store
