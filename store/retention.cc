#include "store/retention.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "store/bundle.h"
#include "store/job_rows.h"
#include "store/keys.h"
#include "store/row_visit.h"
#include "store/run_history.h"

namespace runledger::store {
namespace {

/// Runs that have ended and have none older than them that has not, oldest first; never the newest.
Result<std::vector<RunRow>> prunable_runs(const EventLog& log) {
  RL_TRY_ASSIGN(auto page, list_runs(log.tables(), {}, std::nullopt, SIZE_MAX));
  auto& rows = page.rows;
  std::ranges::reverse(rows);
  const auto open =
      std::ranges::find_if(rows, [](const RunRow& row) { return !is_final(row.status); });
  rows.erase(open, rows.end());
  if (!rows.empty() && open == rows.end()) {
    rows.pop_back();
  }
  return std::move(rows);
}

Result<std::size_t> count_by_size(const EventLog& log,
                                  const std::vector<RunRow>& runs,
                                  std::uint64_t bytes_max) {
  RL_TRY_ASSIGN(const std::uint64_t bytes, log.bytes_on_disk());
  if (bytes <= bytes_max) {
    return std::size_t{0};
  }
  // A run's share of the bytes is taken to be its share of the events.
  const double excess = static_cast<double>(bytes - bytes_max) / static_cast<double>(bytes);
  const auto events = static_cast<double>(raw(log.committed()) - raw(log.pruned()));
  const auto enough = static_cast<std::uint64_t>(excess * events) + raw(log.pruned());
  std::size_t count = 0;
  while (count < runs.size() && (count == 0 || raw(runs[count - 1].last) < enough)) {
    ++count;
  }
  return count;
}

/// Results that jobs up to `through` name and no later one does.
Result<std::vector<Digest>> results_only_of(const EventLog& log, Sequence through) {
  std::set<Digest> named;
  RL_TRY(visit_rows(log.tables(), Table::kJobs, "", "",
                    [&](std::string_view, std::string_view value) -> Status {
                      RL_TRY_ASSIGN(const JobRow row, decode_job_row(value));
                      if (row.sequence > through) {
                        named.erase(row.result_hash);
                      } else if (!row.result_hash.is_nil()) {
                        named.insert(row.result_hash);
                      }
                      return {};
                    }));
  return std::vector<Digest>(named.begin(), named.end());
}

}  // namespace

Result<std::optional<PrunePlan>> plan_prune(const EventLog& log,
                                            const RetentionPolicy& policy,
                                            UtcTime now) {
  PrunePlan plan;
  plan.prune.judged_at = log.committed();
  RL_TRY_ASSIGN(const auto runs, prunable_runs(log));
  std::size_t by_age = 0;
  while (policy.age_max && by_age < runs.size() &&
         runs[by_age].finished_at.value_or(now) < now - *policy.age_max) {
    ++by_age;
  }
  std::size_t by_size = 0;
  if (policy.bytes_max) {
    RL_TRY_ASSIGN(by_size, count_by_size(log, runs, *policy.bytes_max));
  }
  // The newest run is not among those that may go.
  const std::size_t stay = std::max<std::size_t>(policy.runs_max.value_or(UINT32_MAX), 1) - 1;
  const std::size_t by_count = runs.size() > stay ? runs.size() - stay : 0;
  const std::size_t count = std::max({by_age, by_size, by_count});
  if (count == 0) {
    return std::nullopt;
  }
  plan.first = next(log.pruned());
  RL_TRY_ASSIGN(const auto range, log.run_range(runs[count - 1].run));
  plan.through = range.last;
  plan.runs = static_cast<std::uint32_t>(count);
  plan.reason = count == by_age ? "age" : (count == by_size ? "size" : "count");
  plan.prune.through = plan.through;
  RL_TRY_ASSIGN(plan.prune.results, results_only_of(log, plan.through));
  plan.results = plan.prune.results.size();
  return plan;
}

Result<Archive> archive_pruned(const EventLog& log,
                               const PrunePlan& plan,
                               const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return fail(Code::kIo, "cannot make " + directory.string() + ": " + error.message());
  }
  Archive archive;
  archive.name = fmt::format("events-{:012}-{:012}.rlb", raw(plan.first), raw(plan.through));
  const auto path = directory / archive.name;
  if (!std::filesystem::exists(path, error)) {
    RL_TRY_ASSIGN(const auto file, make_bundle_file(path));
    RL_TRY(export_bundle(
        log, {.after = Sequence{raw(plan.first) - 1}, .through = plan.through, .whole = false},
        *file));
  }
  // An archive that an interrupted attempt left is as good, if it is of these events.
  RL_TRY_ASSIGN(const BundleFooter footer, read_bundle(path, nullptr));
  RL_TRY_ASSIGN(const EventBytes last, log.find_event(plan.through));
  if (footer.last != plan.through || footer.last_hash != event_hash(last.view())) {
    return fail(Code::kConflict, path.string() + " is there and holds other events: move it away");
  }
  archive.root = footer.root;
  return archive;
}

AppendRequest prune_request(const PrunePlan& plan,
                            const std::optional<Archive>& archive,
                            UtcTime now) {
  LogPruned pruned;
  pruned.first = plan.first;
  pruned.through = plan.through;
  pruned.runs = plan.runs;
  pruned.archive = archive ? archive->name : "";
  pruned.archive_root = archive ? archive->root : Digest{};
  pruned.reason = plan.reason;
  AppendRequest request;
  request.events.push_back({.time = now, .run = {}, .causation = {}, .payload = pruned});
  request.prune = plan.prune;
  return request;
}

}  // namespace runledger::store
