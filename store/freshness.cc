#include "store/freshness.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "store/job_blocks.h"
#include "store/job_search.h"
#include "store/keys.h"
#include "store/row_visit.h"

namespace runledger::store {
namespace {

JobYield yield_of(CellYields yields, JobType type) {
  return JobYield{static_cast<std::uint8_t>(yields >> cell_shift(type) & 0xfU)};
}

bool is_usable(CellYields yields) {
  return std::ranges::all_of(
      std::array{JobType::kPositionValuesUpdate, JobType::kPortfolioAggregation},
      [yields](JobType type) { return yield_of(yields, type) > JobYield::kNoResult; });
}

CellState state_of(CellYields yields) {
  if (yields == 0) {
    return CellState::kNothing;
  }
  if (!is_usable(yields)) {
    return CellState::kUnusable;
  }
  bool limited = false;
  for (const JobType type : kAllJobTypes) {
    const JobYield yield = yield_of(yields, type);
    if (yield == JobYield::kNoResult) {
      return CellState::kPartial;
    }
    limited = limited || yield == JobYield::kLimited;
  }
  return limited ? CellState::kLimited : CellState::kFull;
}

/// Folds cells into the grid, oldest first.
class GridFold {
 public:
  GridFold(const std::vector<PortfolioId>& portfolios, const std::vector<Date>& dates)
      : columns_(dates.size()), first_(dates.front()) {
    for (std::size_t row = 0; row < portfolios.size(); ++row) {
      rows_.emplace_back(portfolios[row], row);
    }
    std::ranges::sort(rows_);
    column_of_day_.assign(static_cast<std::size_t>((dates.back() - first_).count()) + 1, -1);
    for (std::size_t column = 0; column < dates.size(); ++column) {
      column_of_day_[static_cast<std::size_t>((dates[column] - first_).count())] =
          static_cast<std::int32_t>(column);
    }
    yields_.resize(portfolios.size() * columns_);
  }

  void add(const PortfolioId& portfolio, std::string_view cells) {
    if (const auto row = row_of(portfolio)) {
      for (; !cells.empty(); cells.remove_prefix(kCellBytes)) {
        const auto [date, yields] = read_cell(cells.substr(0, kCellBytes));
        add(*row, date, yields);
      }
    }
  }
  void add(const JobHead& head) {
    if (const auto row = row_of(head.portfolio)) {
      add(*row, head.as_of, yields_of(head));
    }
  }

  [[nodiscard]] FreshnessGrid finish() const {
    FreshnessGrid grid;
    for (std::size_t begin = 0; begin < yields_.size(); begin += columns_) {
      auto& row = grid.rows.emplace_back(columns_);
      std::ranges::transform(yields_.begin() + static_cast<std::ptrdiff_t>(begin),
                             yields_.begin() + static_cast<std::ptrdiff_t>(begin + columns_),
                             row.begin(), state_of);
    }
    return grid;
  }

 private:
  using Row = std::pair<PortfolioId, std::size_t>;

  /// The portfolios of a block ascend: it is often the one after the one before.
  std::optional<std::size_t> row_of(const PortfolioId& portfolio) {
    if (hint_ == rows_.size() || rows_[hint_].first != portfolio) {
      const auto found = std::ranges::lower_bound(rows_, portfolio, {}, &Row::first);
      if (found == rows_.end() || found->first != portfolio) {
        return std::nullopt;
      }
      hint_ = static_cast<std::size_t>(found - rows_.begin());
    }
    return rows_[hint_++].second;
  }
  void add(std::size_t row, Date date, CellYields yields) {
    const auto day = (date - first_).count();
    if (day < 0 || static_cast<std::size_t>(day) >= column_of_day_.size()) {
      return;
    }
    if (const auto column = column_of_day_[static_cast<std::size_t>(day)]; column >= 0) {
      CellYields& cell = yields_[row * columns_ + static_cast<std::size_t>(column)];
      cell = fold_yields(cell, yields);
    }
  }

  std::size_t columns_;
  Date first_;
  std::vector<Row> rows_;                    // By portfolio.
  std::size_t hint_ = 0;                     // The one to look at first.
  std::vector<std::int32_t> column_of_day_;  // -1: the day is none of the dates.
  std::vector<CellYields> yields_;
};

/// The blocks of the index with a job as of one of the days from `first` to `last`.
Result<std::vector<BlockNumber>> blocks_of_dates(const TableReader& tables, Date first, Date last) {
  std::vector<BlockNumber> blocks;
  RL_TRY(visit_rows(tables, Table::kJobIndex, kMarksPrefix, prefix_end(kMarksPrefix),
                    [&](std::string_view key, std::string_view value) -> Status {
                      RL_TRY_ASSIGN(const BlockMarks marks, decode_marks(value));
                      if (marks.first_as_of <= last && marks.last_as_of >= first) {
                        RL_TRY_ASSIGN(const BlockNumber block, block_of_key(key));
                        blocks.push_back(block);
                      }
                      return {};
                    }));
  return blocks;
}

Status add_blocks(const TableReader& tables,
                  const std::vector<BlockNumber>& blocks,
                  Sequence indexed,
                  GridFold& fold) {
  for (auto begin = blocks.begin(); begin != blocks.end();) {
    auto end = std::next(begin);
    while (end != blocks.end() && *end == *std::prev(end) + 1) {
      ++end;
    }
    const BlockNumber last = std::min(*std::prev(end) + 1, block_of(indexed));
    RL_TRY(visit_rows(tables, Table::kJobIndex, block_key(kCellsPrefix, *begin),
                      block_key(kCellsPrefix, last), [&](std::string_view, std::string_view value) {
                        return visit_cells(
                            value, [&](const PortfolioId& portfolio, std::string_view cells) {
                              fold.add(portfolio, cells);
                            });
                      }));
    begin = end;
  }
  return {};
}

}  // namespace

Result<FreshnessGrid> freshness_grid(const TableReader& tables,
                                     const std::vector<PortfolioId>& portfolios,
                                     const std::vector<Date>& dates) {
  if (dates.empty()) {
    return FreshnessGrid{.rows = std::vector<std::vector<CellState>>(portfolios.size())};
  }
  GridFold fold(portfolios, dates);
  RL_TRY_ASSIGN(const Sequence indexed, indexed_before(tables));
  RL_TRY_ASSIGN(const auto blocks, blocks_of_dates(tables, dates.front(), dates.back()));
  RL_TRY(add_blocks(tables, blocks, indexed, fold));
  const auto add_row = [&](std::string_view, std::string_view value) -> Status {
    RL_TRY_ASSIGN(const JobHead head, decode_job_head(value));
    fold.add(head);
    return {};
  };
  RL_TRY(visit_rows(tables, Table::kJobs, sequence_key(indexed), "", add_row));
  return fold.finish();
}

Result<std::optional<Date>> newest_usable_date(const TableReader& tables,
                                               const PortfolioId& portfolio) {
  std::optional<Date> newest;
  std::optional<Date> date;
  CellYields yields = 0;
  std::string begin;
  put_uuid(begin, portfolio.uuid);
  Status damage;
  RL_TRY(tables.scan(Table::kLatest, begin, prefix_end(begin), ScanOrder::kDescending,
                     [&](std::string_view, std::string_view value) {
                       const auto latest = decode_latest(value);
                       if (!latest) {
                         damage = std::unexpected(latest.error());
                         return false;
                       }
                       if (date != latest->as_of) {
                         date = latest->as_of;
                         yields = 0;
                       }
                       yields |= CellYields{static_cast<unsigned>(JobYield::kFull)}
                                 << cell_shift(latest->type);
                       if (is_usable(yields)) {
                         newest = date;
                       }
                       return !newest;
                     }));
  RL_TRY(damage);
  return newest;
}

}  // namespace runledger::store
