#include "engine/service.h"

#include <algorithm>
#include <future>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "engine/compute_pool.h"
#include "engine/coordinator.h"
#include "engine/input_library.h"
#include "engine/inputs/calendar.h"
#include "engine/jobs/risk_calculation.h"
#include "engine/risk/cpu.h"
#include "engine/risk/version.h"
#include "engine/run_view.h"
#include "schema/build_info.h"
#include "schema/failpoint.h"
#include "schema/invariant.h"
#include "store/catalog.h"
#include "store/job_history.h"
#include "store/projections.h"
#include "store/rocks_event_log.h"
#include "store/run_history.h"

namespace runledger::engine {
namespace {

// Runs `ask`, which answers through a callback on another thread, and waits for the answer.
template <class T, class Ask>
Result<T> wait_for(Ask ask) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto answer = promise->get_future();
  ask([promise](Result<T> result) { promise->set_value(std::move(result)); });
  return answer.get();
}

Digest digest_of(const RunRequested& request) {
  Hasher hasher;
  for (const auto& id : request.scope.portfolios) {
    hasher.add(to_string(id));
  }
  const auto day = [](Date date) {
    return static_cast<std::uint64_t>(date.time_since_epoch().count());
  };
  hasher.add(day(request.scope.from)).add(day(request.scope.to));
  hasher.add(std::uint64_t{request.scope.with_correlations})
      .add(std::uint64_t{request.scope.market_data_only})
      .add(std::uint64_t{request.scope.correlations_only})
      .add(std::uint64_t{request.force});
  hasher.add(request.retry_of ? to_string(*request.retry_of) : std::string());
  if (request.scope.recalculate) {  // so that keys of version 0.2 keep their digests
    hasher.add(std::string_view("recalculate"));
  }
  return hasher.finish();
}

// A portfolio that has not been deleted.
Result<store::PortfolioRow> find_active(const store::TableReader& tables,
                                        const std::string& id_or_name) {
  RL_TRY_ASSIGN(auto row, store::find_portfolio(tables, id_or_name));
  if (row.deleted) {
    return fail(Code::kNotFound, "portfolio " + row.name + " has been deleted");
  }
  return row;
}

class EngineService final : public Service {
 public:
  EngineService(ServiceOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock), view_(clock), random_(Random::from_system()) {}

  ~EngineService() override { drain(std::chrono::milliseconds{0}); }
  EngineService(const EngineService&) = delete;
  EngineService& operator=(const EngineService&) = delete;

  Status open();

  Result<StartedRun> start_run(const StartRunRequest& request,
                               std::optional<CommandId> command) override;
  Result<RunId> cancel_run(std::optional<RunId> run, const std::string& requested_by) override;
  Result<StartedRun> retry_run(const RunId& run,
                               const std::string& triggered_by,
                               std::optional<CommandId> command) override;
  std::expected<ImportOutcome, ImportFailure> import_input(InputKind kind,
                                                           const std::string& file_name,
                                                           std::string bytes) override;
  std::expected<ImportOutcome, ImportFailure> import_portfolio(
      PortfolioImportRequest request) override;
  Status delete_portfolio(const std::string& id_or_name) override;
  Result<Sequence> record_access(std::variant<AccessGranted, AccessDenied> event,
                                 store::TableBatch rows) override;

  Result<StoreBytes> store_bytes() const override;
  Result<store::BackupInfo> backup() override;
  Result<std::optional<PruneOutcome>> prune(const store::RetentionPolicy& policy,
                                            bool dry_run) override;

  CurrentRun current_run() const override { return view_.current(); }
  bool wait_until_idle(std::chrono::milliseconds timeout) const override {
    return view_.wait_until_idle(timeout);
  }
  Result<std::string> run_state_at(const RunId& run, Sequence at) const override {
    RL_TRY_ASSIGN(const auto state, replay_run(*log_, run, at));
    return run_state_to_json(state);
  }
  Result<Date> last_price_date() const override;

  const store::EventLog& log() const noexcept override { return *log_; }
  Status health() const override;
  const Clock& clock() const noexcept override { return clock_; }
  Epoch epoch() const noexcept override { return epoch_; }
  const EngineFacts& about() const noexcept override { return facts_; }
  void drain(std::chrono::milliseconds patience) override;

 private:
  [[nodiscard]] Result<std::optional<RunState>> unfinished_run() const;
  [[nodiscard]] Status writable() const;
  [[nodiscard]] Status enough_disk() const;
  [[nodiscard]] Result<RunScope> scope_of(const StartRunRequest& request) const;
  [[nodiscard]] Result<std::pair<Date, Date>> dates_of(const StartRunRequest& request) const;
  [[nodiscard]] Result<StartedRun> request_run(RunRequested request,
                                               std::optional<CommandId> command);
  [[nodiscard]] Result<store::AppendReceipt> submit(Coordinator::Submission submission);
  [[nodiscard]] std::expected<ImportOutcome, ImportFailure> append_import(PreparedImport prepared);
  [[nodiscard]] Date today() const {
    return std::chrono::floor<std::chrono::days>(clock_.wall_now());
  }
  [[nodiscard]] std::array<std::uint64_t, 2> entropy();

  ServiceOptions options_;
  const Clock& clock_;
  RunView view_;
  std::mutex random_mutex_;
  Random random_;
  std::mutex prune_mutex_;   // One pruning at a time.
  std::mutex import_mutex_;  // Held from "is it new?" to its event, so that a file comes in once.
  std::atomic<bool> draining_{false};
  std::once_flag drained_;
  Epoch epoch_{};
  EngineFacts facts_;

  // In the order of dependence; drain() takes them down from the last.
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<InputLibrary> library_;
  std::unique_ptr<EarlierResults> earlier_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<ThreadExecutor> executor_;
  std::unique_ptr<ComputePool> pool_;
};

Status EngineService::open() {
  if (const auto lacking = risk::unsupported_cpu()) {
    return fail(Code::kUnsupported, *lacking);
  }
  facts_ = {risk::numerics_profile(), risk::kFormulaVersion, 0, clock_.wall_now()};
  store::RocksLogOptions log_options;
  log_options.directory = options_.data_directory;
  log_options.mode = options_.read_only    ? store::OpenMode::kReadOnly
                     : options_.must_exist ? store::OpenMode::kMustExist
                                           : store::OpenMode::kCreateIfMissing;
  log_options.build = std::string(build_info());
  RL_TRY_ASSIGN(log_,
                store::open_rocks_event_log(log_options, store::make_projections(),
                                            [this](const Event& event) { view_.observe(event); }));
  RL_TRY_ASSIGN(auto unfinished, unfinished_run());
  view_.start(unfinished, log_->committed());
  if (options_.read_only) {
    return {};
  }
  const auto& profile = facts_.numerics_profile;
  library_ = std::make_unique<InputLibrary>(*log_, profile, make_risk_calculation);
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const unsigned threads = options_.compute_threads != 0 ? options_.compute_threads : cores;
  facts_.compute_threads = threads;
  earlier_ = std::make_unique<EarlierResults>(*log_, profile);
  executor_ = std::make_unique<ThreadExecutor>(clock_);
  pool_ = make_thread_pool(threads);
  Coordinator::Limits limits;
  limits.plan.attempts_in_flight_max = std::max(64U, 8 * threads);
  coordinator_ = std::make_unique<Coordinator>(
      Coordinator::Dependencies{*log_, *pool_, *executor_, clock_, *library_,
                                Random{random_.next()}, earlier_.get()},
      limits, std::move(unfinished));
  RL_TRY_ASSIGN(
      epoch_, wait_for<Epoch>([&](auto done) {
        coordinator_->start(EngineStarted{{}, std::string(build_info()), profile}, std::move(done));
      }));
  RL_FAILPOINT("recovery.after_start");
  return {};
}

Result<std::optional<RunState>> EngineService::unfinished_run() const {
  RL_TRY_ASSIGN(const auto open, store::open_runs(log_->tables()));
  if (open.empty()) {
    return std::optional<RunState>{};
  }
  RL_TRY_ASSIGN(auto state, replay_run(*log_, open.back().run, log_->committed()));
  return std::optional<RunState>(std::move(state));
}

Status EngineService::writable() const {
  if (options_.read_only) {
    return fail(Code::kUnavailable, "the store is open for reading only");
  }
  return health();
}

Status EngineService::health() const {
  RL_TRY(log_->health());
  if (draining_) {
    return fail(Code::kUnavailable, "the engine is stopping");
  }
  return coordinator_ ? coordinator_->health() : Status();
}

Status EngineService::enough_disk() const {
  std::error_code error;
  const auto space = std::filesystem::space(options_.data_directory, error);
  if (!error && space.available < options_.free_disk_bytes_min) {
    return fail(
        Code::kExhausted,
        fmt::format("only {} MB are free on the disk of {}; a run needs at least {} MB: make "
                    "space and start it again",
                    space.available >> 20U, options_.data_directory.string(),
                    options_.free_disk_bytes_min >> 20U));
  }
  return {};
}

std::array<std::uint64_t, 2> EngineService::entropy() {
  const std::lock_guard lock(random_mutex_);
  return random_.entropy();
}

// --- runs
// -----------------------------------------------------------------------------------------

Result<Date> EngineService::last_price_date() const {
  RL_TRY_ASSIGN(const auto inputs, store::list_inputs(log_->tables()));
  std::optional<Date> last;
  for (const auto& row : inputs) {
    if (row.input.kind == InputKind::kPrices && row.input.last_date) {
      last = std::max(last.value_or(*row.input.last_date), *row.input.last_date);
    }
  }
  if (!last) {
    return fail(Code::kNotFound, "no prices have been imported: import prices first");
  }
  return Calendar::nyse().on_or_before(*last);
}

Result<std::pair<Date, Date>> EngineService::dates_of(const StartRunRequest& request) const {
  const auto& calendar = Calendar::nyse();
  if (request.as_of && (request.from || request.to)) {
    return fail(Code::kInvalidArgument, "give either one as-of date or a range, not both");
  }
  if (request.from.has_value() != request.to.has_value()) {
    return fail(Code::kInvalidArgument, "a range needs both its first and its last date");
  }
  const auto last_prices = last_price_date();
  if (!last_prices) {
    return fail(Code::kInvalidArgument, last_prices.error().message);
  }
  auto from = request.as_of.value_or(request.from.value_or(*last_prices));
  auto to = request.as_of.value_or(request.to.value_or(*last_prices));
  if (from > to) {
    return fail(Code::kInvalidArgument, fmt::format("the range begins on {}, after its end on {}",
                                                    format_date(from), format_date(to)));
  }
  if (from < calendar.first() || to > today()) {
    return fail(Code::kInvalidArgument,
                fmt::format("dates must lie between {} and today, {}",
                            format_date(calendar.first()), format_date(today())));
  }
  if (request.as_of && !calendar.is_trading_day(from)) {
    return fail(
        Code::kInvalidArgument,
        fmt::format("{} is not a trading day of the New York Stock Exchange; the trading day "
                    "before it is {}",
                    format_date(from), format_date(calendar.previous(from))));
  }
  if (calendar.sessions(from, to).empty()) {
    return fail(
        Code::kInvalidArgument,
        fmt::format("there is no trading day from {} to {}; the trading day before is {}",
                    format_date(from), format_date(to), format_date(calendar.previous(from))));
  }
  return std::pair{calendar.on_or_after(from), calendar.on_or_before(to)};
}

Result<RunScope> EngineService::scope_of(const StartRunRequest& request) const {
  RunScope scope;
  scope.with_correlations = request.with_correlations || request.correlations_only;
  scope.market_data_only = request.market_data_only;
  scope.correlations_only = request.correlations_only;
  scope.recalculate = request.recalculate;
  if (request.market_data_only && request.correlations_only) {
    return fail(Code::kInvalidArgument, "a run is of market data only or of correlations only");
  }
  std::set<PortfolioId> ids;
  for (const auto& name : request.portfolios) {
    RL_TRY_ASSIGN(const auto row, find_active(log_->tables(), name));
    ids.insert(row.id);
  }
  scope.portfolios.assign(ids.begin(), ids.end());
  RL_TRY_ASSIGN(const auto dates, dates_of(request));
  std::tie(scope.from, scope.to) = dates;
  return scope;
}

Result<StartedRun> EngineService::request_run(RunRequested request,
                                              std::optional<CommandId> command) {
  RL_TRY(writable());
  RL_TRY(enough_disk());
  const auto run = RunId::make(clock_.wall_now(), entropy());
  std::optional<store::CommandKey> key;
  if (command) {
    key = store::CommandKey{*command, digest_of(request)};
  }
  const auto scope = request.scope;
  RL_TRY_ASSIGN(const auto sequence, wait_for<Sequence>([&](auto done) {
                  coordinator_->request_run({run, std::move(request)}, key, std::move(done));
                }));
  RL_TRY_ASSIGN(const auto events, log_->read(Sequence{raw(sequence) - 1}, {.events_max = 1}));
  RL_ASSERT(!events.empty());
  RL_TRY_ASSIGN(const auto event, decode_event(events.front().bytes));
  return StartedRun{event.run, sequence, event.run != run, scope};
}

Result<StartedRun> EngineService::start_run(const StartRunRequest& request,
                                            std::optional<CommandId> command) {
  RL_TRY_ASSIGN(auto scope, scope_of(request));
  return request_run({.triggered_by = request.triggered_by,
                      .force = request.force,
                      .scope = std::move(scope),
                      .retry_of = std::nullopt},
                     command);
}

Result<StartedRun> EngineService::retry_run(const RunId& run,
                                            const std::string& triggered_by,
                                            std::optional<CommandId> command) {
  RL_TRY_ASSIGN(const auto row, store::find_run(log_->tables(), run));
  if (!is_final(row.status)) {
    return fail(Code::kConflict, "run " + to_string(run) + " has not ended yet");
  }
  auto scope = row.scope;
  if (!scope.market_data_only) {
    std::set<PortfolioId> again;
    const store::JobFilter unfinished{.run = run,
                                      .statuses = {JobStatus::kFailed, JobStatus::kCancelled}};
    std::optional<Sequence> before;
    do {
      RL_TRY_ASSIGN(const auto page, store::list_jobs(log_->tables(), unfinished, before, 1000));
      for (const auto& job : page.rows) {
        again.insert(job.job.portfolio);
      }
      before = page.next_before;
    } while (before);
    if (again.empty()) {
      return fail(Code::kConflict, "run " + to_string(run) + " has no failed or cancelled job");
    }
    // A market job that failed concerns every portfolio of the run.
    if (!again.contains(PortfolioId{})) {
      scope.portfolios.assign(again.begin(), again.end());
    }
  }
  return request_run(
      {.triggered_by = triggered_by, .force = false, .scope = std::move(scope), .retry_of = run},
      command);
}

Result<RunId> EngineService::cancel_run(std::optional<RunId> run, const std::string& requested_by) {
  RL_TRY(writable());
  return wait_for<RunId>([&](auto done) {
    coordinator_->cancel_run({run, requested_by}, std::move(done));
  });
}

// --- imports
// --------------------------------------------------------------------------------------

Result<store::AppendReceipt> EngineService::submit(Coordinator::Submission submission) {
  RL_TRY(writable());
  return wait_for<store::AppendReceipt>(
      [&](auto done) { coordinator_->submit(std::move(submission), std::move(done)); });
}

std::expected<ImportOutcome, ImportFailure> EngineService::append_import(PreparedImport prepared) {
  Coordinator::Submission submission;
  Digest content;
  std::visit(
      [&](auto& event) {
        content = event.content;
        submission.facts.emplace_back(event);
      },
      prepared.file.event);
  submission.blobs.push_back({store::BlobKind::kInput, content,
                              std::make_shared<const std::string>(pack_blob(prepared.file.bytes))});
  RL_FAILPOINT("import.before_append");
  const auto receipt = submit(std::move(submission));
  RL_FAILPOINT("import.after_append");
  if (!receipt) {
    return std::unexpected(ImportFailure{receipt.error(), {}});
  }
  return ImportOutcome{true, std::move(prepared.file.event), receipt->last,
                       std::move(prepared.notes)};
}

ImportFailure failure_of(std::vector<ImportIssue> issues) {
  const auto count = issues.size();
  return {{Code::kInvalidArgument, fmt::format("{} error{} in the file; nothing was imported",
                                               count, count == 1 ? "" : "s")},
          std::move(issues)};
}

std::expected<ImportOutcome, ImportFailure> EngineService::import_input(
    InputKind kind, const std::string& file_name, std::string bytes) {
  auto prepared = prepare_input(kind, file_name, std::move(bytes), today());
  if (!prepared) {
    return std::unexpected(failure_of(std::move(prepared).error()));
  }
  const std::lock_guard lock(import_mutex_);
  const auto& event = std::get<InputIngested>(prepared->file.event);
  const auto known = store::find_input(log_->tables(), kind, event.content);
  if (!known) {
    return std::unexpected(ImportFailure{known.error(), {}});
  }
  if (*known) {
    return ImportOutcome{false, (*known)->input, (*known)->sequence, std::move(prepared->notes)};
  }
  return append_import(std::move(*prepared));
}

std::expected<ImportOutcome, ImportFailure> EngineService::import_portfolio(
    PortfolioImportRequest request) {
  const std::lock_guard lock(import_mutex_);
  const auto known = store::find_portfolio(log_->tables(), request.name);
  if (!known && known.error().code != Code::kNotFound) {
    return std::unexpected(ImportFailure{known.error(), {}});
  }
  request.id = known ? known->id : PortfolioId::make(clock_.wall_now(), entropy());
  if (known && !request.equity) {
    request.equity = known->equity;
    request.equity_date = known->equity_date;
  }
  auto prepared = prepare_portfolio(std::move(request), today());
  if (!prepared) {
    return std::unexpected(failure_of(std::move(prepared).error()));
  }
  const auto& event = std::get<PortfolioImported>(prepared->file.event);
  if (known && known->content == event.content && known->equity == event.equity &&
      known->equity_date == event.equity_date) {
    return ImportOutcome{false, event, known->sequence, std::move(prepared->notes)};
  }
  return append_import(std::move(*prepared));
}

Status EngineService::delete_portfolio(const std::string& id_or_name) {
  const std::lock_guard lock(import_mutex_);
  RL_TRY_ASSIGN(const auto row, find_active(log_->tables(), id_or_name));
  Coordinator::Submission submission;
  submission.facts.emplace_back(PortfolioDeleted{row.id, row.name});
  RL_TRY(submit(std::move(submission)));
  return {};
}

Result<Sequence> EngineService::record_access(std::variant<AccessGranted, AccessDenied> event,
                                              store::TableBatch rows) {
  Coordinator::Submission submission;
  std::visit([&](auto& fact) { submission.facts.emplace_back(std::move(fact)); }, event);
  submission.rows = std::move(rows);
  RL_TRY_ASSIGN(const auto receipt, submit(std::move(submission)));
  return receipt.last;
}

// --- maintenance
// ----------------------------------------------------------------------------------

Result<StoreBytes> EngineService::store_bytes() const {
  StoreBytes bytes;
  std::error_code error;
  bytes.free = std::filesystem::space(options_.data_directory, error).available;
  if (error) {
    return fail(Code::kIo, "cannot look at the disk of " + options_.data_directory.string() + ": " +
                               error.message());
  }
  RL_TRY_ASSIGN(bytes.used, log_->bytes_on_disk());
  return bytes;
}

Result<store::BackupInfo> EngineService::backup() {
  RL_TRY(writable());
  if (options_.backup_directory.empty()) {
    return fail(Code::kInvalidArgument,
                "there is no directory for backups: give one with --backup-dir");
  }
  return log_->maintenance()->backup(options_.backup_directory);
}

Result<std::optional<PruneOutcome>> EngineService::prune(const store::RetentionPolicy& policy,
                                                         bool dry_run) {
  RL_TRY(writable());
  const std::lock_guard lock(prune_mutex_);
  RL_TRY_ASSIGN(auto plan, store::plan_prune(*log_, policy, clock_.wall_now()));
  if (!plan) {
    return std::nullopt;
  }
  PruneOutcome outcome{.plan = std::move(*plan), .archive = {}, .recorded = {}};
  if (dry_run) {
    return outcome;
  }
  if (view_.current().run) {
    return fail(Code::kConflict, "a run is going on: prune when it has ended");
  }
  std::optional<store::Archive> archive;
  if (options_.archive) {
    const auto directory = options_.archive_directory.empty() ? options_.data_directory / "archive"
                                                              : options_.archive_directory;
    RL_TRY_ASSIGN(archive, store::archive_pruned(*log_, outcome.plan, directory));
    outcome.archive = directory / archive->name;
  }
  RL_FAILPOINT("prune.archived");
  auto request = store::prune_request(outcome.plan, archive, clock_.wall_now());
  Coordinator::Submission submission;
  submission.facts.push_back(std::move(request.events.front().payload));
  submission.prune = request.prune;
  RL_TRY_ASSIGN(const auto receipt, submit(std::move(submission)));
  outcome.recorded = receipt.last;
  RL_FAILPOINT("prune.recorded");
  RL_TRY(log_->maintenance()->reclaim());
  return outcome;
}

void EngineService::drain(std::chrono::milliseconds patience) {
  std::call_once(drained_, [&] {
    draining_ = true;
    if (coordinator_) {
      auto drained = std::make_shared<std::promise<void>>();
      auto done = drained->get_future();
      coordinator_->drain([drained] { drained->set_value(); });
      if (done.wait_for(patience) != std::future_status::ready) {
        coordinator_->abandon();
        done.wait();
      }
      pool_.reset();
    }
    if (log_) {
      RL_FAILPOINT("drain.before_close");
      log_->close();
    }
    executor_.reset();
    coordinator_.reset();
  });
}

}  // namespace

Result<std::unique_ptr<Service>> open_service(const ServiceOptions& options, const Clock& clock) {
  auto service = std::make_unique<EngineService>(options, clock);
  RL_TRY(service->open());
  return std::unique_ptr<Service>(std::move(service));
}

}  // namespace runledger::engine
