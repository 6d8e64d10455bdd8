#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"
#include "store/job_blocks.h"
#include "store/job_history.h"
#include "store/position_set.h"
#include "store/tables.h"

namespace runledger::store {

/// Finds the rows of the job history that match a filter, newest first: the rows behind the index
/// one by one, then the intersections of the sets of positions, block by block. Internal; one
/// search, one thread.
class JobSearch {
 public:
  /// `filter` must outlive the search. `indexed`, of another search, makes this one split the rows
  /// at the same place. Errors: kCorruption, kIo.
  [[nodiscard]] static Result<JobSearch> open(const TableReader& tables,
                                              const JobFilter& filter,
                                              std::optional<Sequence> indexed = std::nullopt);

  /// Gets key and value of a row of kJobs; false stops the search.
  using Visitor = std::function<Result<bool>(std::string_view key, std::string_view value)>;

  /// Visits the rows before `before` (absent: from the newest).
  [[nodiscard]] Status visit(std::optional<Sequence> before, const Visitor& visitor);
  /// The part of that behind the index; the part in the index.
  [[nodiscard]] Status visit_tail(std::optional<Sequence> before, const Visitor& visitor);
  [[nodiscard]] Status visit_indexed(std::optional<Sequence> before, const Visitor& visitor);
  [[nodiscard]] Result<std::uint64_t> count();
  /// The rows of one block of the index, oldest first.
  [[nodiscard]] Status visit_block(BlockNumber block, const Visitor& visitor) const;
  /// For a filter that names only times: calls `visit_whole` for the blocks of the index all of
  /// whose rows match, and `visitor` for the rows that match of the others.
  [[nodiscard]] Status visit_blocks(const std::function<Status(BlockNumber)>& visit_whole,
                                    const Visitor& visitor);

  /// First sequence that is not indexed, as of open().
  [[nodiscard]] Sequence indexed() const noexcept { return indexed_; }

 private:
  struct Candidate {
    BlockNumber block = 0;
    std::uint64_t rows = 0;  ///< Jobs in the whole block.
    bool partial = false;    ///< Of the time range: its rows must be looked at.
    PositionSet positions;
  };

  JobSearch(const TableReader& tables, const JobFilter& filter)
      : tables_(&tables), filter_(&filter) {}
  [[nodiscard]] bool matches(const JobHead& head) const;
  [[nodiscard]] bool names_values() const;
  /// Fills candidates_ with the blocks in [low, top) that may have rows, ascending.
  [[nodiscard]] Status load(BlockNumber low, BlockNumber top, Sequence end);
  [[nodiscard]] Status load_marks(BlockNumber low, BlockNumber top, Sequence end);
  [[nodiscard]] Status keep_values(const std::vector<std::string>& prefixes);
  [[nodiscard]] Status keep_dates();
  /// Gives each candidate's row under `prefix`, if it has one, to `insert`, with its set of sets_.
  [[nodiscard]] Status merge_rows(
      const std::string& prefix,
      const std::function<Status(std::string_view, PositionSet&)>& insert);
  void keep_sets();
  /// Loads chunks of blocks, newest first, the first of `chunk` blocks and each of more than the
  /// one before, and visits the candidates until `visit` gives false.
  [[nodiscard]] Status walk(Sequence end,
                            BlockNumber chunk,
                            const std::function<Result<bool>(const Candidate&)>& visit);
  [[nodiscard]] Result<bool> visit_rows_of(const Candidate& candidate,
                                           const Visitor& visitor) const;

  const TableReader* tables_;
  const JobFilter* filter_;
  bool nothing_ = false;  ///< No row can match.
  Sequence begin_{};      ///< Rows that match are in [begin_, end_).
  std::optional<Sequence> end_;
  Sequence indexed_{};
  std::optional<BlockNumber> first_block_;  ///< Oldest one in the index; absent if there is none.
  bool whole_blocks_ = false;               ///< Sets of positions are of no use: no field is named.
  std::vector<Candidate> candidates_;
  std::vector<PositionSet> sets_;  ///< One for each candidate, while they are narrowed.
};

}  // namespace runledger::store
