// How many tracked jobs a second pass through the whole engine: planned, attempted, succeeded,
// every transition synced to RocksDB with all projections. The jobs themselves do nothing.

#include <benchmark/benchmark.h>

#include "bench/bare_engine.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/toy_calculation.h"

namespace runledger {
namespace {

void BM_TrackedNoOpJobs(benchmark::State& state) {
  const testing::TemporaryDirectory directory;
  testing::ToyPlanner planner(static_cast<std::uint32_t>(state.range(0)));
  bench::BareEngine engine(directory.path(), planner, 2);
  std::uint64_t jobs = 0;
  for (auto _ : state) {
    const auto done = engine.run(testing::toy_scope(2));
    if (done == 0) {
      state.SkipWithError("the run did not end");
      break;
    }
    jobs += done;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(jobs));
}
BENCHMARK(BM_TrackedNoOpJobs)
    ->ArgName("portfolios")
    ->Arg(100)
    ->Arg(1000)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace runledger

BENCHMARK_MAIN();
