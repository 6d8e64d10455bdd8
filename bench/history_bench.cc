#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <rocksdb/db.h>

#include "bench/store_bench.h"
#include "store/freshness.h"
#include "store/job_statistics.h"
#include "store/keys.h"
#include "store/log_rows.h"
#include "store/quarantine.h"
#include "store/rocks_db.h"
#include "store/row_writer.h"

/// What queries of the job history cost with few and with many jobs: `history_bench SMALL LARGE`.
/// The rows are those of the production projections in a real RocksDB; only the events themselves,
/// and the sync of each group, are left out. RUNLEDGER_BENCH_DIR says on which disk.
namespace runledger::store::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kPortfolios = 1000;
constexpr std::uint64_t kGroup = 100;  // Portfolios whose jobs run together.
constexpr std::uint64_t kTypes = 10;
constexpr std::uint64_t kJobsOfRun = kPortfolios * kTypes;
constexpr int kFirstDay = 17'000;
constexpr std::size_t kWriteEvents = 4096;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

[[noreturn]] void stop(const std::string& why) {
  fmt::print(stderr, "history_bench: {}\n", why);
  std::exit(1);
}

template <class T>
T value_of(Result<T> result) {
  if (!result) {
    stop(result.error().message);
  }
  return std::move(*result);
}

/// Nightly runs of every job of every portfolio, one date each.
class Histories {
 public:
  explicit Histories(const RocksDb& db) : db_(db), writer_(db) {
    projections_.push_back(make_run_history());
    projections_.push_back(make_job_history());
  }

  void make(std::uint64_t jobs) {
    for (std::uint64_t job = 0; job < jobs; ++job) {
      if (job % kJobsOfRun == 0) {
        begin_run(job / kJobsOfRun);
      }
      play_job(job % kJobsOfRun);
      if (job % kJobsOfRun == kJobsOfRun - 1 || job + 1 == jobs) {
        end_run();
      }
    }
    write();
  }
  [[nodiscard]] Sequence head() const noexcept { return head_; }
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_written_; }
  [[nodiscard]] std::uint64_t index_rows() const noexcept { return index_rows_; }

 private:
  void begin_run(std::uint64_t night) {
    night_ = night;
    run_ = RunId{uuid_of(1, night + 1)};
    now_ = UtcTime{std::chrono::days{kFirstDay + static_cast<int>(night) + 1}};
    RunRequested requested;
    requested.triggered_by = night % 20 == 19 ? "operator@example.com" : "schedule:nightly";
    add(std::move(requested));
    first_ = head_;
  }
  void end_run() {
    RunFinished finished;
    finished.status = RunStatus::kCompleted;
    add(std::move(finished));
    writer_.put(Table::kRunIndex, run_key(run_), encode_range({first_, head_}));
  }
  void play_job(std::uint64_t index) {
    const std::uint64_t group = index / (kGroup * kTypes);
    const std::uint64_t within = index % (kGroup * kTypes);
    const JobRef job{.index = static_cast<std::uint32_t>(index),
                     .type = kAllJobTypes[1 + within / kGroup],
                     .portfolio = PortfolioId{uuid_of(2, group * kGroup + within % kGroup)},
                     .as_of = Date{std::chrono::days{kFirstDay + static_cast<int>(night_)}}};
    const std::uint64_t fate = random_() % 100;
    if (fate == 0) {
      add(JobSkipped{job, SkipReason::kNoOptions, std::nullopt});
      return;
    }
    add(JobAttempted{job, Attempt{1}, Epoch{1}});
    if (fate == 1) {
      add(JobFailed{job, Attempt{1}, fate_of(random_() % 3), "no_price", "SPY has no price"});
      return;
    }
    Attempt attempt{1};
    if (fate == 2) {
      add(JobRetryScheduled{job, attempt, now_, ErrorCategory::kTransient, "busy"});
      attempt = Attempt{2};
      add(JobAttempted{job, attempt, Epoch{1}});
    }
    JobSucceeded succeeded;
    succeeded.job = job;
    succeeded.attempt = attempt;
    succeeded.epoch = Epoch{1};
    succeeded.records = random_() % 1000;
    succeeded.duration =
        nanoseconds{100'000 + static_cast<std::int64_t>(random_() % (1U << (10 + random_() % 18)))};
    succeeded.unit = "positions";
    succeeded.quality = {fate < 10 ? QualityFlag::kLimited : QualityFlag::kFull, 0.99, 250.0};
    if (fate < 6) {
      succeeded.warnings = {"short history: XLRE"};
    }
    for (auto* digest : {&succeeded.input_hash, &succeeded.result_hash}) {
      std::generate(digest->bytes.begin(), digest->bytes.end(),
                    [this] { return static_cast<std::uint8_t>(random_()); });
    }
    succeeded.formula_version = 2;
    add(std::move(succeeded));
  }
  static ErrorCategory fate_of(std::uint64_t drawn) {
    return drawn == 0 ? ErrorCategory::kPermanent : ErrorCategory::kData;
  }

  void add(Payload payload) {
    now_ += std::chrono::microseconds{200};
    head_ = next(head_);
    Event event;
    event.sequence = head_;
    event.time = now_;
    event.run = run_;
    event.payload = std::move(payload);
    for (const auto& projection : projections_) {
      apply_event(*projection, event, rows_);
    }
    if (++pending_ == kWriteEvents) {
      write();
    }
  }
  void write() {
    rows_written_ += rows_.operations().size();
    index_rows_ += static_cast<std::uint64_t>(
        std::ranges::count(rows_.operations(), Table::kJobIndex, &TableBatch::Operation::table));
    writer_.put(rows_);
    rows_.clear();
    pending_ = 0;
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    if (const Status written = writer_.write(options); !written) {
      stop(written.error().message);
    }
  }

  const RocksDb& db_;
  RowWriter writer_;
  Projections projections_;
  TableBatch rows_;
  std::mt19937_64 random_{42};
  std::size_t pending_ = 0;
  std::uint64_t rows_written_ = 0;
  std::uint64_t index_rows_ = 0;
  std::uint64_t night_ = 0;
  RunId run_;
  UtcTime now_{};
  Sequence head_{};
  Sequence first_{};
};

/// Has the kernel forget the files, so that they are read from the disk again.
void drop_cached(const std::filesystem::path& directory) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
      (void)::fdatasync(file);
      (void)::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
      (void)::close(file);
    }
  }
}

/// Brings the database to one shape, so that no compaction goes on beside what is measured.
void compact(const RocksDb& db) {
  for (auto* family : db.families()) {
    (void)db.db().CompactRange(rocksdb::CompactRangeOptions(), family, nullptr, nullptr);
  }
}

/// One store, and what it was asked.
struct Store {
  explicit Store(std::uint64_t count) : jobs(count) {
    options.directory = directory.path() / "store";
    const auto db = value_of(RocksDb::open(options, rocksdb::Env::Default()));
    Histories histories(*db);
    const auto begin = Clock::now();
    histories.make(jobs);
    const double seconds = seconds_since(begin);
    head = histories.head();
    compact(*db);
    const auto bytes = [&db](Table table) {
      std::uint64_t size = 0;
      (void)db->db().GetIntProperty(db->table(table), "rocksdb.total-sst-files-size", &size);
      return static_cast<double>(size) / 1e6;
    };
    fmt::print(
        "{} jobs in {:.1f} s: {:.0f} jobs/s, {:.0f} rows/s; {:.3f} rows a job, of them {:.3f} of "
        "the index; jobs {:.0f} MB, job index {:.0f} MB, latest {:.0f} MB\n",
        jobs, seconds, static_cast<double>(jobs) / seconds,
        static_cast<double>(histories.rows()) / seconds,
        static_cast<double>(histories.rows()) / static_cast<double>(jobs),
        static_cast<double>(histories.index_rows()) / static_cast<double>(jobs),
        bytes(Table::kJobs), bytes(Table::kJobIndex), bytes(Table::kLatest));
    std::fflush(stdout);
  }

  [[nodiscard]] std::uint64_t nights() const noexcept {
    return (jobs + kJobsOfRun - 1) / kJobsOfRun;
  }
  [[nodiscard]] Date last_date() const {
    return Date{std::chrono::days{kFirstDay + static_cast<int>(nights()) - 1}};
  }
  [[nodiscard]] UtcTime end() const { return UtcTime{last_date() + std::chrono::days{2}}; }

  std::uint64_t jobs;
  BenchDir directory;
  RocksLogOptions options;
  Sequence head{};
};

struct Cost {
  double cold = 0;  ///< Milliseconds: the store has just been opened, nothing is in memory.
  double warm = 0;  ///< Median of the runs after it.
  std::uint64_t found = 0;
};

using Query = std::function<std::uint64_t(const TableReader&)>;

Cost measure(const Store& store, const Query& query) {
  drop_cached(store.directory.path());
  const auto db = value_of(RocksDb::open(store.options, rocksdb::Env::Default()));
  CurrentView view;
  view.publish(db->db(), store.head, Sequence{});
  const RocksTables tables(*db, view);
  Cost cost;
  std::vector<double> warm;
  constexpr int kRounds = 11;
  for (int round = 0; round <= kRounds; ++round) {
    const auto begin = Clock::now();
    cost.found = query(tables);
    const double spent = seconds_since(begin) * 1e3;
    if (round == 0) {
      cost.cold = spent;
    } else {
      warm.push_back(spent);
    }
  }
  std::ranges::nth_element(warm, warm.begin() + kRounds / 2);
  cost.warm = warm[kRounds / 2];
  return cost;
}

using NamedQueries = std::vector<std::pair<std::string, Query>>;

void add_lists(const Store& store, NamedQueries& queries) {
  const PortfolioId portfolio{uuid_of(2, 321)};
  const auto failed = std::vector{JobStatus::kFailed};
  const UtcTime month_ago = store.end() - std::chrono::days{30};
  const std::vector<std::pair<std::string, JobFilter>> filters = {
      {"everything", {}},
      {"one portfolio", {.portfolio = portfolio}},
      {"portfolio, type", {.portfolio = portfolio, .type = JobType::kStressTesting}},
      {"type, failed", {.type = JobType::kStressTesting, .statuses = failed}},
      {"failed, category data", {.statuses = failed, .category = ErrorCategory::kData}},
      {"portfolio, failed, category data",
       {.portfolio = portfolio, .statuses = failed, .category = ErrorCategory::kData}},
      {"type, last 30 days", {.type = JobType::kStressTesting, .finished_from = month_ago}},
      {"as-of dates of a week, started by nightly",
       {.triggered_by = "schedule:nightly",
        .as_of_from = store.last_date() - std::chrono::days{6},
        .as_of_to = store.last_date()}},
      {"run, with warnings",
       {.run = RunId{uuid_of(1, store.nights())}, .statuses = {JobStatus::kSucceededWithWarnings}}},
      {"portfolio, oldest as-of date",
       {.portfolio = portfolio, .as_of_to = Date{std::chrono::days{kFirstDay}}}},
  };
  for (const auto& [name, filter] : filters) {
    queries.emplace_back("page: " + name, [filter](const TableReader& tables) {
      return value_of(list_jobs(tables, filter, std::nullopt, 100)).rows.size();
    });
    queries.emplace_back("total: " + name, [filter](const TableReader& tables) {
      return value_of(count_jobs(tables, filter));
    });
  }
  queries.emplace_back("page: portfolio, type, from the middle", [&](const TableReader& tables) {
    const JobFilter filter{.portfolio = PortfolioId{uuid_of(2, 321)},
                           .type = JobType::kStressTesting};
    return value_of(list_jobs(tables, filter, Sequence{raw(store.head) / 2}, 100)).rows.size();
  });
}

void add_summaries(const Store& store, NamedQueries& queries) {
  const UtcTime end = store.end();
  for (const auto& [name, past, bucket] :
       {std::tuple{"statistics: 30 days by day", 30, TimeBucket::kDay},
        std::tuple{"statistics: everything by month", 36'500, TimeBucket::kMonth}}) {
    queries.emplace_back(name, [end, past, bucket](const TableReader& tables) {
      const StatisticsQuery query{
          .from = end - std::chrono::days{past}, .to = end, .bucket = bucket};
      return value_of(job_statistics(tables, query)).size();
    });
  }
  queries.emplace_back("slowest 20 of 30 days", [end](const TableReader& tables) {
    return value_of(slowest_jobs(tables, end - std::chrono::days{30}, end, std::nullopt, 20))
        .size();
  });
  queries.emplace_back("flakiest 20 of 30 days", [end](const TableReader& tables) {
    return value_of(flakiest_jobs(tables, end - std::chrono::days{30}, end, 20)).size();
  });
  queries.emplace_back("last success of each type", [](const TableReader& tables) {
    std::uint64_t found = 0;
    for (const JobType type : kAllJobTypes) {
      const JobFilter filter{
          .portfolio = PortfolioId{uuid_of(2, 321)},
          .type = type,
          .statuses = {JobStatus::kSucceeded, JobStatus::kSucceededWithWarnings}};
      found += value_of(list_jobs(tables, filter, std::nullopt, 1)).rows.size();
    }
    return found;
  });
  for (const std::uint64_t dates : {std::uint64_t{250}, std::uint64_t{1000}}) {
    queries.emplace_back(
        fmt::format("freshness: 1000 portfolios x {} dates", dates),
        [&store, dates](const TableReader& tables) {
          std::vector<PortfolioId> portfolios;
          for (std::uint64_t number = 0; number < kPortfolios; ++number) {
            portfolios.push_back(PortfolioId{uuid_of(2, number)});
          }
          std::vector<Date> days;
          for (std::uint64_t back = dates; back-- > 0;) {
            days.push_back(store.last_date() - std::chrono::days{back});
          }
          std::uint64_t cells = 0;
          for (const auto& row : value_of(freshness_grid(tables, portfolios, days)).rows) {
            cells += row.size() -
                     static_cast<std::uint64_t>(std::ranges::count(row, CellState::kNothing));
          }
          return cells;
        });
  }
  queries.emplace_back("newest usable date of 1000 portfolios", [](const TableReader& tables) {
    std::uint64_t found = 0;
    for (std::uint64_t number = 0; number < kPortfolios; ++number) {
      found += value_of(newest_usable_date(tables, PortfolioId{uuid_of(2, number)})) ? 1U : 0U;
    }
    return found;
  });
}

NamedQueries queries_of(const Store& store) {
  NamedQueries queries;
  add_lists(store, queries);
  add_summaries(store, queries);
  return queries;
}

void run(std::uint64_t small_jobs, std::uint64_t large_jobs) {
  const Store small(small_jobs);
  const Store large(large_jobs);
  fmt::print("{:<50} {:>10} {:>10} {:>10} {:>10} {:>7} {:>10}\n", "milliseconds", "cold", "warm",
             "cold", "warm", "ratio", "found");
  const NamedQueries few = queries_of(small);
  const NamedQueries many = queries_of(large);
  for (std::size_t i = 0; i < few.size(); ++i) {
    const Cost left = measure(small, few[i].second);
    const Cost right = measure(large, many[i].second);
    fmt::print("{:<50} {:>10.3f} {:>10.3f} {:>10.3f} {:>10.3f} {:>7.1f} {:>10}\n", few[i].first,
               left.cold, left.warm, right.cold, right.warm, right.warm / left.warm, right.found);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace runledger::store::bench

int main(int argc, char** argv) {
  const auto jobs = [&](int at, std::uint64_t otherwise) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
  };
  runledger::store::bench::run(jobs(1, 100'000), jobs(2, 10'000'000));
  return 0;
}
