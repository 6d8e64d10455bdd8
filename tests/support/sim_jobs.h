#pragma once

#include <chrono>
#include <memory>

#include "engine/planner.h"
#include "tests/support/sim_counts.h"
#include "tests/support/sim_world.h"
#include "tests/support/toy_calculation.h"

namespace runledger::testing {

/// How often an attempt does what it should not; the first that is drawn happens.
struct JobFaults {
  double transient = 0;
  double permanent = 0;
  double throws = 0;
  double garbage = 0;    ///< No document, none of JSON, a coverage that is no number.
  double huge_text = 0;  ///< An error that is longer than an event may be.
  double nothing_to_do = 0;
  double uncovered = 0;      ///< Of market_data_update: a portfolio without prices.
  double slow = 0;           ///< Takes virtual time, with progress.
  double hang = 0;           ///< Until it is asked to stop.
  double ignore_stop = 0;    ///< Until long after it was given up.
  double past_deadline = 0;  ///< Succeeds although it was asked to stop.
  double storm = 0;          ///< Reports progress far more often than is recorded.
  double plan_fails = 0;
};

/// The attempts of a simulation. `faults` may be changed while it runs. `deadline` is what the
/// engine grants an attempt.
[[nodiscard]] Script make_job_script(SimWorld& world,
                                     std::shared_ptr<engine::Random> random,
                                     std::shared_ptr<const JobFaults> faults,
                                     std::chrono::milliseconds deadline,
                                     SimCounts& counts);

/// A ToyPlanner whose plans may fail.
class SimPlanner final : public engine::Planner {
 public:
  SimPlanner(std::uint32_t portfolios,
             Script script,
             std::shared_ptr<engine::Random> random,
             std::shared_ptr<const JobFaults> faults,
             SimCounts& counts)
      : toy_(portfolios, std::move(script)),
        random_(std::move(random)),
        faults_(std::move(faults)),
        counts_(counts) {}

  [[nodiscard]] Result<std::shared_ptr<const engine::Calculation>> calculation(
      Sequence inputs_through) override {
    return toy_.calculation(inputs_through);
  }
  [[nodiscard]] Result<RunPlanned> plan(const RunScope& scope, Sequence inputs_through) override;

 private:
  ToyPlanner toy_;
  std::shared_ptr<engine::Random> random_;
  std::shared_ptr<const JobFaults> faults_;
  SimCounts& counts_;
};

}  // namespace runledger::testing
