#pragma once

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "schema/events.h"
#include "store/catalog.h"
#include "store/event_log.h"
#include "store/job_history.h"
#include "store/projection.h"
#include "store/rocks_event_log.h"
#include "store/run_history.h"

/// What the benchmarks of store share: the events of a large run, always the same.
namespace runledger::store::bench {

/// A directory that is removed with the object. RUNLEDGER_BENCH_DIR says on which disk.
class BenchDir {
 public:
  BenchDir() {
    const char* const where = ::getenv("RUNLEDGER_BENCH_DIR");
    std::string pattern =
        (std::filesystem::path(where != nullptr ? where : "/tmp") / "runledger_bench_XXXXXX")
            .string();
    path_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "/nonexistent";
  }
  ~BenchDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  BenchDir(const BenchDir&) = delete;
  BenchDir& operator=(const BenchDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

inline Uuid uuid_of(std::uint8_t kind, std::uint64_t number) {
  Uuid uuid;
  uuid.bytes[0] = kind;
  for (std::size_t i = 0; i < 8; ++i) {
    uuid.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return uuid;
}

/// The `number`-th event of a run in which every job is attempted once and succeeds.
inline NewEvent run_event(std::uint64_t number) {
  const auto index = static_cast<std::uint32_t>(number / 2);
  const JobRef job{.index = index,
                   .type = kAllJobTypes[index % kAllJobTypes.size()],
                   .portfolio = PortfolioId{uuid_of(2, index / 10 % 1000)},
                   .as_of = Date{std::chrono::days{17'000 + index / 10'000 % 87}}};
  NewEvent event;
  event.time = UtcTime{
      std::chrono::microseconds{1'500'000'000'000'000 + static_cast<std::int64_t>(number) * 50}};
  event.run = RunId{uuid_of(1, 1)};
  if (number % 2 == 0) {
    event.payload = JobAttempted{job, Attempt{1}, Epoch{1}};
    return event;
  }
  JobSucceeded succeeded;
  succeeded.job = job;
  succeeded.attempt = Attempt{1};
  succeeded.epoch = Epoch{1};
  succeeded.records = number;
  succeeded.duration = nanoseconds{123'456};
  succeeded.unit = "positions";
  succeeded.quality = {QualityFlag::kFull, 1.0, 250.0};
  succeeded.input_hash.bytes.fill(static_cast<std::uint8_t>(number));
  succeeded.result_hash.bytes.fill(static_cast<std::uint8_t>(number + 1));
  succeeded.formula_version = 1;
  event.payload = std::move(succeeded);
  return event;
}

inline Projections all_projections() {
  Projections projections;
  projections.push_back(make_run_history());
  projections.push_back(make_job_history());
  projections.push_back(make_catalog());
  return projections;
}

inline std::unique_ptr<EventLog> open_log(const std::filesystem::path& directory,
                                          Projections projections) {
  RocksLogOptions options;
  options.directory = directory;
  options.build = "bench";
  auto log = open_rocks_event_log(options, std::move(projections));
  return log ? std::move(*log) : nullptr;
}

}  // namespace runledger::store::bench
