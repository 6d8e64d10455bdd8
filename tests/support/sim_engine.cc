#include "tests/support/sim_engine.h"

#include "engine/run_view.h"
#include "schema/invariant.h"
#include "store/projections.h"
#include "store/run_history.h"

namespace runledger::testing {

SimEngine::SimEngine(std::uint64_t seed, std::uint32_t portfolios, Script script)
    : world(seed), planner_(portfolios, std::move(script)) {
  log_ = store::make_memory_event_log(store::make_projections());
}

SimEngine::~SimEngine() {
  crash();
}

void SimEngine::boot() {
  RL_ASSERT(coordinator_ == nullptr);
  std::optional<engine::RunState> unfinished;
  const auto open = store::open_runs(log_->tables());
  RL_ASSERT(open.has_value());
  if (!open->empty()) {
    auto state = engine::replay_run(*log_, open->front().run, log_->committed());
    RL_ASSERT(state.has_value());
    unfinished = std::move(*state);
  }
  coordinator_ = std::make_unique<engine::Coordinator>(
      engine::Coordinator::Dependencies{*log_, world.pool(), world.executor(), world.clock(),
                                        planner_, engine::Random{world.random().next()}},
      limits, std::move(unfinished));
  coordinator_->start({{}, "test", "toy"}, [](Result<Epoch>) {});
}

void SimEngine::crash() {
  world.crash();
  coordinator_.reset();
}

RunId SimEngine::request(RunScope scope, bool force, std::optional<store::CommandKey> key) {
  const auto run = RunId::make(world.clock().wall_now(), world.random().entropy());
  coordinator_->request_run({run, {"test", force, std::move(scope), std::nullopt}}, key,
                            [this](Result<Sequence> answer) { started.push_back(answer); });
  return run;
}

void SimEngine::cancel() {
  coordinator_->cancel_run({std::nullopt, "test"},
                           [this](Result<RunId> answer) { cancelled.push_back(answer); });
}

bool SimEngine::idle() const {
  const auto open = store::open_runs(log_->tables());
  return open.has_value() && open->empty();
}

bool SimEngine::settle() {
  return world.run_until([this] { return !started.empty() && idle(); });
}

std::vector<Event> SimEngine::events() const {
  std::vector<Event> events;
  auto after = Sequence{0};
  while (after < log_->committed()) {
    const auto page = log_->read(after, {});
    RL_ASSERT(page.has_value());
    for (const auto& recorded : *page) {
      auto event = decode_event(recorded.bytes);
      RL_ASSERT(event.has_value());
      events.push_back(std::move(*event));
      after = recorded.sequence;
    }
  }
  return events;
}

}  // namespace runledger::testing
