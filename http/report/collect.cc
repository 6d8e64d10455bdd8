#include "http/report/collect.h"

#include <algorithm>
#include <limits>

#include "http/report/words.h"

namespace runledger::http::report {
namespace {

constexpr std::size_t kPageRows = 512;

Result<Json> read_document(const store::EventLog& log, const Digest& digest) {
  RL_TRY_ASSIGN(const auto bytes, log.blob(store::BlobKind::kResult, digest));
  auto document = Json::parse(bytes, nullptr, false);
  if (!document.is_object()) {
    return fail(Code::kCorruption, "the result " + to_string(digest) + " is not a JSON object");
  }
  return document;
}

Status add_latest(Material& material, const store::EventLog& log, const PortfolioId& scope) {
  RL_TRY_ASSIGN(const auto results, store::latest_results(log.tables(), scope, material.as_of));
  for (const auto& result : results) {
    JobRecord& record = material.jobs[result.type];
    record.latest = result;
    if (!result.result_hash.is_nil()) {
      RL_TRY_ASSIGN(record.document, read_document(log, result.result_hash));
    }
    store::JobFilter filter;
    filter.portfolio = scope;
    RL_TRY_ASSIGN(auto page, store::list_jobs(log.tables(), filter, next(result.sequence), 1));
    if (!page.rows.empty() && page.rows.front().sequence == result.sequence) {
      record.source = std::move(page.rows.front());
    }
  }
  return {};
}

// The newest job of each type for the date, until all are found or the history ends.
Status add_newest(Material& material, const store::TableReader& tables, const PortfolioId& scope) {
  const auto belongs = [&](JobType type) {
    return (type == JobType::kMarketDataUpdate) == scope.is_nil();
  };
  store::JobFilter filter;
  filter.portfolio = scope;
  auto wanted = std::ranges::count_if(kAllJobTypes, belongs);
  std::optional<Sequence> before;
  do {
    RL_TRY_ASSIGN(const auto page, store::list_jobs(tables, filter, before, kPageRows));
    for (const auto& row : page.rows) {
      auto& newest = material.jobs[row.job.type].newest;
      if (row.job.as_of == material.as_of && !newest) {
        newest = row;
        --wanted;
      }
    }
    before = page.next_before;
  } while (before && wanted > 0);
  return {};
}

Status add_snapshots(Material& material, const store::EventLog& log) {
  RL_TRY_ASSIGN(
      const auto results,
      store::latest_results_before(log.tables(), material.portfolio.id, JobType::kPortfolioSnapshot,
                                   material.as_of, std::numeric_limits<std::size_t>::max()));
  for (const auto& result : results) {
    if (!result.result_hash.is_nil()) {
      RL_TRY_ASSIGN(auto document, read_document(log, result.result_hash));
      material.snapshots.push_back({result.as_of, std::move(document)});
    }
  }
  std::ranges::reverse(material.snapshots);
  return {};
}

}  // namespace

Result<Material> collect(const store::EventLog& log,
                         const store::PortfolioRow& portfolio,
                         Date as_of) {
  Material material;
  material.portfolio = portfolio;
  material.as_of = as_of;
  for (const auto type : kAllJobTypes) {
    material.jobs[type];
  }
  RL_TRY(add_latest(material, log, portfolio.id));
  const store::LatestResult* newest = nullptr;
  for (const auto& [type, record] : material.jobs) {
    if (record.latest && (newest == nullptr || record.latest->sequence > newest->sequence)) {
      newest = &*record.latest;
    }
  }
  if (newest == nullptr) {
    return fail(Code::kNotFound,
                "portfolio " + portfolio.name + " has no result as of " + format_date(as_of));
  }
  material.run_id = newest->run;
  RL_TRY(add_latest(material, log, PortfolioId{}));
  RL_TRY(add_newest(material, log.tables(), portfolio.id));
  RL_TRY(add_newest(material, log.tables(), PortfolioId{}));
  RL_TRY(add_snapshots(material, log));
  if (auto run = store::find_run(log.tables(), material.run_id)) {
    material.run = std::move(*run);
  } else if (run.error().code != Code::kNotFound) {
    return std::unexpected(std::move(run).error());
  }
  return material;
}

}  // namespace runledger::http::report
