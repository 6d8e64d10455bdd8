#include "store/job_search.h"

#include <algorithm>
#include <utility>

#include "store/keys.h"
#include "store/log_rows.h"
#include "store/row_visit.h"

namespace runledger::store {
namespace {

// A page looks at few blocks if it can; a search that finds little grows its steps.
constexpr BlockNumber kChunkFirst = 2;
constexpr BlockNumber kChunkMost = 256;
// Reading on costs about a tenth of finding a row by its key.
constexpr std::size_t kScanSpan = 10;
// Rows of the index are smaller, and many of them lie in one block of the table.
constexpr std::size_t kIndexScanSpan = 32;
// After every event that there can be.
constexpr Sequence kNever{~std::uint64_t{0}};

Sequence earlier(std::optional<Sequence> left, Sequence right) {
  return left ? std::min(*left, right) : right;
}

}  // namespace

Result<JobSearch> JobSearch::open(const TableReader& tables,
                                  const JobFilter& filter,
                                  std::optional<Sequence> indexed) {
  JobSearch search(tables, filter);
  if (indexed) {
    search.indexed_ = *indexed;
  } else {
    RL_TRY_ASSIGN(search.indexed_, indexed_before(tables));
  }
  if (filter.run) {
    const auto range = find_range(tables, *filter.run);
    if (!range && range.error().code == Code::kNotFound) {
      search.nothing_ = true;
      return search;
    }
    RL_TRY(range);
    search.begin_ = range->first;
    search.end_ = next(range->last);
  }
  if (filter.until && *filter.until < kNever) {
    search.end_ = earlier(search.end_, next(*filter.until));
    search.nothing_ = *search.end_ <= search.begin_;
  }
  Status damage;
  RL_TRY(tables.scan(Table::kJobIndex, kMarksPrefix, prefix_end(kMarksPrefix),
                     ScanOrder::kAscending, [&](std::string_view key, std::string_view) {
                       const auto block = block_of_key(key);
                       if (block) {
                         search.first_block_ = *block;
                       } else {
                         damage = std::unexpected(block.error());
                       }
                       return false;
                     }));
  RL_TRY(damage);
  return search;
}

bool JobSearch::matches(const JobHead& head) const {
  const JobFilter& filter = *filter_;
  return (!filter.run || head.run == *filter.run) &&
         (!filter.portfolio || head.portfolio == *filter.portfolio) &&
         (!filter.type || head.type == *filter.type) &&
         (filter.statuses.empty() || std::ranges::count(filter.statuses, head.status) != 0) &&
         (!filter.category || head.category == filter.category) &&
         (!filter.triggered_by || head.triggered_by == *filter.triggered_by) &&
         (!filter.finished_from || head.finished_at >= *filter.finished_from) &&
         (!filter.finished_to || head.finished_at < *filter.finished_to) &&
         (!filter.as_of_from || head.as_of >= *filter.as_of_from) &&
         (!filter.as_of_to || head.as_of <= *filter.as_of_to);
}

/// Whether some set of positions narrows the search; if none does, every job of a block is wanted.
bool JobSearch::names_values() const {
  const JobFilter& filter = *filter_;
  return filter.run || filter.portfolio || filter.type || !filter.statuses.empty() ||
         filter.category || filter.triggered_by || filter.as_of_from || filter.as_of_to;
}

Status JobSearch::visit(std::optional<Sequence> before, const Visitor& visitor) {
  bool more = true;
  const Visitor remember = [&](std::string_view key, std::string_view value) -> Result<bool> {
    RL_TRY_ASSIGN(more, visitor(key, value));
    return more;
  };
  RL_TRY(visit_tail(before, remember));
  return more ? visit_indexed(before, visitor) : Status();
}

Status JobSearch::visit_tail(std::optional<Sequence> before, const Visitor& visitor) {
  if (nothing_) {
    return {};
  }
  std::string end;
  if (before || end_) {
    end = sequence_key(earlier(before, end_.value_or(kNever)));
  }
  Status damage;
  RL_TRY(tables_->scan(Table::kJobs, sequence_key(std::max(begin_, indexed_)), end,
                       ScanOrder::kDescending, [&](std::string_view key, std::string_view value) {
                         const auto head = decode_job_head(value);
                         if (!head) {
                           damage = std::unexpected(head.error());
                           return false;
                         }
                         if (!matches(*head)) {
                           return true;
                         }
                         auto more = visitor(key, value);
                         if (!more) {
                           damage = std::unexpected(std::move(more).error());
                         }
                         return more.value_or(false);
                       }));
  return damage;
}

Status JobSearch::visit_indexed(std::optional<Sequence> before, const Visitor& visitor) {
  return walk(earlier(before, earlier(end_, indexed_)), kChunkFirst,
              [&](const Candidate& candidate) { return visit_rows_of(candidate, visitor); });
}

Result<std::uint64_t> JobSearch::count() {
  std::uint64_t count = 0;
  const Visitor count_row = [&](std::string_view, std::string_view) -> Result<bool> {
    ++count;
    return true;
  };
  RL_TRY(visit_tail(std::nullopt, count_row));
  whole_blocks_ = !names_values() && !filter_->until;
  const auto count_block = [&](const Candidate& candidate) -> Result<bool> {
    if (candidate.partial) {
      return visit_rows_of(candidate, count_row);
    }
    count += whole_blocks_ ? candidate.rows : candidate.positions.size();
    return true;
  };
  RL_TRY(walk(earlier(end_, indexed_), kChunkMost, count_block));
  whole_blocks_ = false;
  return count;
}

Status JobSearch::visit_blocks(const std::function<Status(BlockNumber)>& visit_whole,
                               const Visitor& visitor) {
  const auto visit = [&](const Candidate& candidate) -> Result<bool> {
    if (candidate.partial) {
      return visit_rows_of(candidate, visitor);
    }
    RL_TRY(visit_whole(candidate.block));
    return true;
  };
  whole_blocks_ = true;
  RL_TRY(walk(indexed_, kChunkMost, visit));
  whole_blocks_ = false;
  return {};
}

Status JobSearch::visit_block(BlockNumber block, const Visitor& visitor) const {
  return visit_rows(*tables_, Table::kJobs, sequence_key(begin_of(block)),
                    sequence_key(begin_of(block + 1)),
                    [&](std::string_view key, std::string_view value) -> Status {
                      RL_TRY_ASSIGN(const JobHead head, decode_job_head(value));
                      if (matches(head)) {
                        RL_TRY(visitor(key, value));
                      }
                      return {};
                    });
}

Status JobSearch::walk(Sequence end,
                       BlockNumber chunk,
                       const std::function<Result<bool>(const Candidate&)>& visit) {
  if (nothing_ || !first_block_ || raw(end) == 0) {
    return {};
  }
  const BlockNumber bottom = std::max(*first_block_, block_of(begin_));
  BlockNumber top = block_of(Sequence{raw(end) - 1}) + 1;
  while (top > bottom) {
    const BlockNumber low = top - std::min(chunk, top - bottom);
    RL_TRY(load(low, top, end));
    for (auto candidate = candidates_.rbegin(); candidate != candidates_.rend(); ++candidate) {
      if (!candidate->positions.empty()) {
        RL_TRY_ASSIGN(const bool more, visit(*candidate));
        if (!more) {
          return {};
        }
      }
    }
    top = low;
    chunk = std::min(chunk * 4, kChunkMost);
  }
  return {};
}

Status JobSearch::load(BlockNumber low, BlockNumber top, Sequence end) {
  RL_TRY(load_marks(low, top, end));
  const JobFilter& filter = *filter_;
  if (whole_blocks_) {
    return {};
  }
  if (!names_values()) {
    return keep_values({std::string(kEveryPrefix)});
  }
  if (filter.run) {
    RL_TRY(keep_values({run_prefix(*filter.run)}));
  }
  if (filter.portfolio) {
    RL_TRY(keep_values({portfolio_prefix(*filter.portfolio)}));
  }
  if (filter.category) {
    RL_TRY(keep_values({category_prefix(*filter.category)}));
  }
  if (!filter.statuses.empty()) {
    std::vector<std::string> prefixes;
    std::ranges::transform(filter.statuses, std::back_inserter(prefixes), status_prefix);
    RL_TRY(keep_values(prefixes));
  }
  if (filter.type) {
    RL_TRY(keep_values({type_prefix(*filter.type)}));
  }
  if (filter.triggered_by) {
    RL_TRY(keep_values({trigger_prefix(*filter.triggered_by)}));
  }
  return filter.as_of_from || filter.as_of_to ? keep_dates() : Status();
}

Status JobSearch::load_marks(BlockNumber low, BlockNumber top, Sequence end) {
  candidates_.clear();
  candidates_.reserve(static_cast<std::size_t>(top - low));
  const JobFilter& filter = *filter_;
  return visit_rows(
      *tables_, Table::kJobIndex, block_key(kMarksPrefix, low), block_key(kMarksPrefix, top),
      [&](std::string_view key, std::string_view value) -> Status {
        RL_TRY_ASSIGN(const BlockNumber block, block_of_key(key));
        RL_TRY_ASSIGN(const BlockMarks marks, decode_marks(value));
        const bool outside = (filter.finished_from && marks.last < *filter.finished_from) ||
                             (filter.finished_to && marks.first >= *filter.finished_to) ||
                             (filter.as_of_from && marks.last_as_of < *filter.as_of_from) ||
                             (filter.as_of_to && marks.first_as_of > *filter.as_of_to);
        if (outside) {
          return {};
        }
        Candidate& candidate = candidates_.emplace_back();
        candidate.block = block;
        candidate.rows = marks.count;
        candidate.partial = (filter.finished_from && marks.first < *filter.finished_from) ||
                            (filter.finished_to && marks.last >= *filter.finished_to);
        const std::uint64_t first = raw(begin_of(block));
        candidate.positions.insert_range(
            raw(begin_) > first ? static_cast<std::size_t>(raw(begin_) - first) : 0,
            static_cast<std::size_t>(std::min(raw(end) - first, kBlockEvents)));
        return {};
      });
}

Status JobSearch::merge_rows(const std::string& prefix,
                             const std::function<Status(std::string_view, PositionSet&)>& insert) {
  const BlockNumber span = candidates_.back().block - candidates_.front().block + 1;
  if (candidates_.size() * kIndexScanSpan < span) {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      RL_TRY_ASSIGN(const auto value,
                    tables_->get(Table::kJobIndex, block_key(prefix, candidates_[i].block)));
      if (value) {
        RL_TRY(insert(*value, sets_[i]));
      }
    }
    return {};
  }
  std::size_t at = 0;
  return visit_rows(*tables_, Table::kJobIndex, block_key(prefix, candidates_.front().block),
                    block_key(prefix, candidates_.back().block + 1),
                    [&](std::string_view key, std::string_view value) -> Status {
                      RL_TRY_ASSIGN(const BlockNumber block, block_of_key(key));
                      while (at < candidates_.size() && candidates_[at].block < block) {
                        ++at;
                      }
                      if (at < candidates_.size() && candidates_[at].block == block) {
                        return insert(value, sets_[at]);
                      }
                      return {};
                    });
}

void JobSearch::keep_sets() {
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    candidates_[i].positions &= sets_[i];
  }
  std::erase_if(candidates_, [](const Candidate& one) { return one.positions.empty(); });
}

Status JobSearch::keep_values(const std::vector<std::string>& prefixes) {
  if (candidates_.empty()) {
    return {};
  }
  sets_.assign(candidates_.size(), {});
  for (const std::string& prefix : prefixes) {
    RL_TRY(merge_rows(prefix, [](std::string_view bytes, PositionSet& set) -> Status {
      if (!set.insert_encoded(bytes)) {
        return fail(Code::kCorruption, "a row of the job index is damaged");
      }
      return {};
    }));
  }
  keep_sets();
  return {};
}

Status JobSearch::keep_dates() {
  if (candidates_.empty()) {
    return {};
  }
  const Date from = filter_->as_of_from.value_or(Date::min());
  const Date to = filter_->as_of_to.value_or(Date::max());
  sets_.assign(candidates_.size(), {});
  RL_TRY(
      merge_rows(std::string(kDatesPrefix), [from, to](std::string_view bytes, PositionSet& set) {
        return insert_dates(bytes, from, to, set);
      }));
  keep_sets();
  return {};
}

// Rows that lie close are read by one scan, others by their keys.
Result<bool> JobSearch::visit_rows_of(const Candidate& candidate, const Visitor& visitor) const {
  const std::vector<std::uint16_t> positions = candidate.positions.descending();
  const std::uint64_t first = raw(begin_of(candidate.block));
  const auto visit = [&](std::string_view key, std::string_view value) -> Result<bool> {
    if (candidate.partial) {
      RL_TRY_ASSIGN(const JobHead head, decode_job_head(value));
      if (!matches(head)) {
        return true;
      }
    }
    return visitor(key, value);
  };
  bool more = true;
  if (std::size_t{positions.front()} - positions.back() > positions.size() * kScanSpan) {
    for (auto position = positions.begin(); more && position != positions.end(); ++position) {
      const std::string key = sequence_key(Sequence{first + *position});
      RL_TRY_ASSIGN(const auto value, tables_->get(Table::kJobs, key));
      if (value) {  // Else it has been pruned since the index was read.
        RL_TRY_ASSIGN(more, visit(key, *value));
      }
    }
    return more;
  }
  Status damage;
  RL_TRY(tables_->scan(Table::kJobs, sequence_key(Sequence{first + positions.back()}),
                       sequence_key(Sequence{first + positions.front() + 1}),
                       ScanOrder::kDescending, [&](std::string_view key, std::string_view value) {
                         const auto sequence = decode_job_key(key);
                         if (sequence && !candidate.positions.contains(position_of(*sequence))) {
                           return true;
                         }
                         auto visited = sequence ? visit(key, value)
                                                 : Result<bool>(std::unexpected(sequence.error()));
                         if (!visited) {
                           damage = std::unexpected(std::move(visited).error());
                           return false;
                         }
                         more = *visited;
                         return more;
                       }));
  RL_TRY(damage);
  return more;
}

}  // namespace runledger::store
