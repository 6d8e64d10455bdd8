#include <atomic>
#include <memory>
#include <semaphore>
#include <string>

#include <benchmark/benchmark.h>
#include <rocksdb/db.h>

#include "bench/store_bench.h"
#include "schema/codec.h"
#include "store/keys.h"
#include "store/rocks_options.h"

/// How many events a second become durable, with so many requests under way at once, next to what
/// RocksDB alone does with records of the same size in groups of the same size. While one half of
/// the requests is being synced the other half queues, so N in flight make groups of N / 2.
namespace runledger::store::bench {
namespace {

enum class With { kNothing, kProjections };

void append_synced(benchmark::State& state, With with) {
  const auto in_flight = static_cast<std::ptrdiff_t>(state.range(0));
  BenchDir directory;
  const auto log =
      open_log(directory.path(), with == With::kProjections ? all_projections() : Projections());
  if (!log) {
    state.SkipWithError("cannot open the log");
    return;
  }
  std::atomic<std::uint64_t> groups = 0;
  std::atomic<std::uint64_t> failed = 0;
  const auto subscription = log->notify_committed([&](Sequence) { ++groups; });
  std::counting_semaphore<> slots(in_flight);
  std::uint64_t number = 0;
  for (auto _ : state) {
    slots.acquire();
    AppendRequest request;
    request.events.push_back(run_event(number++));
    const Status queued =
        log->append(std::move(request), [&slots, &failed](const Result<AppendReceipt>& receipt) {
          failed += receipt.has_value() ? 0 : 1;
          slots.release();
        });
    if (!queued) {
      slots.release();
      ++failed;
    }
  }
  for (std::ptrdiff_t i = 0; i < in_flight; ++i) {
    slots.acquire();
  }
  if (failed != 0) {
    state.SkipWithError("an append failed");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(number));
  state.counters["events_per_sync"] =
      static_cast<double>(number) / static_cast<double>(std::max<std::uint64_t>(groups, 1));
}

void BM_AppendSynced(benchmark::State& state) {
  append_synced(state, With::kProjections);
}
void BM_AppendSyncedWithoutProjections(benchmark::State& state) {
  append_synced(state, With::kNothing);
}

void BM_BareWriteBatchSynced(benchmark::State& state) {
  const auto group = static_cast<std::uint64_t>(state.range(0));
  BenchDir directory;
  rocksdb::Options options(database_options(OpenMode::kCreateIfMissing, rocksdb::Env::Default()),
                           column_families().at(1).options);
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::Open(options, directory.path().string(), &opened).ok()) {
    state.SkipWithError("cannot open the database");
    return;
  }
  const std::unique_ptr<rocksdb::DB> db(opened);
  EventEncoder encoder;
  std::vector<std::string> records(2);
  for (std::uint64_t i = 0; i < 2; ++i) {
    NewEvent event = run_event(i);
    write_record(encoder.encode(Event{.sequence = Sequence{i + 1},
                                      .time = event.time,
                                      .run = event.run,
                                      .causation = {},
                                      .previous = sha256("x"),
                                      .payload = std::move(event.payload)}),
                 records[i]);
  }
  rocksdb::WriteOptions write;
  write.sync = true;
  rocksdb::WriteBatch batch;
  std::uint64_t number = 0;
  for (auto _ : state) {
    const std::string& record = records[number % 2];
    bool ok = batch.Put(sequence_key(Sequence{++number}), record).ok();
    if (number % group == 0) {
      ok = ok && db->Write(write, &batch).ok();
      batch.Clear();
    }
    if (!ok) {
      state.SkipWithError("a write failed");
      break;
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(number));
  state.counters["record_bytes"] = static_cast<double>(records[0].size() + records[1].size()) / 2.0;
}

void in_flight(benchmark::internal::Benchmark* bench) {
  bench->ArgName("in_flight")
      ->Arg(1)
      ->Arg(16)
      ->Arg(64)
      ->Arg(512)
      ->UseRealTime()
      ->MeasureProcessCPUTime();
}

BENCHMARK(BM_AppendSynced)->Apply(in_flight);
BENCHMARK(BM_AppendSyncedWithoutProjections)->Apply(in_flight);
BENCHMARK(BM_BareWriteBatchSynced)
    ->ArgName("group")
    ->Arg(1)
    ->Arg(8)
    ->Arg(32)
    ->Arg(256)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

}  // namespace
}  // namespace runledger::store::bench

BENCHMARK_MAIN();
