#pragma once

#include <filesystem>
#include <future>
#include <memory>

#include "engine/coordinator.h"
#include "engine/run_view.h"
#include "store/projections.h"
#include "store/rocks_event_log.h"
#include "store/run_history.h"

namespace runledger::bench {

/// The whole engine on a store of its own, with jobs of the caller's planner instead of real ones.
class BareEngine {
 public:
  /// `planner` must outlive it.
  BareEngine(const std::filesystem::path& directory, engine::Planner& planner, unsigned threads)
      : view_(clock_) {
    store::RocksLogOptions options;
    options.directory = directory;
    log_ =
        store::open_rocks_event_log(options, store::make_projections(), [this](const Event& event) {
          view_.observe(event);
        }).value();
    executor_ = std::make_unique<engine::ThreadExecutor>(clock_);
    pool_ = engine::make_thread_pool(threads);
    coordinator_ = std::make_unique<engine::Coordinator>(
        engine::Coordinator::Dependencies{*log_, *pool_, *executor_, clock_, planner,
                                          engine::Random{1}},
        engine::Coordinator::Limits{}, std::nullopt);
    coordinator_->start({{}, "bench", "toy"}, [](Result<Epoch>) {});
  }

  ~BareEngine() {
    std::promise<void> drained;
    coordinator_->drain([&] { drained.set_value(); });
    drained.get_future().wait();
    pool_.reset();
    log_->close();
    executor_.reset();
  }
  BareEngine(const BareEngine&) = delete;
  BareEngine& operator=(const BareEngine&) = delete;

  /// Runs one batch to its durable end; returns how many jobs it had, 0 if it did not end.
  std::uint32_t run(const RunScope& scope) {
    std::promise<Result<Sequence>> answer;
    coordinator_->request_run(
        {RunId::make(clock_.wall_now(), {++runs_, 7}), {"bench", false, scope, std::nullopt}},
        std::nullopt, [&](Result<Sequence> r) { answer.set_value(r); });
    if (!answer.get_future().get() || !view_.wait_until_idle(std::chrono::minutes{5})) {
      return 0;
    }
    return store::list_runs(log_->tables(), {}, std::nullopt, 1).value().rows.at(0).jobs_total;
  }

 private:
  engine::SystemClock clock_;
  engine::RunView view_;
  std::uint64_t runs_ = 0;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<engine::Coordinator> coordinator_;
  std::unique_ptr<engine::ThreadExecutor> executor_;
  std::unique_ptr<engine::ComputePool> pool_;
};

}  // namespace runledger::bench
