#include <algorithm>
#include <functional>
#include <utility>

#include "store/job_history.h"
#include "store/job_rows.h"
#include "store/job_search.h"
#include "store/keys.h"

namespace runledger::store {
namespace {

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
  JobPage page;
  if (limit == 0) {
    return page;
  }
  RL_TRY_ASSIGN(JobSearch search, JobSearch::open(tables, filter));
  RL_TRY(search.visit(before, [&](std::string_view, std::string_view value) -> Result<bool> {
    if (page.rows.size() == limit) {
      page.next_before = page.rows.back().sequence;
      return false;
    }
    RL_TRY_ASSIGN(JobRow row, decode_job_row(value));
    page.rows.push_back(std::move(row));
    return true;
  }));
  return page;
}

Result<std::uint64_t> count_jobs(const TableReader& tables, const JobFilter& filter) {
  RL_TRY_ASSIGN(JobSearch search, JobSearch::open(tables, filter));
  return search.count();
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

Result<std::vector<LatestResult>> newest_results(const TableReader& tables,
                                                 const PortfolioId& portfolio,
                                                 const std::vector<JobType>& types) {
  std::vector<LatestResult> newest;
  std::string begin;
  put_uuid(begin, portfolio.uuid);
  Status damage;
  RL_TRY(tables.scan(Table::kLatest, begin, prefix_end(begin), ScanOrder::kDescending,
                     [&](std::string_view, std::string_view value) {
                       auto latest = decode_latest(value);
                       if (!latest) {
                         damage = std::unexpected(std::move(latest).error());
                         return false;
                       }
                       const bool wanted =
                           !latest->result_hash.is_nil() &&
                           std::ranges::count(types, latest->type) != 0 &&
                           std::ranges::count(newest, latest->type, &LatestResult::type) == 0;
                       if (wanted) {
                         newest.push_back(std::move(*latest));
                       }
                       return newest.size() < types.size();
                     }));
  RL_TRY(damage);
  std::ranges::sort(newest, {}, &LatestResult::type);
  return newest;
}

}  // namespace runledger::store
