#include "tests/support/sim_node.h"

#include <utility>

#include "store/memory_event_log.h"
#include "store/projections.h"
#include "store/run_history.h"

namespace runledger::testing {
namespace {

class MemoryDisk final : public SimDisk {
 public:
  MemoryDisk(SimWorld& world,
             engine::Random random,
             const LogFaults& faults,
             LogFaultCounts& counts)
      : world_(world), random_(random), faults_(faults), counts_(counts) {
    durable_ = store::make_memory_event_log(store::make_projections(), [this](const Event& event) {
      if (observer_ && power_) {
        observer_(event);
      }
    });
  }

  [[nodiscard]] Result<std::unique_ptr<store::EventLog>> open(
      store::CommitObserver observer) override {
    observer_ = std::move(observer);
    return std::make_unique<FaultyEventLog>(*durable_, world_, engine::Random{random_.next()},
                                            faults_, counts_);
  }
  void power_off() override { power_ = false; }
  void power_on() override {
    power_ = true;
    observer_ = nullptr;
  }
  [[nodiscard]] bool has_power() const override { return power_; }

 private:
  SimWorld& world_;
  engine::Random random_;
  const LogFaults& faults_;
  LogFaultCounts& counts_;
  store::CommitObserver observer_;
  bool power_ = true;
  std::unique_ptr<store::EventLog> durable_;
};

}  // namespace

std::unique_ptr<SimDisk> make_memory_disk(SimWorld& world,
                                          engine::Random random,
                                          const LogFaults& faults,
                                          LogFaultCounts& counts) {
  return std::make_unique<MemoryDisk>(world, random, faults, counts);
}

SimNode::SimNode(SimWorld& world,
                 SimDisk& disk,
                 engine::Planner& planner,
                 engine::Coordinator::Limits limits,
                 store::CommitObserver observer)
    : world_(world),
      disk_(disk),
      planner_(planner),
      limits_(limits),
      observer_(std::move(observer)) {}

SimNode::~SimNode() {
  crash();
}

Status SimNode::boot() {
  view_ = std::make_unique<engine::RunView>(world_.clock());
  auto log = disk_.open([this](const Event& event) {
    view_->observe(event);
    observer_(event);
  });
  if (!log) {
    return std::unexpected(log.error());
  }
  log_ = std::move(*log);
  auto open = store::open_runs(log_->tables());
  if (!open) {
    return std::unexpected(open.error());
  }
  if (open->size() > 1) {
    return fail(Code::kInternal, "two runs have not ended");
  }
  std::optional<engine::RunState> unfinished;
  if (!open->empty()) {
    auto state = engine::replay_run(*log_, open->back().run, log_->committed());
    if (!state) {
      return std::unexpected(state.error());
    }
    unfinished = std::move(*state);
  }
  view_->start(unfinished, log_->committed());
  earlier_ = std::make_unique<engine::EarlierResults>(*log_, "toy");
  coordinator_ = std::make_unique<engine::Coordinator>(
      engine::Coordinator::Dependencies{*log_, world_.pool(), world_.executor(), world_.clock(),
                                        planner_, engine::Random{world_.random().next()},
                                        earlier_.get()},
      limits_, std::move(unfinished));
  coordinator_->start({{}, "simulation", "toy"}, [](Result<Epoch>) {});
  return {};
}

void SimNode::take_down() {
  log_.reset();
  world_.crash();
  coordinator_.reset();
  view_.reset();
  disk_.power_on();
}

void SimNode::crash() {
  disk_.power_off();
  take_down();
}

void SimNode::stop() {
  log_->close();
  take_down();
}

Status SimNode::health() const {
  if (!disk_.has_power()) {
    return fail(Code::kIo, "the power is off");
  }
  RL_TRY(log_->health());
  return coordinator_->health();
}

}  // namespace runledger::testing
