#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schema/events.h"
#include "store/projection.h"
#include "store/tables.h"

/// Projection of runs: one row a run, newest first by its first sequence.
namespace runledger::store {

struct RunRow {
  RunId run;
  Sequence first{};  ///< Of RunRequested.
  Sequence last{};   ///< Newest event that changed this row.
  RunStatus status = RunStatus::kRequested;
  std::string triggered_by;
  bool force = false;
  RunScope scope;
  std::optional<RunId> retry_of;
  UtcTime requested_at{};
  std::optional<UtcTime> started_at;
  std::optional<UtcTime> finished_at;
  std::uint32_t jobs_total = 0;
  std::string numerics_profile;  ///< Once it is planned: what the bits of its numbers depend on.
  std::uint32_t resumes = 0;
  std::string reason;
  std::optional<RunSummary> summary;  ///< Once it has ended.
};

/// What all of must hold; what is absent holds always.
struct RunFilter {
  std::optional<RunStatus> status = std::nullopt;
  std::optional<std::string> triggered_by = std::nullopt;
  std::optional<UtcTime> requested_from = std::nullopt;  ///< Inclusive.
  std::optional<UtcTime> requested_to = std::nullopt;    ///< Exclusive.
  /// In the scope, by name or because the run is of all portfolios.
  std::optional<PortfolioId> portfolio = std::nullopt;
  /// The scope's dates overlap with [as_of_from, as_of_to].
  std::optional<Date> as_of_from = std::nullopt;
  std::optional<Date> as_of_to = std::nullopt;
};

struct RunPage {
  std::vector<RunRow> rows;
  std::optional<Sequence> next_before;  ///< Pass as `before` for the next page; absent at the end.
};

[[nodiscard]] std::unique_ptr<Projection> make_run_history();

/// Errors: kNotFound, kCorruption, kIo.
[[nodiscard]] Result<RunRow> find_run(const TableReader& tables, const RunId& run);
/// Rows before `before` (absent: from the newest), newest first, at most `limit`.
[[nodiscard]] Result<RunPage> list_runs(const TableReader& tables,
                                        const RunFilter& filter,
                                        std::optional<Sequence> before,
                                        std::size_t limit);
/// Calls `visit` for the rows before `before` (absent: from the newest) that match, newest first,
/// until it gives false. Cost: reads every row on the way, about 2 us each. Errors: kCorruption,
/// kIo.
[[nodiscard]] Status visit_runs(const TableReader& tables,
                                const RunFilter& filter,
                                std::optional<Sequence> before,
                                const std::function<bool(const RunRow&)>& visit);
/// How many runs match. Cost: that of visit_runs over all of them. Errors: the same.
[[nodiscard]] Result<std::uint64_t> count_runs(const TableReader& tables, const RunFilter& filter);
/// Runs that have begun and not ended, oldest first: at most one by the engine's rule.
[[nodiscard]] Result<std::vector<RunRow>> open_runs(const TableReader& tables);

}  // namespace runledger::store
