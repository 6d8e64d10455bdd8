#include "tests/support/toy_calculation.h"

#include "engine/inputs/calendar.h"
#include "engine/run_plan.h"

namespace runledger::testing {

namespace {

bool is_odd(const PortfolioId& portfolio) {
  return portfolio.uuid.bytes.back() % 2 != 0;
}

Digest input_hash_of(const engine::JobSpec& spec) {
  Hasher hasher;
  hasher.add(to_string(spec.type)).add(to_string(spec.portfolio)).add(format_date(spec.as_of));
  for (const auto type : kAllJobTypes) {
    hasher.add(std::uint64_t{spec.failed_dependencies.contains(type)});
  }
  return hasher.finish();
}

}  // namespace

engine::JobOutput toy_output(const engine::JobSpec& spec) {
  engine::JobOutput output;
  output.document = "{\"job\":\"" + std::string(to_string(spec.type)) + "\",\"portfolio\":\"" +
                    to_string(spec.portfolio) + "\",\"as_of\":\"" + format_date(spec.as_of) + "\"}";
  output.records = 3;
  output.unit = "positions";
  output.quality = {QualityFlag::kFull, 1.0, 252.0};
  output.input_hash = input_hash_of(spec);
  return output;
}

std::expected<engine::JobOutput, engine::JobError> ToyCalculation::run(
    const engine::JobSpec& spec,
    const std::stop_token& stop,
    const engine::JobProgress& progress) const {
  return script_ ? script_(spec, stop, progress) : toy_output(spec);
}

std::optional<Digest> ToyCalculation::input_hash(const engine::JobSpec& spec) const {
  return is_odd(spec.portfolio) ? std::optional(input_hash_of(spec)) : std::nullopt;
}

bool ToyCalculation::holds_options(const PortfolioId& portfolio, Date) const {
  return !is_odd(portfolio);
}

ToyPlanner::ToyPlanner(std::uint32_t portfolios, Script script)
    : portfolios_(portfolios), calculation_(std::make_shared<ToyCalculation>(std::move(script))) {}

PortfolioId ToyPlanner::portfolio(std::uint32_t number) {
  PortfolioId id;
  id.uuid.bytes[6] = 0x70;
  id.uuid.bytes[8] = 0x80;
  id.uuid.bytes[13] = static_cast<std::uint8_t>(number >> 16U);
  id.uuid.bytes[14] = static_cast<std::uint8_t>(number >> 8U);
  id.uuid.bytes[15] = static_cast<std::uint8_t>(number);
  return id;
}

Result<RunPlanned> ToyPlanner::plan(const RunScope& scope, Sequence through) {
  RunPlanned plan;
  plan.dates = engine::Calendar::nyse().sessions(scope.from, scope.to);
  PlannedCondition no_options{JobType::kGreeksCalculation, SkipReason::kNoOptions, {}};
  PlannedCondition not_now{JobType::kPositionCorrelations, SkipReason::kNotScheduled, {}};
  const auto bytes = (plan.dates.size() * portfolios_ + 7) / 8;
  no_options.skipped.assign(bytes, 0);
  not_now.skipped.assign(bytes, scope.with_correlations ? 0x00 : 0xFF);
  std::size_t bit = 0;
  for (std::size_t date = 0; date < plan.dates.size(); ++date) {
    for (std::uint32_t p = 0; p < portfolios_; ++p, ++bit) {
      if (!calculation_->holds_options(portfolio(p), plan.dates[date])) {
        no_options.skipped[bit / 8] |= static_cast<std::uint8_t>(1U << (bit % 8));
      }
    }
  }
  for (std::uint32_t p = 0; p < portfolios_; ++p) {
    plan.portfolios.push_back({portfolio(p), "toy-" + std::to_string(p), sha256("toy")});
  }
  for (const auto type : kAllJobTypes) {
    plan.job_types.push_back({type, 1});
  }
  plan.conditions = {no_options, not_now};
  plan.inputs_through = through;
  plan.numerics_profile = "toy";
  plan.jobs_total = engine::RunPlan::count_jobs(plan);
  return plan;
}

RunScope toy_scope(std::uint32_t days) {
  RunScope scope;
  scope.from = *parse_date("2017-11-06");
  scope.to = scope.from;
  for (std::uint32_t i = 1; i < days; ++i) {
    scope.to = engine::Calendar::nyse().next(scope.to);
  }
  return scope;
}

}  // namespace runledger::testing
