#include "store/run_history.h"

#include <algorithm>
#include <map>
#include <utility>

#include "store/keys.h"
#include "store/row_visit.h"
#include "store/serialize.h"

// kRuns: 's' first sequence -> row; 'r' run id -> first sequence; 'o' first sequence -> row, only
// while the run has not ended.
namespace runledger::store {

template <class Archive>
void serialize(Archive& archive, RunRow& row) {
  archive(row.run, row.first, row.last, row.status, row.triggered_by, row.force, row.scope,
          row.retry_of, row.requested_at, row.started_at, row.finished_at, row.jobs_total,
          row.numerics_profile, row.resumes, row.reason, row.summary);
}

namespace {

std::string row_key(char kind, Sequence first) {
  return kind + sequence_key(first);
}

std::string id_key(const RunId& run) {
  std::string key = "r";
  put_uuid(key, run.uuid);
  return key;
}

Result<RunRow> decode(std::string_view bytes) {
  return deserialized<RunRow>(bytes, "a row of the run history");
}

class RunHistory final : public Projection {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "run_history"; }
  [[nodiscard]] std::uint32_t version() const noexcept override { return 2; }
  [[nodiscard]] std::vector<Table> tables() const override { return {Table::kRuns}; }
  [[nodiscard]] Status apply(const Event& event, TableBatch& rows) override {
    if (const auto* requested = std::get_if<RunRequested>(&event.payload)) {
      return request(event, *requested, rows);
    }
    const bool of_run =
        std::visit([](const auto& payload) { return changes_row(payload); }, event.payload);
    if (!of_run) {
      return {};
    }
    const auto found = open_.find(event.run);
    if (found == open_.end()) {
      return fail(Code::kCorruption, std::string(event_type(event.payload)) + " of run " +
                                         to_string(event.run) + ", which is not open");
    }
    RunRow& row = found->second;
    row.last = event.sequence;
    std::visit([&](const auto& payload) { change(row, event, payload); }, event.payload);
    put(row, rows);
    if (is_final(row.status)) {
      rows.erase(Table::kRuns, row_key('o', row.first));
      open_.erase(found);
    }
    return {};
  }
  [[nodiscard]] std::string save() const override { return serialized(open_); }
  [[nodiscard]] Status load(std::string_view bytes) override {
    RL_TRY_ASSIGN(open_, deserialized<State>(bytes, "the state of the run history"));
    return {};
  }
  void reset() override { open_.clear(); }
  [[nodiscard]] Retention retention() const noexcept override { return Retention::kForgets; }
  [[nodiscard]] Status forget(Sequence through,
                              const TableReader& rows,
                              TableBatch& changes) override {
    return visit_rows(rows, Table::kRuns, "s", row_key('s', next(through)),
                      [&](std::string_view key, std::string_view value) -> Status {
                        RL_TRY_ASSIGN(const RunRow row, decode(value));
                        changes.erase(Table::kRuns, std::string(key));
                        changes.erase(Table::kRuns, id_key(row.run));
                        return {};
                      });
  }

 private:
  using State = std::map<RunId, RunRow>;

  Status request(const Event& event, const RunRequested& requested, TableBatch& rows) {
    const auto [place, fresh] = open_.try_emplace(event.run);
    if (!fresh) {
      return fail(Code::kCorruption, "run " + to_string(event.run) + " was requested before");
    }
    RunRow& row = place->second;
    row.run = event.run;
    row.first = event.sequence;
    row.last = event.sequence;
    row.triggered_by = requested.triggered_by;
    row.force = requested.force;
    row.scope = requested.scope;
    row.retry_of = requested.retry_of;
    row.requested_at = event.time;
    rows.put(Table::kRuns, id_key(row.run), sequence_key(row.first));
    put(row, rows);
    return {};
  }

  static void put(const RunRow& row, TableBatch& rows) {
    std::string bytes = serialized(row);
    rows.put(Table::kRuns, row_key('o', row.first), bytes);
    rows.put(Table::kRuns, row_key('s', row.first), std::move(bytes));
  }

  template <class T>
  static bool changes_row(const T&) {
    return std::is_same_v<T, RunRejected> || std::is_same_v<T, RunPlanned> ||
           std::is_same_v<T, RunStarted> || std::is_same_v<T, RunCancelRequested> ||
           std::is_same_v<T, RunResumed> || std::is_same_v<T, RunFinished>;
  }

  static void change(RunRow& row, const Event& event, const RunRejected& rejected) {
    row.status = RunStatus::kRejected;
    row.reason = rejected.reason;
    row.finished_at = event.time;
  }
  static void change(RunRow& row, const Event&, const RunPlanned& planned) {
    row.jobs_total = planned.jobs_total;
    row.numerics_profile = planned.numerics_profile;
  }
  static void change(RunRow& row, const Event& event, const RunStarted&) {
    row.started_at = event.time;
    if (row.status == RunStatus::kRequested) {
      row.status = RunStatus::kRunning;
    }
  }
  static void change(RunRow& row, const Event&, const RunCancelRequested&) {
    row.status = RunStatus::kCancelling;
  }
  static void change(RunRow& row, const Event&, const RunResumed&) { ++row.resumes; }
  static void change(RunRow& row, const Event& event, const RunFinished& finished) {
    row.status = finished.status;
    row.summary = finished.summary;
    row.reason = finished.reason;
    row.finished_at = event.time;
  }
  template <class T>
  static void change(RunRow&, const Event&, const T&) {}

  State open_;
};

bool concerns(const RunScope& scope, const PortfolioId& portfolio) {
  return !scope.market_data_only &&
         (scope.portfolios.empty() ||
          std::ranges::find(scope.portfolios, portfolio) != scope.portfolios.end());
}

bool matches(const RunRow& row, const RunFilter& filter) {
  return (!filter.status || row.status == *filter.status) &&
         (!filter.triggered_by || row.triggered_by == *filter.triggered_by) &&
         (!filter.requested_from || row.requested_at >= *filter.requested_from) &&
         (!filter.requested_to || row.requested_at < *filter.requested_to) &&
         (!filter.as_of_from || row.scope.to >= *filter.as_of_from) &&
         (!filter.as_of_to || row.scope.from <= *filter.as_of_to) &&
         (!filter.portfolio || concerns(row.scope, *filter.portfolio));
}

}  // namespace

std::unique_ptr<Projection> make_run_history() {
  return std::make_unique<RunHistory>();
}

Result<RunRow> find_run(const TableReader& tables, const RunId& run) {
  RL_TRY_ASSIGN(const auto first, tables.get(Table::kRuns, id_key(run)));
  if (!first) {
    return fail(Code::kNotFound, "no such run: " + to_string(run));
  }
  RL_TRY_ASSIGN(const auto bytes, tables.get(Table::kRuns, "s" + *first));
  if (!bytes) {
    return fail(Code::kCorruption, "the row of run " + to_string(run) + " is missing");
  }
  return decode(*bytes);
}

Result<RunPage> list_runs(const TableReader& tables,
                          const RunFilter& filter,
                          std::optional<Sequence> before,
                          std::size_t limit) {
  RunPage page;
  if (limit == 0) {
    return page;
  }
  RL_TRY(visit_runs(tables, filter, before, [&](const RunRow& row) {
    if (page.rows.size() == limit) {
      page.next_before = page.rows.back().first;
      return false;
    }
    page.rows.push_back(row);
    return true;
  }));
  return page;
}

Status visit_runs(const TableReader& tables,
                  const RunFilter& filter,
                  std::optional<Sequence> before,
                  const std::function<bool(const RunRow&)>& visit) {
  Status damage;
  const std::string end = before ? row_key('s', *before) : prefix_end("s");
  RL_TRY(tables.scan(Table::kRuns, "s", end, ScanOrder::kDescending,
                     [&](std::string_view, std::string_view value) {
                       auto row = decode(value);
                       if (!row) {
                         damage = std::unexpected(std::move(row).error());
                         return false;
                       }
                       return !matches(*row, filter) || visit(*row);
                     }));
  return damage;
}

Result<std::uint64_t> count_runs(const TableReader& tables, const RunFilter& filter) {
  std::uint64_t count = 0;
  RL_TRY(visit_runs(tables, filter, std::nullopt, [&count](const RunRow&) {
    ++count;
    return true;
  }));
  return count;
}

Result<std::vector<RunRow>> open_runs(const TableReader& tables) {
  std::vector<RunRow> rows;
  Status damage;
  RL_TRY(tables.scan(Table::kRuns, "o", prefix_end("o"), ScanOrder::kAscending,
                     [&](std::string_view, std::string_view value) {
                       auto row = decode(value);
                       if (!row) {
                         damage = std::unexpected(std::move(row).error());
                         return false;
                       }
                       rows.push_back(std::move(*row));
                       return true;
                     }));
  RL_TRY(damage);
  return rows;
}

}  // namespace runledger::store
