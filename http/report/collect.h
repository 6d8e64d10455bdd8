#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "store/catalog.h"
#include "store/event_log.h"
#include "store/job_history.h"
#include "store/run_history.h"

namespace runledger::http::report {

using Json = nlohmann::ordered_json;

/// What is known of a job of the portfolio as of the date.
struct JobRecord {
  std::optional<store::LatestResult> latest;  ///< The newest result or skip by a condition.
  std::optional<store::JobRow> source;        ///< The job that made it.
  std::optional<store::JobRow> newest;        ///< The newest job for the date, however it ended.
  Json document;                              ///< Of the result; null if there is none.
};

struct Snapshot {
  Date as_of{};
  Json document;
};

/// All that a report is made from. Nothing in it is dated after `as_of`.
struct Material {
  store::PortfolioRow portfolio;
  Date as_of{};
  std::map<JobType, JobRecord> jobs;  ///< Every job type.
  std::vector<Snapshot> snapshots;    ///< Of dates up to `as_of`, oldest first.
  std::optional<store::RunRow> run;   ///< Of the newest result; absent if it has been pruned.
  RunId run_id;                       ///< Of the newest result.
};

/// Reads what the store has. Errors: kNotFound (no job of the portfolio has a result as of the
/// date), kCorruption, kIo. Cost: one document a job and one a trading day of the history.
[[nodiscard]] Result<Material> collect(const store::EventLog& log,
                                       const store::PortfolioRow& portfolio,
                                       Date as_of);

}  // namespace runledger::http::report
