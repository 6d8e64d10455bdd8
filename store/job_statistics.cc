#include "store/job_statistics.h"

#include <algorithm>
#include <compare>
#include <functional>
#include <tuple>
#include <utility>

#include "store/job_blocks.h"
#include "store/job_search.h"
#include "store/keys.h"
#include "store/row_visit.h"

namespace runledger::store {
namespace {

using std::chrono::days;

/// Calls `visit(head)` for each row that a visitor of a search gets.
template <class Visit>
JobSearch::Visitor each_head(Visit visit) {
  return [visit](std::string_view, std::string_view value) -> Result<bool> {
    RL_TRY_ASSIGN(const JobHead head, decode_job_head(value));
    visit(head);
    return true;
  };
}

/// Sums jobs up by type and bucket.
class Statistics {
 public:
  explicit Statistics(const StatisticsQuery& query) : query_(query) {}

  void add(const JobHead& head) {
    add_job(counts_of(head.type, std::chrono::floor<days>(head.finished_at)), head);
  }

  /// Adds the blocks before `indexed` by their days in [first, end).
  Status add_days(const TableReader& tables, Date first, Date end, Sequence indexed) {
    return visit_rows(tables, Table::kJobIndex, day_prefix(first), day_prefix(end),
                      [&](std::string_view key, std::string_view value) -> Status {
                        RL_TRY_ASSIGN(const auto place, decode_day_key(key));
                        if (begin_of(place.second) >= indexed) {
                          return {};  // Its rows have been read one by one.
                        }
                        return visit_day(value, [&](JobType type, std::string_view bytes) {
                          return !query_.type || type == *query_.type
                                     ? merge_counts(bytes, counts_of(type, place.first))
                                     : Status();
                        });
                      });
  }

  std::vector<JobTypeStatistics> finish() && {
    std::vector<JobTypeStatistics> statistics;
    for (auto& [type, buckets] : types_) {
      JobTypeStatistics& one = statistics.emplace_back();
      one.type = type;
      for (const auto& [begin, counts] : buckets) {
        one.total.merge(counts);
      }
      one.buckets = std::move(buckets);
    }
    return statistics;
  }

 private:
  JobCounts& counts_of(JobType type, Date day) {
    return types_[type][bucket_begin(query_.bucket, day)];
  }

  const StatisticsQuery& query_;
  std::map<JobType, std::map<Date, JobCounts>> types_;
};

/// Adds the rows of the index that end in [from, to), one by one.
Status add_rows(const TableReader& tables,
                const StatisticsQuery& query,
                UtcTime from,
                UtcTime to,
                Sequence indexed,
                Statistics& statistics) {
  if (from >= to) {
    return {};
  }
  const JobFilter filter{
      .portfolio = query.portfolio, .type = query.type, .finished_from = from, .finished_to = to};
  RL_TRY_ASSIGN(JobSearch search, JobSearch::open(tables, filter, indexed));
  return search.visit_indexed(std::nullopt,
                              each_head([&](const JobHead& head) { statistics.add(head); }));
}

/// The longest computations so far; the shortest of them on top.
struct Slow {
  nanoseconds duration{};
  Sequence sequence{};
  std::string row;

  /// Whether `left` comes before `right` in the answer.
  friend bool operator<(const Slow& left, const Slow& right) noexcept {
    return left.duration != right.duration ? left.duration > right.duration
                                           : left.sequence < right.sequence;
  }
};

class SlowestJobs {
 public:
  explicit SlowestJobs(std::size_t limit) : limit_(limit) {}

  /// Whether a job that took so long may be among them.
  [[nodiscard]] bool takes(nanoseconds duration) const {
    return jobs_.size() < limit_ || duration >= jobs_.front().duration;
  }
  Status add(std::string_view key, std::string_view value) {
    RL_TRY_ASSIGN(const JobHead head, decode_job_head(value));
    const bool computed = !head.reused && (head.status == JobStatus::kSucceeded ||
                                           head.status == JobStatus::kSucceededWithWarnings);
    if (!computed || !takes(head.duration)) {
      return {};
    }
    RL_TRY_ASSIGN(const Sequence sequence, decode_job_key(key));
    jobs_.push_back({head.duration, sequence, std::string(value)});
    std::ranges::push_heap(jobs_, std::less<>());
    if (jobs_.size() > limit_) {
      std::ranges::pop_heap(jobs_, std::less<>());
      jobs_.pop_back();
    }
    return {};
  }
  Result<std::vector<JobRow>> finish() && {
    std::ranges::sort_heap(jobs_, std::less<>());
    std::vector<JobRow> rows;
    for (const Slow& job : jobs_) {
      RL_TRY_ASSIGN(JobRow row, decode_job_row(job.row));
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  std::size_t limit_;
  std::vector<Slow> jobs_;  // A heap: the one that leaves first is in front.
};

/// The blocks with computations that ended on the days of [from, to), by the longest of them.
Result<std::vector<std::pair<nanoseconds, BlockNumber>>> blocks_by_longest(
    const TableReader& tables, UtcTime from, UtcTime to, std::optional<JobType> wanted) {
  std::map<BlockNumber, nanoseconds> longest;
  const auto add_day = [&](std::string_view key, std::string_view value) -> Status {
    RL_TRY_ASSIGN(const auto place, decode_day_key(key));
    return visit_day(value, [&](JobType type, std::string_view bytes) -> Status {
      if (!wanted || type == *wanted) {
        RL_TRY_ASSIGN(const nanoseconds most, longest_of(bytes));
        longest[place.second] = std::max(longest[place.second], most);
      }
      return {};
    });
  };
  RL_TRY(visit_rows(tables, Table::kJobIndex, day_prefix(std::chrono::floor<days>(from)),
                    day_prefix(std::chrono::ceil<days>(to)), add_day));
  std::vector<std::pair<nanoseconds, BlockNumber>> blocks;
  for (const auto& [block, most] : longest) {
    blocks.emplace_back(most, block);
  }
  std::ranges::sort(blocks, std::greater<>());
  return blocks;
}

/// How the share part / whole of two compares.
std::strong_ordering compare_shares(std::uint64_t left_part,
                                    std::uint64_t left_whole,
                                    std::uint64_t right_part,
                                    std::uint64_t right_whole) {
  return left_part * right_whole <=> right_part * left_whole;
}

bool flakier(const FlakyJobs& left, const FlakyJobs& right) {
  const auto failed = compare_shares(left.failed, left.jobs, right.failed, right.jobs);
  if (failed != 0) {
    return failed > 0;
  }
  const auto retried = compare_shares(left.retried, left.jobs, right.retried, right.jobs);
  if (retried != 0) {
    return retried > 0;
  }
  if (left.jobs != right.jobs) {
    return left.jobs > right.jobs;
  }
  return std::tie(left.portfolio, left.type) < std::tie(right.portfolio, right.type);
}

}  // namespace

void JobCounts::merge(const JobCounts& other) {
  succeeded += other.succeeded;
  with_warnings += other.with_warnings;
  failed += other.failed;
  skipped += other.skipped;
  cancelled += other.cancelled;
  reused += other.reused;
  retried += other.retried;
  duration += other.duration;
  longest = std::max(longest, other.longest);
  computed.merge(other.computed);
  for (const auto& [error, count] : other.errors) {
    errors[error] += count;
  }
}

void add_job(JobCounts& counts, const JobHead& head) {
  switch (head.status) {
    case JobStatus::kSucceededWithWarnings:
      ++counts.with_warnings;
      [[fallthrough]];
    case JobStatus::kSucceeded:
      ++counts.succeeded;
      counts.duration += head.duration;
      if (head.reused) {
        ++counts.reused;
      } else {
        counts.longest = std::max(counts.longest, head.duration);
        counts.computed.add(head.duration);
      }
      break;
    case JobStatus::kFailed:
      ++counts.failed;
      ++counts.errors[{head.error, head.category}];
      break;
    case JobStatus::kSkipped:
      ++counts.skipped;
      break;
    case JobStatus::kCancelled:
      ++counts.cancelled;
      break;
    case JobStatus::kPending:
    case JobStatus::kRunning:
    case JobStatus::kRetrying:
      break;
  }
  counts.retried += head.retried ? 1U : 0U;
}

Date bucket_begin(TimeBucket bucket, Date day) noexcept {
  switch (bucket) {
    case TimeBucket::kDay:
      return day;
    case TimeBucket::kWeek:
      return day - (std::chrono::weekday(day) - std::chrono::Monday);
    case TimeBucket::kMonth: {
      const std::chrono::year_month_day date(day);
      return date.year() / date.month() / 1;
    }
  }
  return day;
}

Result<std::vector<JobTypeStatistics>> job_statistics(const TableReader& tables,
                                                      const StatisticsQuery& query) {
  Statistics statistics(query);
  const JobFilter filter{.portfolio = query.portfolio,
                         .type = query.type,
                         .finished_from = query.from,
                         .finished_to = query.to};
  RL_TRY_ASSIGN(JobSearch search, JobSearch::open(tables, filter));
  const auto add = each_head([&](const JobHead& head) { statistics.add(head); });
  RL_TRY(search.visit_tail(std::nullopt, add));
  const Date first = std::chrono::ceil<days>(query.from);
  const Date end = std::chrono::floor<days>(query.to);
  if (query.portfolio || first >= end) {
    RL_TRY(search.visit_indexed(std::nullopt, add));
    return std::move(statistics).finish();
  }
  RL_TRY(statistics.add_days(tables, first, end, search.indexed()));
  RL_TRY(add_rows(tables, query, query.from, first, search.indexed(), statistics));
  RL_TRY(add_rows(tables, query, end, query.to, search.indexed(), statistics));
  return std::move(statistics).finish();
}

Result<std::vector<JobRow>> slowest_jobs(const TableReader& tables,
                                         UtcTime from,
                                         UtcTime to,
                                         std::optional<JobType> type,
                                         std::size_t limit) {
  SlowestJobs slowest(limit);
  const JobFilter filter{.type = type, .finished_from = from, .finished_to = to};
  RL_TRY_ASSIGN(JobSearch search, JobSearch::open(tables, filter));
  const JobSearch::Visitor add = [&](std::string_view key, std::string_view value) -> Result<bool> {
    RL_TRY(slowest.add(key, value));
    return true;
  };
  RL_TRY(search.visit_tail(std::nullopt, add));
  RL_TRY_ASSIGN(const auto blocks, blocks_by_longest(tables, from, to, type));
  for (const auto& [longest, block] : blocks) {
    if (!slowest.takes(longest)) {
      break;
    }
    if (begin_of(block) < search.indexed()) {
      RL_TRY(search.visit_block(block, add));
    }
  }
  return std::move(slowest).finish();
}

Result<std::vector<FlakyJobs>> flakiest_jobs(const TableReader& tables,
                                             UtcTime from,
                                             UtcTime to,
                                             std::size_t limit) {
  Pairs pairs;
  const JobFilter filter{.finished_from = from, .finished_to = to};
  RL_TRY_ASSIGN(JobSearch search, JobSearch::open(tables, filter));
  const auto add = each_head([&](const JobHead& head) { add_job(pairs, head); });
  RL_TRY(search.visit_tail(std::nullopt, add));
  const auto add_block = [&](BlockNumber block) -> Status {
    RL_TRY_ASSIGN(const auto bytes, tables.get(Table::kJobIndex, block_key(kPairsPrefix, block)));
    return bytes ? merge_pairs(*bytes, pairs) : Status();
  };
  RL_TRY(search.visit_blocks(add_block, add));
  std::vector<FlakyJobs> flaky;
  for (const auto& [portfolio, types] : pairs) {
    for (const auto& [type, counts] : types) {
      if (counts.failed + counts.retried > 0) {
        flaky.push_back({portfolio, type, counts.jobs, counts.failed, counts.retried});
      }
    }
  }
  const std::size_t size = std::min(limit, flaky.size());
  std::ranges::partial_sort(flaky, flaky.begin() + static_cast<std::ptrdiff_t>(size), flakier);
  flaky.resize(size);
  return flaky;
}

}  // namespace runledger::store
