#include "tests/store/store_testing.h"

#include <stdlib.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <utility>

#include <gtest/gtest.h>

#include "schema/codec.h"
#include "store/projections.h"

namespace runledger::store::testing {
namespace {

Uuid numbered_uuid(std::uint8_t kind, std::uint64_t number) {
  Uuid uuid;
  uuid.bytes[0] = kind;
  for (std::size_t i = 0; i < 8; ++i) {
    uuid.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return uuid;
}

constexpr std::uint64_t kPortfolios = 4;
constexpr std::uint64_t kDates = 5;

}  // namespace

TempDir::TempDir() {
  // In memory where there is such a place: the tests sync often and none needs a real disk.
  const std::filesystem::path memory = "/dev/shm";
  const std::filesystem::path parent =
      std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
  std::string pattern = (parent / "runledger_XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    ADD_FAILURE() << "cannot make a temporary directory";
  }
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

RunId run_id(std::uint64_t number) {
  return RunId{numbered_uuid(1, number)};
}
PortfolioId portfolio_id(std::uint64_t number) {
  return PortfolioId{numbered_uuid(2, number)};
}
CommandId command_id(std::uint64_t number) {
  return CommandId{numbered_uuid(3, number)};
}
UtcTime at(std::int64_t seconds) {
  return UtcTime{std::chrono::seconds{seconds}};
}
Date day(int days) {
  return Date{std::chrono::days{days}};
}

NewEvent note(std::uint64_t number) {
  return {.time = at(static_cast<std::int64_t>(number)),
          .run = {},
          .causation = {},
          .payload = AccessGranted{"someone@example.org", std::to_string(number), "cli"}};
}

NewEvent job_event(const RunId& run, std::uint32_t index, std::size_t message_bytes) {
  return {
      .time = at(index),
      .run = run,
      .causation = {},
      .payload = JobProgressed{.job = {index, JobType::kGreeksCalculation, portfolio_id(1), day(1)},
                               .done = 1,
                               .total = 2,
                               .unit = "positions",
                               .message = std::string(message_bytes, 'x')}};
}

AppendRequest request_of(std::vector<NewEvent> events) {
  AppendRequest request;
  request.events = std::move(events);
  return request;
}

Blob blob_of(BlobKind kind, const std::string& bytes) {
  return {.kind = kind,
          .digest = sha256(bytes),
          .packed = std::make_shared<const std::string>(pack_blob(bytes))};
}

std::string flipped(std::string bytes, std::size_t at) {
  bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << (at % 8)));
  return bytes;
}

Projections all_projections() {
  return make_projections();
}

Result<AppendReceipt> append(EventLog& log, AppendRequest request) {
  std::promise<Result<AppendReceipt>> answer;
  RL_TRY(log.append(std::move(request), [&answer](Result<AppendReceipt> result) {
    answer.set_value(std::move(result));
  }));
  return answer.get_future().get();
}

std::vector<Event> read_all(const EventLog& log) {
  std::vector<Event> events;
  Sequence after{};
  while (after < log.committed()) {
    const auto page = log.read(after, {.events_max = 700, .bytes_max = 1U << 20U});
    if (!page || page->empty()) {
      ADD_FAILURE() << "cannot read after " << raw(after) << ": "
                    << (page ? "nothing came" : page.error().message);
      break;
    }
    for (const RecordedEvent& recorded : *page) {
      auto event = decode_event(recorded.bytes);
      EXPECT_TRUE(event.has_value());
      EXPECT_EQ(event->sequence, recorded.sequence);
      events.push_back(std::move(*event));
    }
    after = page->back().sequence;
  }
  return events;
}

TableDump dump_tables(const EventLog& log) {
  TableDump dump;
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const Table table{static_cast<std::uint8_t>(i)};
    if (table == Table::kMeta) {
      continue;
    }
    auto& rows = dump[std::string(to_string(table))];
    const Status scanned = log.tables().scan(table, "", "", ScanOrder::kAscending,
                                             [&rows](std::string_view key, std::string_view value) {
                                               rows.emplace(key, value);
                                               return true;
                                             });
    EXPECT_TRUE(scanned.has_value());
  }
  return dump;
}

std::unique_ptr<EventLog> open_log(const std::filesystem::path& directory, AppenderLimits limits) {
  RocksLogOptions options;
  options.directory = directory;
  options.build = "test";
  options.limits = limits;
  auto log = open_rocks_event_log(options, all_projections());
  if (!log) {
    ADD_FAILURE() << log.error().message;
    return nullptr;
  }
  return std::move(*log);
}

std::uint64_t HistoryMaker::below(std::uint64_t end) {
  return random_() % end;
}

NewEvent HistoryMaker::event(Payload payload) {
  // The clock goes back now and then, and over midnight often.
  now_ += static_cast<std::int64_t>(below(9000)) - (below(50) == 0 ? 100'000 : 0);
  return {.time = at(now_), .run = run_, .causation = {}, .payload = std::move(payload)};
}

void HistoryMaker::end_job(const JobRef& job,
                           std::uint32_t attempt,
                           std::vector<NewEvent>& events) {
  // Only what was attempted can have an outcome.
  switch (attempt == 0 ? 1 + below(2) : below(6)) {
    case 0:
      // The index says what it was, so that what is drawn stays the same.
      events.push_back(event(JobFailed{
          job, Attempt{attempt}, ErrorCategory{static_cast<std::uint8_t>(1 + job.index % 5)},
          "error_" + std::to_string(job.index % 13), "the matrix has rank 3"}));
      break;
    case 1:
      events.push_back(event(
          JobSkipped{job, static_cast<SkipReason>(1 + below(7)),
                     below(2) == 0 ? std::optional<std::uint32_t>(job.index / 2) : std::nullopt}));
      break;
    case 2:
      events.push_back(event(JobCancelled{job}));
      break;
    default: {
      JobSucceeded succeeded;
      succeeded.job = job;
      succeeded.attempt = Attempt{attempt};
      succeeded.epoch = Epoch{1};
      succeeded.records = below(1000);
      succeeded.duration = nanoseconds{below(1'000'000) << job.index % 20};
      succeeded.unit = "positions";
      succeeded.quality = {QualityFlag{static_cast<std::uint8_t>(1 + job.index % 3)}, 0.75, 120.5};
      if (job.index % 7 == 3) {
        succeeded.reused_from = Sequence{1};
      }
      if (below(3) == 0) {
        succeeded.warnings = {"short history", "no sector"};
      }
      succeeded.input_hash = sha256("in" + std::to_string(below(50)));
      succeeded.result_hash = sha256("out" + std::to_string(below(50)));
      succeeded.formula_version = 3;
      events.push_back(event(succeeded));
      break;
    }
  }
}

void HistoryMaker::play_job(std::uint32_t index, std::vector<NewEvent>& events) {
  const JobType type = kAllJobTypes[below(kAllJobTypes.size())];
  const JobRef job{.index = index,
                   .type = type,
                   .portfolio = type == JobType::kMarketDataUpdate
                                    ? PortfolioId{}
                                    : portfolio_id(1 + below(kPortfolios)),
                   .as_of = day(17'000 + static_cast<int>(below(kDates)))};
  std::uint32_t attempt = 0;
  while (attempt < 3 && below(4) != 0) {
    ++attempt;
    events.push_back(event(JobAttempted{job, Attempt{attempt}, Epoch{1}}));
    if (below(2) == 0) {
      events.push_back(event(JobProgressed{job, 1, 2, "positions", "half"}));
    }
    if (below(3) == 0) {
      events.push_back(event(JobRetryScheduled{job, Attempt{attempt}, at(now_ + 1),
                                               ErrorCategory::kTransient, "no_price"}));
    } else if (below(6) == 0) {
      events.push_back(event(JobInterrupted{job, Attempt{attempt}, Epoch{1}}));
    } else {
      break;
    }
  }
  if (below(12) != 0) {
    end_job(job, attempt, events);
  }
}

std::vector<AppendRequest> HistoryMaker::run(std::uint32_t jobs) {
  run_ = run_id(++runs_);
  std::vector<NewEvent> events;
  RunRequested requested;
  requested.triggered_by = below(2) == 0 ? "cli" : "schedule:nightly";
  requested.scope = {.portfolios = {portfolio_id(1)}, .from = day(17'000), .to = day(17'004)};
  if (below(3) == 0) {
    requested.retry_of = run_id(runs_ - 1);
  }
  events.push_back(event(requested));
  if (below(6) == 0) {
    events.push_back(event(RunRejected{"another run is running"}));
  } else {
    RunPlanned planned;
    planned.jobs_total = jobs;
    events.push_back(event(planned));
    events.push_back(event(RunStarted{Epoch{1}}));
    for (std::uint32_t index = 0; index < jobs; ++index) {
      play_job(index, events);
      if (below(50) == 0) {
        events.push_back(event(RunResumed{Epoch{2}}));
      }
    }
    if (below(4) == 0) {
      events.push_back(event(RunCancelRequested{"someone@example.org"}));
    }
    if (below(8) != 0) {
      RunFinished finished;
      finished.status = static_cast<RunStatus>(3 + below(5));
      finished.summary.jobs_total = jobs;
      finished.summary.by_job_type = {{JobType::kStressTesting, 1, 2, 3, 4, 5, nanoseconds{6}}};
      finished.summary.error_categories = {{ErrorCategory::kData, 7}};
      finished.reason = "it is over";
      events.push_back(event(finished));
    }
  }
  std::vector<AppendRequest> requests;
  for (std::size_t begin = 0; begin < events.size();) {
    const std::size_t end = std::min<std::size_t>(events.size(), begin + 1 + below(5));
    AppendRequest& request = requests.emplace_back();
    std::move(events.begin() + static_cast<std::ptrdiff_t>(begin),
              events.begin() + static_cast<std::ptrdiff_t>(end),
              std::back_inserter(request.events));
    begin = end;
  }
  return requests;
}

std::vector<AppendRequest> HistoryMaker::imports(std::size_t count) {
  run_ = {};
  std::vector<AppendRequest> requests;
  for (std::size_t i = 0; i < count; ++i) {
    const PortfolioId portfolio = portfolio_id(1 + below(kPortfolios));
    const std::string name = "book " + std::to_string(below(6));
    Payload payload = PortfolioDeleted{portfolio, name};
    if (below(3) == 0) {
      InputIngested input;
      input.kind = static_cast<InputKind>(1 + below(7));
      input.content = sha256(std::to_string(below(10)));
      input.file_name = "prices.csv";
      input.rows = below(1000);
      input.first_date = day(17'000);
      payload = input;
    } else if (below(4) != 0) {
      payload =
          PortfolioImported{portfolio, name, sha256(name), "positions.csv", 12, 1e6, day(17'000)};
    }
    requests.push_back(request_of({event(std::move(payload))}));
  }
  return requests;
}

std::vector<AppendRequest> random_history(std::uint64_t seed, int runs, std::uint32_t jobs) {
  HistoryMaker maker(seed);
  std::vector<AppendRequest> requests = maker.imports(30);
  for (int run = 0; run < runs; ++run) {
    std::ranges::move(maker.run(jobs), std::back_inserter(requests));
    std::ranges::move(maker.imports(10), std::back_inserter(requests));
  }
  return requests;
}

namespace {

/// The content that a digest of the history maker stands for.
const std::map<Digest, std::string>& contents() {
  static const auto* const all = [] {
    auto* found = new std::map<Digest, std::string>();  // Never destroyed: used until the end.
    for (int i = 0; i < 50; ++i) {
      for (const std::string& text :
           {"out" + std::to_string(i), std::to_string(i), "book " + std::to_string(i)}) {
        found->emplace(sha256(text), text);
      }
    }
    return found;
  }();
  return *all;
}

void add_blobs(AppendRequest& request) {
  for (const NewEvent& event : request.events) {
    if (const auto* succeeded = std::get_if<JobSucceeded>(&event.payload)) {
      request.blobs.push_back(blob_of(BlobKind::kResult, contents().at(succeeded->result_hash)));
    } else if (const auto* imported = std::get_if<PortfolioImported>(&event.payload)) {
      request.blobs.push_back(blob_of(BlobKind::kInput, contents().at(imported->content)));
    } else if (const auto* input = std::get_if<InputIngested>(&event.payload)) {
      request.blobs.push_back(blob_of(BlobKind::kInput, contents().at(input->content)));
    }
  }
}

}  // namespace

std::vector<AppendRequest> whole_history(std::uint64_t seed, int runs, std::uint32_t jobs) {
  HistoryMaker maker(seed);
  std::vector<AppendRequest> requests = maker.imports(10);
  for (int run = 0; run < runs; ++run) {
    std::ranges::move(maker.run(jobs), std::back_inserter(requests));
    const NewEvent last = requests.back().events.back();
    if (!std::holds_alternative<RunFinished>(last.payload) &&
        !std::holds_alternative<RunRejected>(last.payload)) {
      RunFinished finished;
      finished.status = RunStatus::kCompleted;
      requests.push_back(request_of({NewEvent{last.time, last.run, {}, finished}}));
    }
    if (run % 2 == 0) {
      requests.back().command = CommandKey{command_id(static_cast<std::uint64_t>(run) + 1),
                                           sha256("command " + std::to_string(run))};
    }
    std::ranges::move(maker.imports(3), std::back_inserter(requests));
  }
  std::ranges::for_each(requests, add_blobs);
  return requests;
}

Sequence make_store(const std::filesystem::path& directory,
                    std::uint64_t seed,
                    int runs,
                    std::uint32_t jobs) {
  const auto log = open_log(directory);
  for (AppendRequest& request : whole_history(seed, runs, jobs)) {
    EXPECT_TRUE(append(*log, std::move(request)));
  }
  return log->committed();
}

}  // namespace runledger::store::testing
