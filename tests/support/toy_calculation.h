#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "engine/job.h"
#include "engine/planner.h"

namespace runledger::testing {

/// What a scripted attempt does; the default succeeds.
using Script = std::function<std::expected<engine::JobOutput, engine::JobError>(
    const engine::JobSpec& spec, const std::stop_token& stop, const engine::JobProgress& progress)>;

/// A result that depends on nothing but the spec.
[[nodiscard]] engine::JobOutput toy_output(const engine::JobSpec& spec);

/// A Calculation that does what a script says, to drive the engine through what real calculations
/// rarely do.
class ToyCalculation final : public engine::Calculation {
 public:
  explicit ToyCalculation(Script script = {}) : script_(std::move(script)) {}
  [[nodiscard]] std::expected<engine::JobOutput, engine::JobError> run(
      const engine::JobSpec& spec,
      const std::stop_token& stop,
      const engine::JobProgress& progress) const override;
  /// Of portfolios with an odd number; the others and the market are always computed.
  [[nodiscard]] std::optional<Digest> input_hash(const engine::JobSpec& spec) const override;
  [[nodiscard]] bool holds_options(const PortfolioId& portfolio, Date as_of) const override;
  void release(const PortfolioId&, Date) const override {}
  [[nodiscard]] std::uint32_t formula_version(JobType) const noexcept override { return 1; }

 private:
  Script script_;
};

/// Plans `portfolios` numbered portfolios over the sessions of the scope, all job types, Greeks for
/// portfolios with an even number, correlations only if the scope asks for them.
class ToyPlanner final : public engine::Planner {
 public:
  explicit ToyPlanner(std::uint32_t portfolios, Script script = {});
  [[nodiscard]] Result<std::shared_ptr<const engine::Calculation>> calculation(Sequence) override {
    return calculation_;
  }
  [[nodiscard]] Result<RunPlanned> plan(const RunScope& scope, Sequence through) override;

  [[nodiscard]] static PortfolioId portfolio(std::uint32_t number);

 private:
  std::uint32_t portfolios_;
  std::shared_ptr<const engine::Calculation> calculation_;
};

/// From 2017-11-06, a Monday, `days` trading days on.
[[nodiscard]] RunScope toy_scope(std::uint32_t days);

}  // namespace runledger::testing
