#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "store/job_history.h"
#include "store/job_rows.h"
#include "store/keys.h"
#include "store/log_rows.h"

namespace runledger::store {
namespace {

/// Sequences begin <= s < end, and there may be rows that match among them only.
struct Bounds {
  Sequence begin{};
  std::optional<Sequence> end;
};

void lower_end(Bounds& bounds, Sequence end) {
  bounds.end = bounds.end ? std::min(*bounds.end, end) : end;
}

/// First sequence of a job that ended on the day of `time` or later; nullopt if there is none.
/// The clock may have been set back between two events, so it is the smallest of all those days.
Result<std::optional<Sequence>> first_since(const TableReader& tables, UtcTime time) {
  std::optional<Sequence> first;
  Status damage;
  const Date day = std::chrono::floor<std::chrono::days>(time);
  RL_TRY(tables.scan(Table::kJobIndex, day_key(day), prefix_end(day_prefix()),
                     ScanOrder::kAscending, [&](std::string_view, std::string_view value) {
                       FieldReader fields(value);
                       const Sequence sequence = fields.sequence();
                       if (!fields.done()) {
                         damage = fail(Code::kCorruption, "a row of the job index is damaged");
                         return false;
                       }
                       first = first ? std::min(*first, sequence) : sequence;
                       return true;
                     }));
  RL_TRY(damage);
  return first;
}

/// The bounds that `filter` and `before` set, or nullopt if nothing can match.
Result<std::optional<Bounds>> bounds_of(const TableReader& tables,
                                        const JobFilter& filter,
                                        std::optional<Sequence> before) {
  Bounds bounds;
  bounds.end = before;
  if (filter.finished_from) {
    RL_TRY_ASSIGN(const auto first, first_since(tables, *filter.finished_from));
    if (!first) {
      return std::nullopt;
    }
    bounds.begin = *first;
  }
  if (filter.run) {
    const auto range = find_range(tables, *filter.run);
    if (!range && range.error().code == Code::kNotFound) {
      return std::nullopt;
    }
    RL_TRY(range);
    bounds.begin = std::max(bounds.begin, range->first);
    lower_end(bounds, next(range->last));
  }
  return bounds;
}

struct Walk {
  Table table = Table::kJobs;
  std::string prefix;
};

bool is_rare(JobStatus status) {
  return status != JobStatus::kSucceeded && status != JobStatus::kSkipped;
}

/// The key with the fewest rows to pass over. Runs do not overlap, so the range of a run's
/// sequences narrows every other key as well as its own would.
Walk choose_walk(const JobFilter& filter) {
  if (filter.portfolio) {
    return {Table::kJobIndex, portfolio_prefix(*filter.portfolio)};
  }
  if (filter.status && is_rare(*filter.status)) {
    return {Table::kJobIndex, status_prefix(*filter.status)};
  }
  if (filter.type) {
    return {Table::kJobIndex, type_prefix(*filter.type)};
  }
  if (filter.status) {
    return {Table::kJobIndex, status_prefix(*filter.status)};
  }
  if (filter.run) {
    return {Table::kJobIndex, run_prefix(*filter.run)};
  }
  return {};
}

bool head_matches(const JobHead& head, const JobFilter& filter) {
  return (!filter.type || head.type == *filter.type) &&
         (!filter.status || head.status == *filter.status) &&
         (!filter.finished_from || head.finished_at >= *filter.finished_from) &&
         (!filter.finished_to || head.finished_at < *filter.finished_to);
}

bool row_matches(const JobRow& row, const JobFilter& filter) {
  return (!filter.run || row.run == *filter.run) &&
         (!filter.portfolio || row.job.portfolio == *filter.portfolio);
}

/// Collects the rows of one page from a walk.
class PageBuilder {
 public:
  PageBuilder(const TableReader& tables, const JobFilter& filter, const Walk& walk)
      : tables_(tables), filter_(filter), walk_(walk) {}

  Result<JobPage> build(const Bounds& bounds, std::size_t limit) {
    limit_ = limit;
    const std::string begin = walk_.prefix + sequence_key(bounds.begin);
    const std::string end =
        bounds.end ? walk_.prefix + sequence_key(*bounds.end) : prefix_end(walk_.prefix);
    RL_TRY(tables_.scan(walk_.table, begin, end, ScanOrder::kDescending,
                        [this](std::string_view key, std::string_view value) {
                          auto more = visit(key, value);
                          if (!more) {
                            damage_ = std::unexpected(std::move(more).error());
                            return false;
                          }
                          return *more;
                        }));
    RL_TRY(damage_);
    return std::move(page_);
  }

 private:
  Result<bool> visit(std::string_view key, std::string_view value) {
    RL_TRY_ASSIGN(const JobHead head, decode_job_head(value));
    if (!head_matches(head, filter_)) {
      return true;
    }
    RL_TRY_ASSIGN(JobRow row, read_row(key, value));
    if (!row_matches(row, filter_)) {
      return true;
    }
    if (page_.rows.size() == limit_) {
      page_.next_before = page_.rows.back().sequence;
      return false;
    }
    page_.rows.push_back(std::move(row));
    return true;
  }

  Result<JobRow> read_row(std::string_view key, std::string_view value) {
    if (walk_.table == Table::kJobs) {
      return decode_job_row(value);
    }
    RL_TRY_ASSIGN(const auto bytes, tables_.get(Table::kJobs, key.substr(walk_.prefix.size())));
    if (!bytes) {
      return fail(Code::kCorruption, "a row of the job history is missing");
    }
    return decode_job_row(*bytes);
  }

  const TableReader& tables_;
  const JobFilter& filter_;
  const Walk& walk_;
  std::size_t limit_ = 0;
  JobPage page_;
  Status damage_;
};

void count(JobTypeSummary& summary, const JobHead& head) {
  switch (head.status) {
    case JobStatus::kSucceededWithWarnings:
      ++summary.with_warnings;
      [[fallthrough]];
    case JobStatus::kSucceeded:
      ++summary.succeeded;
      break;
    case JobStatus::kFailed:
      ++summary.failed;
      break;
    case JobStatus::kSkipped:
      ++summary.skipped;
      break;
    case JobStatus::kCancelled:
      ++summary.cancelled;
      break;
    case JobStatus::kPending:
    case JobStatus::kRunning:
    case JobStatus::kRetrying:
      break;
  }
  summary.duration += head.duration;
}

/// Rows of kLatest in [begin, end) that `wanted` takes, at most `limit`.
Result<std::vector<LatestResult>> scan_latest(
    const TableReader& tables,
    const std::pair<std::string, std::string>& range,
    ScanOrder order,
    std::size_t limit,
    const std::function<bool(const LatestResult&)>& wanted) {
  std::vector<LatestResult> results;
  Status damage;
  RL_TRY(tables.scan(Table::kLatest, range.first, range.second, order,
                     [&](std::string_view, std::string_view value) {
                       auto latest = decode_latest(value);
                       if (!latest) {
                         damage = std::unexpected(std::move(latest).error());
                         return false;
                       }
                       if (wanted(*latest)) {
                         results.push_back(*latest);
                       }
                       return results.size() < limit;
                     }));
  RL_TRY(damage);
  return results;
}

}  // namespace

Result<JobPage> list_jobs(const TableReader& tables,
                          const JobFilter& filter,
                          std::optional<Sequence> before,
                          std::size_t limit) {
  if (limit == 0) {
    return JobPage{};
  }
  RL_TRY_ASSIGN(const auto bounds, bounds_of(tables, filter, before));
  if (!bounds) {
    return JobPage{};
  }
  const Walk walk = choose_walk(filter);
  return PageBuilder(tables, filter, walk).build(*bounds, limit);
}

Result<std::vector<JobTypeSummary>> summarize_jobs(const TableReader& tables,
                                                   UtcTime from,
                                                   UtcTime to) {
  std::vector<JobTypeSummary> summaries;
  RL_TRY_ASSIGN(const auto first, first_since(tables, from));
  if (!first) {
    return summaries;
  }
  std::map<JobType, JobTypeSummary> by_type;
  Status damage;
  RL_TRY(tables.scan(Table::kJobs, sequence_key(*first), {}, ScanOrder::kAscending,
                     [&](std::string_view, std::string_view value) {
                       const auto head = decode_job_head(value);
                       if (!head) {
                         damage = std::unexpected(head.error());
                         return false;
                       }
                       if (head->finished_at >= from && head->finished_at < to) {
                         JobTypeSummary& summary = by_type[head->type];
                         summary.type = head->type;
                         count(summary, *head);
                       }
                       return true;
                     }));
  RL_TRY(damage);
  for (auto& [type, summary] : by_type) {
    summaries.push_back(summary);
  }
  return summaries;
}

Result<std::vector<LatestResult>> latest_results(const TableReader& tables,
                                                 const PortfolioId& portfolio,
                                                 Date as_of) {
  const std::string prefix = latest_prefix(portfolio, as_of);
  return scan_latest(tables, {prefix, prefix_end(prefix)}, ScanOrder::kAscending, std::string::npos,
                     [](const LatestResult&) { return true; });
}

Result<std::optional<LatestResult>> find_latest(const TableReader& tables,
                                                const PortfolioId& portfolio,
                                                Date as_of,
                                                JobType type) {
  const JobRef job{.index = 0, .type = type, .portfolio = portfolio, .as_of = as_of};
  RL_TRY_ASSIGN(const auto bytes, tables.get(Table::kLatest, latest_key(job)));
  if (!bytes) {
    return std::optional<LatestResult>{};
  }
  RL_TRY_ASSIGN(const LatestResult latest, decode_latest(*bytes));
  return std::optional(latest);
}

Result<std::vector<LatestResult>> latest_results_before(const TableReader& tables,
                                                        const PortfolioId& portfolio,
                                                        JobType type,
                                                        Date as_of,
                                                        std::size_t limit) {
  if (limit == 0) {
    return std::vector<LatestResult>{};
  }
  std::string begin;
  put_uuid(begin, portfolio.uuid);
  return scan_latest(tables, {begin, prefix_end(latest_prefix(portfolio, as_of))},
                     ScanOrder::kDescending, limit,
                     [type](const LatestResult& latest) { return latest.type == type; });
}

}  // namespace runledger::store
