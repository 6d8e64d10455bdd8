// How many tracked jobs a second pass through the whole engine: planned, attempted, succeeded,
// every transition synced to RocksDB with all projections. The jobs themselves do nothing.

#include <filesystem>
#include <future>

#include <benchmark/benchmark.h>

#include "engine/coordinator.h"
#include "engine/run_view.h"
#include "store/projections.h"
#include "store/rocks_event_log.h"
#include "store/run_history.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/toy_calculation.h"

namespace runledger {
namespace {

class Engine {
 public:
  Engine(std::uint32_t portfolios, unsigned threads) : view_(clock_), planner_(portfolios) {
    store::RocksLogOptions options;
    options.directory = directory_.path();
    log_ =
        store::open_rocks_event_log(options, store::make_projections(), [this](const Event& event) {
          view_.observe(event);
        }).value();
    executor_ = std::make_unique<engine::ThreadExecutor>(clock_);
    pool_ = engine::make_thread_pool(threads);
    coordinator_ = std::make_unique<engine::Coordinator>(
        engine::Coordinator::Dependencies{*log_, *pool_, *executor_, clock_, planner_,
                                          engine::Random{1}},
        engine::Coordinator::Limits{}, std::nullopt);
    coordinator_->start({{}, "bench", "toy"}, [](Result<Epoch>) {});
  }

  ~Engine() {
    std::promise<void> drained;
    coordinator_->drain([&] { drained.set_value(); });
    drained.get_future().wait();
    pool_.reset();
    log_->close();
    executor_.reset();
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Runs one batch to its durable end; returns how many jobs it had.
  std::uint32_t run(std::uint32_t days) {
    std::promise<Result<Sequence>> answer;
    coordinator_->request_run({RunId::make(clock_.wall_now(), {++runs_, 7}),
                               {"bench", false, testing::toy_scope(days), std::nullopt}},
                              std::nullopt, [&](Result<Sequence> r) { answer.set_value(r); });
    if (!answer.get_future().get() || !view_.wait_until_idle(std::chrono::minutes{5})) {
      return 0;
    }
    return store::list_runs(log_->tables(), {}, std::nullopt, 1).value().rows.at(0).jobs_total;
  }

 private:
  testing::TemporaryDirectory directory_;
  engine::SystemClock clock_;
  engine::RunView view_;
  testing::ToyPlanner planner_;
  std::uint64_t runs_ = 0;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<engine::Coordinator> coordinator_;
  std::unique_ptr<engine::ThreadExecutor> executor_;
  std::unique_ptr<engine::ComputePool> pool_;
};

void BM_TrackedNoOpJobs(benchmark::State& state) {
  Engine engine(static_cast<std::uint32_t>(state.range(0)), 2);
  std::uint64_t jobs = 0;
  for (auto _ : state) {
    const auto done = engine.run(2);
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
