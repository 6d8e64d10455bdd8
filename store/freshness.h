#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "schema/error.h"
#include "schema/ids.h"
#include "schema/time.h"
#include "store/tables.h"

/// What there is of the results of each portfolio as of each date.
namespace runledger::store {

enum class CellState : std::uint8_t {
  kNothing,   ///< No job was ever run for it.
  kUnusable,  ///< The values of the positions or their aggregation have no result.
  kPartial,   ///< Some other job has no result.
  kLimited,   ///< Every job has a result or needs none; some with warnings or of limited quality.
  kFull,      ///< Every job has a result of full quality or needs none.
};

/// Portfolios by dates.
struct FreshnessGrid {
  std::vector<std::vector<CellState>> rows;  ///< [portfolio][date], as they were asked for.
};

/// The cells of `portfolios` as of `dates`, which ascend, by the newest result of each job: a job
/// that failed leaves the result that there was before it. Cost: reads the cells of every block
/// with a job as of one of the dates, about 50 ns for each.
/// Errors: kCorruption, kIo.
[[nodiscard]] Result<FreshnessGrid> freshness_grid(const TableReader& tables,
                                                   const std::vector<PortfolioId>& portfolios,
                                                   const std::vector<Date>& dates);

/// The newest as-of date with values and aggregation of the positions, which is what can be used;
/// nullopt: there is none. Cost: reads the rows of the portfolio's newest dates. Errors: the same.
[[nodiscard]] Result<std::optional<Date>> newest_usable_date(const TableReader& tables,
                                                             const PortfolioId& portfolio);

}  // namespace runledger::store
