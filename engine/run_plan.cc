#include "engine/run_plan.h"

#include <algorithm>

#include "schema/invariant.h"

namespace runledger::engine {

bool is_critical(JobType type) noexcept {
  switch (type) {
    case JobType::kMarketDataUpdate:
    case JobType::kPositionValuesUpdate:
    case JobType::kPortfolioAggregation:
    case JobType::kPortfolioSnapshot:
      return true;
    case JobType::kGreeksCalculation:
    case JobType::kFactorAnalysis:
    case JobType::kMarketRiskScenarios:
    case JobType::kVolatilityAnalytics:
    case JobType::kSectorConcentration:
    case JobType::kStressTesting:
    case JobType::kPositionCorrelations:
      return false;
  }
  return true;
}

JobTypeSet dependencies_of(JobType type) noexcept {
  JobTypeSet needed;
  switch (type) {
    case JobType::kMarketDataUpdate:
      break;
    case JobType::kPositionValuesUpdate:
      needed.insert(JobType::kMarketDataUpdate);
      break;
    case JobType::kGreeksCalculation:
    case JobType::kPositionCorrelations:
      needed.insert(JobType::kPositionValuesUpdate);
      break;
    case JobType::kPortfolioAggregation:
      needed.insert(JobType::kPositionValuesUpdate);
      needed.insert(JobType::kGreeksCalculation);
      break;
    case JobType::kFactorAnalysis:
    case JobType::kVolatilityAnalytics:
    case JobType::kSectorConcentration:
    case JobType::kPortfolioSnapshot:
      needed.insert(JobType::kPortfolioAggregation);
      break;
    case JobType::kMarketRiskScenarios:
    case JobType::kStressTesting:
      needed.insert(JobType::kFactorAnalysis);
      break;
  }
  return needed;
}

std::uint32_t RunPlan::count_jobs(const RunPlanned& planned) noexcept {
  std::uint32_t per_portfolio = 0;
  for (const auto& planned_type : planned.job_types) {
    per_portfolio += planned_type.type == JobType::kMarketDataUpdate ? 0U : 1U;
  }
  return static_cast<std::uint32_t>(planned.dates.size()) *
         (1 + static_cast<std::uint32_t>(planned.portfolios.size()) * per_portfolio);
}

RunPlan::RunPlan(RunPlanned planned) : planned_(std::move(planned)) {
  slots_.fill(kAbsent);
  for (const auto& planned_type : planned_.job_types) {
    if (planned_type.type != JobType::kMarketDataUpdate) {
      slots_[static_cast<std::size_t>(planned_type.type)] =
          static_cast<std::uint32_t>(types_.size());
      types_.push_back(planned_type.type);
    }
  }
  for (const auto& condition : planned_.conditions) {
    conditions_[static_cast<std::size_t>(condition.type)] = &condition;
  }
  for (std::uint32_t p = 0; p < portfolios(); ++p) {
    by_id_.emplace_back(planned_.portfolios[p].id, p);
  }
  std::ranges::sort(by_id_);
  jobs_per_date_ = 1 + portfolios() * jobs_per_portfolio();
  RL_ASSERT(planned_.jobs_total == count_jobs(planned_));
}

JobRef RunPlan::job(std::uint32_t index) const {
  RL_ASSERT(index < jobs_total());
  JobRef ref{.index = index,
             .type = type_of(index),
             .portfolio = {},
             .as_of = planned_.dates[date_index(index)]};
  if (const auto portfolio = portfolio_index(index)) {
    ref.portfolio = planned_.portfolios[*portfolio].id;
  }
  return ref;
}

JobType RunPlan::type_of(std::uint32_t index) const noexcept {
  const auto in_date = index % jobs_per_date_;
  return in_date == 0 ? JobType::kMarketDataUpdate : types_[(in_date - 1) % types_.size()];
}

std::optional<std::uint32_t> RunPlan::portfolio_index(std::uint32_t index) const noexcept {
  const auto in_date = index % jobs_per_date_;
  if (in_date == 0) {
    return std::nullopt;
  }
  return (in_date - 1) / jobs_per_portfolio();
}

std::optional<std::uint32_t> RunPlan::portfolio_index(const PortfolioId& id) const noexcept {
  const auto found = std::ranges::lower_bound(by_id_, std::pair{id, std::uint32_t{0}});
  if (found == by_id_.end() || found->first != id) {
    return std::nullopt;
  }
  return found->second;
}

std::optional<std::uint32_t> RunPlan::index_of(std::uint32_t date,
                                               std::uint32_t portfolio,
                                               JobType type) const noexcept {
  if (type == JobType::kMarketDataUpdate) {
    return market_index(date);
  }
  const auto slot = slot_of(type);
  if (slot == kAbsent) {
    return std::nullopt;
  }
  return date * jobs_per_date_ + 1 + portfolio * jobs_per_portfolio() + slot;
}

std::vector<std::pair<JobType, std::uint32_t>> RunPlan::jobs_by_type() const {
  std::vector<std::pair<JobType, std::uint32_t>> counts = {{JobType::kMarketDataUpdate, dates()}};
  for (const auto type : types_) {
    counts.emplace_back(type, dates() * portfolios());
  }
  return counts;
}

std::optional<SkipReason> RunPlan::condition(std::uint32_t index) const noexcept {
  const auto portfolio = portfolio_index(index);
  const auto* condition = conditions_[static_cast<std::size_t>(type_of(index))];
  if (!portfolio || condition == nullptr) {
    return std::nullopt;
  }
  const auto bit = std::size_t{date_index(index)} * portfolios() + *portfolio;
  const auto byte = bit / 8;
  const bool skipped = byte < condition->skipped.size() &&
                       ((unsigned{condition->skipped[byte]} >> (bit % 8)) & 1U) != 0;
  return skipped ? std::optional(condition->reason) : std::nullopt;
}

}  // namespace runledger::engine
