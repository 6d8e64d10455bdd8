#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/error.h"
#include "store/job_rows.h"
#include "store/job_statistics.h"
#include "store/position_set.h"
#include "store/tables.h"

/// The index of the job history. Sequences are cut into blocks of kBlockEvents. When a job ends in
/// a later block than the one before it, the rows of the older block are indexed together: what
/// would be one key for each job and field is one set of positions for each value and block. Rows
/// of the newest block that has any are not indexed: queries read them one by one. Internal.
///
/// kJobIndex, with numbers in big-endian:
///     'm' block                 -> BlockMarks: times, count, as-of dates
///     'e' block                 -> positions of all jobs
///     'r' run block             -> positions of the jobs with that value, as the next five
///     'p' portfolio block
///     't' type block
///     's' status block
///     'g' error category block
///     'u' triggered-by block
///     'a' block                 -> (as-of date, positions) of each date, ascending
///     'd' day block             -> (type, JobCounts) of the jobs that ended on that UTC day
///     'q' block                 -> (portfolio, (type, jobs, failed, retried))
///     'c' block                 -> (portfolio, (as-of date, JobYield of each type))
///     'z'                       -> first sequence that is not indexed
namespace runledger::store {

using BlockNumber = std::uint64_t;
[[nodiscard]] constexpr BlockNumber block_of(Sequence sequence) noexcept {
  return raw(sequence) / kBlockEvents;
}
[[nodiscard]] constexpr Sequence begin_of(BlockNumber block) noexcept {
  return Sequence{block * kBlockEvents};
}
[[nodiscard]] constexpr std::uint16_t position_of(Sequence sequence) noexcept {
  return static_cast<std::uint16_t>(raw(sequence) % kBlockEvents);
}

/// A row to be indexed.
struct BlockEntry {
  Sequence sequence{};
  JobHead head;
};

/// Puts the index of one block; what it puts depends on `entries` alone. They are of one block, in
/// order, and not empty.
void put_block(std::span<const BlockEntry> entries, TableBatch& rows);
/// Erases the rows that put_block() puts for `entries`.
void erase_block(std::span<const BlockEntry> entries, TableBatch& rows);

/// First sequence whose row is not indexed.
[[nodiscard]] Result<Sequence> indexed_before(const TableReader& tables);
inline constexpr std::string_view kIndexedKey = "z";

/// What a block covers.
struct BlockMarks {
  UtcTime first{};  ///< Earliest and latest end of a job; the clock may have been set back.
  UtcTime last{};
  std::uint64_t count = 0;
  Date first_as_of{};
  Date last_as_of{};
};
[[nodiscard]] Result<BlockMarks> decode_marks(std::string_view bytes);

[[nodiscard]] std::string run_prefix(const RunId& run);
[[nodiscard]] std::string portfolio_prefix(const PortfolioId& portfolio);
[[nodiscard]] std::string type_prefix(JobType type);
[[nodiscard]] std::string status_prefix(JobStatus status);
[[nodiscard]] std::string category_prefix(ErrorCategory category);
[[nodiscard]] std::string trigger_prefix(std::string_view triggered_by);
/// Prefixes of rows that are there once a block.
inline constexpr std::string_view kMarksPrefix = "m";
inline constexpr std::string_view kEveryPrefix = "e";
inline constexpr std::string_view kDatesPrefix = "a";
inline constexpr std::string_view kPairsPrefix = "q";
inline constexpr std::string_view kCellsPrefix = "c";
[[nodiscard]] std::string block_key(std::string_view prefix, BlockNumber block);
/// The block at the end of a key. Errors: kCorruption.
[[nodiscard]] Result<BlockNumber> block_of_key(std::string_view key);
[[nodiscard]] std::string day_prefix(Date day);
/// Day and block of a row of statistics.
[[nodiscard]] Result<std::pair<Date, BlockNumber>> decode_day_key(std::string_view key);

/// Adds the positions of the dates in [from, to] to `positions`. Errors: kCorruption.
[[nodiscard]] Status insert_dates(std::string_view bytes,
                                  Date from,
                                  Date to,
                                  PositionSet& positions);

/// Counts of a job.
void add_job(JobCounts& counts, const JobHead& head);
/// Calls `visit(type, fields)` for each type of a row of statistics; `fields` are those that
/// merge_counts() takes. Errors: kCorruption; that of `visit`.
[[nodiscard]] Status visit_day(std::string_view bytes,
                               const std::function<Status(JobType, std::string_view)>& visit);
/// Errors: kCorruption.
[[nodiscard]] Status merge_counts(std::string_view bytes, JobCounts& counts);
/// The longest computation alone. Errors: kCorruption.
[[nodiscard]] Result<nanoseconds> longest_of(std::string_view bytes);

struct PairCounts {
  std::uint64_t jobs = 0;
  std::uint64_t failed = 0;
  std::uint64_t retried = 0;
};
/// Counts by portfolio and type.
using Pairs = std::map<PortfolioId, std::map<JobType, PairCounts>>;
void add_job(Pairs& pairs, const JobHead& head);
/// Errors: kCorruption.
[[nodiscard]] Status merge_pairs(std::string_view bytes, Pairs& pairs);

/// What is known of the results of a portfolio as of a date: JobYield of each type, 4 bits each;
/// 0: there was no such job.
using CellYields = std::uint64_t;
[[nodiscard]] constexpr unsigned cell_shift(JobType type) noexcept {
  return 4 * (static_cast<unsigned>(type) - 1);
}
/// `older` after the jobs of `newer`: a job without a result leaves the last one that there was, as
/// it does in kLatest.
[[nodiscard]] CellYields fold_yields(CellYields older, CellYields newer) noexcept;
[[nodiscard]] CellYields yields_of(const JobHead& head) noexcept;
/// Calls `visit` for each portfolio with the cells of its dates, which read_cell() takes one by
/// one.
[[nodiscard]] Status visit_cells(
    std::string_view bytes,
    const std::function<void(const PortfolioId&, std::string_view cells)>& visit);
inline constexpr std::size_t kCellBytes = 12;
[[nodiscard]] std::pair<Date, CellYields> read_cell(std::string_view cell) noexcept;

}  // namespace runledger::store
