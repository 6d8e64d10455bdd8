#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "http/handlers/handlers.h"
#include "http/render.h"
#include "store/run_history.h"

namespace runledger::http {
namespace {

/// The runs that were requested in some span of time.
struct RunCounts {
  std::map<RunStatus, std::uint64_t> by_status;  ///< Those that have not ended: kRunning.
  std::uint64_t runs = 0;
  std::vector<double> seconds;  ///< Of those that completed.

  [[nodiscard]] std::uint64_t with(RunStatus status) const {
    const auto found = by_status.find(status);
    return found == by_status.end() ? 0 : found->second;
  }
};

bool is_good(const store::RunRow& row) {
  return row.status == RunStatus::kCompleted || row.status == RunStatus::kCompletedWithWarnings;
}

void add(RunCounts& counts, const store::RunRow& row) {
  ++counts.runs;
  ++counts.by_status[is_final(row.status) ? row.status : RunStatus::kRunning];
  if (is_good(row) && row.finished_at) {
    const auto begin = row.started_at.value_or(row.requested_at);
    counts.seconds.push_back(std::chrono::duration<double>(*row.finished_at - begin).count());
  }
}

/// The smallest value that `share` of all are not above.
std::optional<double> quantile(std::vector<double>& values, double share) {
  if (values.empty()) {
    return std::nullopt;
  }
  const auto rank = std::ceil(share * static_cast<double>(values.size()));
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(std::max(rank, 1.0)) - 1;
  std::ranges::nth_element(values, place);
  return *place;
}

struct HistorySummary {
  RunCounts total;
  std::map<Date, RunCounts> days;
  std::optional<store::RunRow> newest;
};

Result<HistorySummary> summarize(const ApiContext& context, std::int64_t days) {
  HistorySummary summary;
  store::RunFilter filter;
  filter.requested_from = context.service.clock().wall_now() - std::chrono::days{days};
  RL_TRY(store::visit_runs(
      context.service.log().tables(), filter, std::nullopt, [&summary](const store::RunRow& row) {
        add(summary.total, row);
        add(summary.days[std::chrono::floor<std::chrono::days>(row.requested_at)], row);
        if (!summary.newest) {
          summary.newest = row;
        }
        return true;
      }));
  return summary;
}

void write_quantile(JsonWriter& json,
                    std::string_view name,
                    std::vector<double>& seconds,
                    double share) {
  json.key(name);
  const auto value = quantile(seconds, share);
  value ? json.value(rounded(*value, 3)) : json.null();
}

void write_days(JsonWriter& json, std::map<Date, RunCounts>& days) {
  json.key("days").begin_array();
  for (auto& [date, counts] : days) {
    json.begin_object();
    json.field("date", format_date(date));
    json.field("runs", counts.runs);
    json.field("completed", counts.with(RunStatus::kCompleted));
    json.field("with_warnings", counts.with(RunStatus::kCompletedWithWarnings));
    json.field("partial", counts.with(RunStatus::kPartial));
    json.field("failed", counts.with(RunStatus::kFailed));
    json.field("cancelled", counts.with(RunStatus::kCancelled));
    write_quantile(json, "p50_seconds", counts.seconds, 0.5);
    write_quantile(json, "p95_seconds", counts.seconds, 0.95);
    json.end_object();
  }
  json.end_array();
}

void write_totals(JsonWriter& json, const RunCounts& total) {
  json.key("status_breakdown").begin_object();
  for (const auto status :
       {RunStatus::kRunning, RunStatus::kCompleted, RunStatus::kCompletedWithWarnings,
        RunStatus::kPartial, RunStatus::kFailed, RunStatus::kCancelled, RunStatus::kRejected}) {
    json.field(to_string(status), total.with(status));
  }
  json.end_object();
  const auto ended = total.runs - total.with(RunStatus::kRunning);
  const auto good =
      total.with(RunStatus::kCompleted) + total.with(RunStatus::kCompletedWithWarnings);
  json.key("success_rate_percent");
  ended == 0
      ? json.null()
      : json.value(rounded(100.0 * static_cast<double>(good) / static_cast<double>(ended), 1));
  double seconds = 0;
  for (const double one : total.seconds) {
    seconds += one;
  }
  json.key("avg_duration_seconds");
  total.seconds.empty()
      ? json.null()
      : json.value(rounded(seconds / static_cast<double>(total.seconds.size()), 3));
}

Outcome show_summary(const ApiContext& context, const Call& call) {
  const auto days = call.arguments.integer("days");
  RL_TRY_ASSIGN(auto summary, summarize(context, days));
  JsonWriter json;
  json.begin_object();
  json.field("period_days", days);
  json.field("total_runs", summary.total.runs);
  write_totals(json, summary.total);
  json.key("most_recent");
  if (summary.newest) {
    json.begin_object();
    json.field("batch_run_id", to_string(summary.newest->run));
    json.field("status", to_string(summary.newest->status));
    write_time(json, "started_at", summary.newest->started_at);
    json.end_object();
  } else {
    json.null();
  }
  write_days(json, summary.days);
  json.end_object();
  return json_response(json.take());
}

}  // namespace

void add_history_summary_route(Router& router, const ApiContext& context) {
  router.add({.path = "/api/v1/admin/batch/history/summary",
              .operation = "summarizeRuns",
              .tag = "history",
              .summary = "How the runs of a period went, in all and by UTC day.",
              .parameters = {{.name = "days",
                              .type = ParameterType::kInteger,
                              .description = "How far back.",
                              .min = 1,
                              .max = 36500,
                              .default_value = 30}},
              .responses = {{200,
                             "The summary.",
                             {{"period_days", "integer"},
                              {"total_runs", "integer"},
                              {"status_breakdown", "object"},
                              {"success_rate_percent", "number|null"},
                              {"avg_duration_seconds", "number|null"},
                              {"most_recent", "object|null"},
                              {"days", "array"}}}},
              .handler = [context](const Call& call) { return show_summary(context, call); }});
}

}  // namespace runledger::http
