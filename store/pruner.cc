#include "store/pruner.h"

#include <set>
#include <string>
#include <utility>

#include "store/catalog.h"
#include "store/job_rows.h"
#include "store/keys.h"
#include "store/quarantine.h"
#include "store/rocks_db.h"
#include "store/row_visit.h"
#include "store/seals.h"

namespace runledger::store {
namespace {

std::string named(Sequence sequence) {
  return "event " + std::to_string(raw(sequence));
}

/// The log may be cut only where a run ends and none is open.
Result<LogHead> check_cut(Sequence through, const LogHead& head, const GroupStore& store) {
  RL_TRY_ASSIGN(const auto before, store.get(Table::kMeta, kPrunedKey));
  LogHead pruned;
  if (before) {
    RL_TRY_ASSIGN(pruned, decode_head(*before));
  }
  if (through <= pruned.sequence || through >= head.sequence) {
    return fail(Code::kInvalidArgument, "there is nothing to prune up to " + named(through));
  }
  RL_TRY_ASSIGN(const std::string record, store.event_record(through));
  RL_TRY_ASSIGN(const EventBytes bytes, open_record(through, record));
  RL_TRY_ASSIGN(const Event event, decode_event(bytes));
  if (!ends_run(event.payload)) {
    return fail(Code::kInvalidArgument, named(through) + " does not end a run");
  }
  return LogHead{.sequence = through, .hash = event_hash(bytes.view())};
}

Status forget_runs(Sequence through, const TableReader& rows, TableBatch& changes) {
  return visit_rows(rows, Table::kRunIndex, "", "",
                    [&](std::string_view key, std::string_view value) -> Status {
                      RL_TRY_ASSIGN(const auto range, decode_range(value));
                      if (range.first <= through && range.last > through) {
                        return fail(Code::kInvalidArgument, named(through) + " lies inside a run");
                      }
                      if (range.last <= through) {
                        changes.erase(Table::kRunIndex, std::string(key));
                      }
                      return {};
                    });
}

Status forget_commands(Sequence through, const TableReader& rows, TableBatch& changes) {
  return visit_rows(rows, Table::kCommands, "", "",
                    [&](std::string_view key, std::string_view value) -> Status {
                      RL_TRY_ASSIGN(const auto row, decode_command(value));
                      if (row.last <= through) {
                        changes.erase(Table::kCommands, std::string(key));
                      }
                      return {};
                    });
}

/// Keeps the imports up to `through` and returns the digest of all that is kept.
Result<Digest> keep_imports(Sequence through, const GroupStore& store, TableBatch& changes) {
  BaseHasher hasher;
  RL_TRY_ASSIGN(const auto imports, import_sequences(store.rows(), through));
  for (const Sequence sequence : imports) {
    const std::string key = sequence_key(sequence);
    RL_TRY_ASSIGN(auto record, store.get(Table::kBase, key));
    if (!record) {
      RL_TRY_ASSIGN(record, store.event_record(sequence));
      changes.put(Table::kBase, key, *record);
    }
    hasher.add(key, *record);
  }
  return hasher.finish();
}

/// The results that nothing has named since it was judged that nothing does.
Result<std::vector<Digest>> unnamed_results(const Prune& prune, const TableReader& rows) {
  std::set<Digest> unnamed(prune.results.begin(), prune.results.end());
  RL_TRY(visit_rows(rows, Table::kJobs, sequence_key(next(prune.judged_at)), "",
                    [&](std::string_view, std::string_view value) -> Status {
                      RL_TRY_ASSIGN(const JobRow row, decode_job_row(value));
                      unnamed.erase(row.result_hash);
                      return {};
                    }));
  return std::vector<Digest>(unnamed.begin(), unnamed.end());
}

}  // namespace

Result<PruneChanges> forget_events(const Prune& prune,
                                   const LogHead& head,
                                   const GroupStore& store,
                                   const Projections& projections) {
  PruneChanges changes;
  const Sequence through = prune.through;
  const TableReader& rows = store.rows();
  RL_TRY_ASSIGN(changes.pruned, check_cut(through, head, store));
  RL_TRY(forget_runs(through, rows, changes.rows));
  RL_TRY(forget_commands(through, rows, changes.rows));
  RL_TRY(forget_quarantine(through, rows, changes.rows));
  RL_TRY_ASSIGN(changes.base, keep_imports(through, store, changes.rows));
  RL_TRY_ASSIGN(changes.results, unnamed_results(prune, rows));
  for (const auto& projection : projections) {
    if (projection->retention() == Retention::kForgets) {
      RL_TRY(projection->forget(through, rows, changes.rows));
    }
  }
  changes.rows.put(Table::kMeta, std::string(kPrunedKey), encode_head(changes.pruned));
  return changes;
}

}  // namespace runledger::store
