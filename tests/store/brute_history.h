#pragma once

#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "schema/events.h"
#include "store/event_log.h"
#include "store/job_history.h"
#include "store/run_history.h"

/// What the queries of history must give, worked out from every event of the log and nothing else.
namespace runledger::store::testing {

struct Brute {
  explicit Brute(std::vector<Event> all);

  std::vector<Event> events;
  std::vector<JobRow> jobs;  ///< Oldest first.
  std::vector<RunRow> runs;

 private:
  using JobKey = std::pair<RunId, std::uint32_t>;

  void fold_job(const Event& event);
  void end_job(const Event& end, JobRow row);
  void fold_run(const Event& event);

  std::map<JobKey, std::vector<std::size_t>> attempts_;  ///< Indices of the events of open jobs.
  std::map<RunId, std::string> triggers_;
};

/// The rows as bytes, so that they can be compared and shown.
[[nodiscard]] std::vector<std::string> bytes_of(const std::vector<JobRow>& rows);

[[nodiscard]] bool matches(const JobRow& row, const JobFilter& filter);

/// The jobs of `brute` that match, newest first.
[[nodiscard]] std::vector<JobRow> matching(const Brute& brute, const JobFilter& filter);

/// Any combination of fields, with values that histories of HistoryMaker have.
[[nodiscard]] JobFilter random_filter(std::mt19937_64& random, std::size_t runs);

/// Pages through everything that matches.
[[nodiscard]] std::vector<JobRow> all_jobs(const EventLog& log,
                                           const JobFilter& filter,
                                           std::size_t page_size);

}  // namespace runledger::store::testing
