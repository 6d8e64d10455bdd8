#include <future>
#include <memory>

#include <benchmark/benchmark.h>
#include <rocksdb/db.h>

#include "bench/store_bench.h"
#include "schema/codec.h"
#include "store/rocks_db.h"

/// How many events a second are read back: as bytes, decoded, and by opening a log whose
/// projections must be rebuilt; next to a scan by RocksDB alone.
namespace runledger::store::bench {
namespace {

/// A log of so many events, closed.
class FilledLog {
 public:
  explicit FilledLog(std::uint64_t events) {
    const auto log = open_log(directory_.path(), all_projections());
    std::promise<void> last;
    for (std::uint64_t number = 0; log && number < events;) {
      AppendRequest request;
      while (request.events.size() < 100 && number < events) {
        request.events.push_back(run_event(number++));
      }
      const bool final = number == events;
      good_ = good_ && log->append(std::move(request),
                                   [&last, final](const auto&) {
                                     if (final) {
                                       last.set_value();
                                     }
                                   })
                           .has_value();
    }
    good_ = good_ && log != nullptr;
    if (good_) {
      last.get_future().wait();
    }
  }

  [[nodiscard]] bool good() const noexcept { return good_; }
  [[nodiscard]] RocksLogOptions options() const {
    RocksLogOptions options;
    options.directory = directory_.path();
    return options;
  }

 private:
  BenchDir directory_;
  bool good_ = true;
};

std::uint64_t read_all(const EventLog& log, bool decode) {
  std::uint64_t count = 0;
  for (Sequence after{}; after < log.committed();) {
    const auto page = log.read(after, {});
    if (!page || page->empty()) {
      return 0;
    }
    for (const RecordedEvent& recorded : *page) {
      if (decode) {
        auto event = decode_event(recorded.bytes);
        benchmark::DoNotOptimize(event);
      }
      ++count;
    }
    after = page->back().sequence;
  }
  return count;
}

void replay(benchmark::State& state, bool decode) {
  const auto events = static_cast<std::uint64_t>(state.range(0));
  const FilledLog filled(events);
  const auto log = open_log(filled.options().directory, all_projections());
  for (auto _ : state) {
    if (!log || read_all(*log, decode) != events) {
      state.SkipWithError("not all events came back");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_ReadAndDecode(benchmark::State& state) {
  replay(state, true);
}
void BM_Read(benchmark::State& state) {
  replay(state, false);
}

void BM_BareScan(benchmark::State& state) {
  const FilledLog filled(static_cast<std::uint64_t>(state.range(0)));
  const auto db = RocksDb::open(filled.options(), rocksdb::Env::Default());
  for (auto _ : state) {
    if (!db) {
      state.SkipWithError("cannot open the database");
      break;
    }
    std::int64_t count = 0;
    const std::unique_ptr<rocksdb::Iterator> it(
        (*db)->db().NewIterator(rocksdb::ReadOptions(), (*db)->events()));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      benchmark::DoNotOptimize(it->value().data());
      ++count;
    }
    if (count != state.range(0)) {
      state.SkipWithError("not all events came back");
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_RebuildProjections(benchmark::State& state) {
  const FilledLog filled(static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    {
      const auto db = RocksDb::open(filled.options(), rocksdb::Env::Default());
      for (const auto& projection : all_projections()) {
        const std::string name(projection->name());
        (void)(*db)->db().Delete(rocksdb::WriteOptions(), (*db)->table(Table::kCheckpoints), name);
      }
    }
    state.ResumeTiming();
    const auto log = open_log(filled.options().directory, all_projections());
    if (!log) {
      state.SkipWithError("cannot open the log");
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(BM_BareScan)->Arg(100'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Read)->Arg(100'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ReadAndDecode)->Arg(100'000)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_RebuildProjections)->Arg(100'000)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace runledger::store::bench

BENCHMARK_MAIN();
