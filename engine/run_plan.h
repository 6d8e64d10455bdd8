#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "schema/events.h"

namespace runledger::engine {

/// The jobs of a run by index, with their dependencies, as RunPlanned recorded them. Dependencies
/// follow from the index by arithmetic, so a plan of a million jobs costs no memory for them.
/// Immutable; thread-safe.
class RunPlan {
 public:
  /// `planned.jobs_total` is checked against what the rest of it implies (asserts).
  explicit RunPlan(RunPlanned planned);

  /// How many jobs a plan of this shape has.
  [[nodiscard]] static std::uint32_t count_jobs(const RunPlanned& planned) noexcept;

  [[nodiscard]] const RunPlanned& planned() const noexcept { return planned_; }
  [[nodiscard]] std::uint32_t jobs_total() const noexcept { return planned_.jobs_total; }
  [[nodiscard]] std::uint32_t jobs_per_portfolio() const noexcept {
    return static_cast<std::uint32_t>(types_.size());
  }

  [[nodiscard]] JobRef job(std::uint32_t index) const;
  [[nodiscard]] JobType type_of(std::uint32_t index) const noexcept;
  [[nodiscard]] std::uint32_t date_index(std::uint32_t index) const noexcept {
    return index / jobs_per_date_;
  }
  /// Absent for the market scope.
  [[nodiscard]] std::optional<std::uint32_t> portfolio_index(std::uint32_t index) const noexcept;
  [[nodiscard]] std::optional<std::uint32_t> portfolio_index(const PortfolioId& id) const noexcept;
  /// Absent if the plan has no such job type.
  [[nodiscard]] std::optional<std::uint32_t> index_of(std::uint32_t date,
                                                      std::uint32_t portfolio,
                                                      JobType type) const noexcept;
  [[nodiscard]] std::uint32_t market_index(std::uint32_t date) const noexcept {
    return date * jobs_per_date_;
  }
  [[nodiscard]] std::uint32_t dates() const noexcept {
    return static_cast<std::uint32_t>(planned_.dates.size());
  }
  [[nodiscard]] std::uint32_t portfolios() const noexcept {
    return static_cast<std::uint32_t>(planned_.portfolios.size());
  }

  /// How many jobs there are of each type, the market scope's first.
  [[nodiscard]] std::vector<std::pair<JobType, std::uint32_t>> jobs_by_type() const;

  /// Why the job's condition is false, if it is.
  [[nodiscard]] std::optional<SkipReason> condition(std::uint32_t index) const noexcept;

  /// Jobs that must end before `index` starts; calls visit(std::uint32_t).
  template <class Visit>
  void for_each_dependency(std::uint32_t index, Visit visit) const;
  /// Jobs that wait for `index`; calls visit(std::uint32_t).
  template <class Visit>
  void for_each_dependent(std::uint32_t index, Visit visit) const;

 private:
  static constexpr std::uint32_t kAbsent = ~std::uint32_t{0};
  [[nodiscard]] std::uint32_t slot_of(JobType type) const noexcept {
    return slots_[static_cast<std::size_t>(type)];
  }

  RunPlanned planned_;
  std::vector<JobType> types_;  ///< Of the portfolio scope, in order.
  std::array<std::uint32_t, 16> slots_{};
  std::array<const PlannedCondition*, 16> conditions_{};
  std::vector<std::pair<PortfolioId, std::uint32_t>> by_id_;  ///< Sorted.
  std::uint32_t jobs_per_date_ = 1;
};

/// A failure of such a job stops what depends on it; that of others only leaves numbers null.
[[nodiscard]] bool is_critical(JobType type) noexcept;

/// What a job of the portfolio scope waits for within its portfolio and date (design: jobs of a
/// run).
[[nodiscard]] JobTypeSet dependencies_of(JobType type) noexcept;

template <class Visit>
void RunPlan::for_each_dependency(std::uint32_t index, Visit visit) const {
  const auto portfolio = portfolio_index(index);
  if (!portfolio) {
    return;
  }
  const auto date = date_index(index);
  const auto type = type_of(index);
  const auto needed = dependencies_of(type);
  if (needed.contains(JobType::kMarketDataUpdate)) {
    visit(market_index(date));
  }
  for (const auto candidate : types_) {
    if (needed.contains(candidate)) {
      visit(*index_of(date, *portfolio, candidate));
    }
  }
  if (type == JobType::kPortfolioSnapshot && date > 0) {
    visit(*index_of(date - 1, *portfolio, type));
  }
}

template <class Visit>
void RunPlan::for_each_dependent(std::uint32_t index, Visit visit) const {
  const auto date = date_index(index);
  const auto type = type_of(index);
  const auto portfolio = portfolio_index(index);
  for (const auto candidate : types_) {
    if (!dependencies_of(candidate).contains(type)) {
      continue;
    }
    if (portfolio) {
      visit(*index_of(date, *portfolio, candidate));
      continue;
    }
    for (std::uint32_t p = 0; p < portfolios(); ++p) {
      visit(*index_of(date, p, candidate));
    }
  }
  if (type == JobType::kPortfolioSnapshot && date + 1 < dates()) {
    visit(*index_of(date + 1, *portfolio, type));
  }
}

}  // namespace runledger::engine
