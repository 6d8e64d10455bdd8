#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "http/target.h"
#include "tools/commands/commands.h"
#include "tools/progress_bar.h"
#include "tools/table.h"

namespace runledger::tools {
namespace {

using Json = nlohmann::ordered_json;

// A value as a cell: "-" for null, numbers as JSON has them.
std::string cell(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) {
    return "-";
  }
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// "2026-11-26T17:00:00.000000Z" without what nobody reads.
std::string short_time(const Json& object, const char* name) {
  auto text = cell(object, name);
  if (text.size() < 19) {
    return text;
  }
  text.resize(19);
  text[10] = ' ';
  return text;
}

std::string seconds_cell(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? fmt::format("{:.3f}", found->get<double>())
                                                     : "-";
}

void print_field(std::string_view name, std::string_view value) {
  print(fmt::format("{:<16} {}\n", name, value));
}

// "100 of 2345 jobs"
void print_share(std::size_t shown, const Json& page, const char* total, std::string_view what) {
  print(fmt::format("{} of {} {}\n", shown, cell(page, total), what));
}

std::string scope_text(const Json& run) {
  const auto scope = run.find("scope");
  if (scope == run.end() || !scope->is_object()) {
    return "-";
  }
  const auto count = scope->at("portfolios").size();
  const auto from = cell(*scope, "from");
  const auto to = cell(*scope, "to");
  return fmt::format("{} {}, {}", count == 0 ? "all" : std::to_string(count),
                     count == 1 ? "portfolio" : "portfolios",
                     from == to ? from : from + " to " + to);
}

void print_job_types(const Json& summary) {
  const auto types = summary.find("by_job_type");
  if (types == summary.end() || !types->is_object() || types->empty()) {
    return;
  }
  Table table({{"JOB TYPE"},
               {"SUCCEEDED", Align::kRight},
               {"FAILED", Align::kRight},
               {"SKIPPED", Align::kRight},
               {"CANCELLED", Align::kRight},
               {"RECORDS", Align::kRight},
               {"SECONDS", Align::kRight}});
  for (const auto& [name, counts] : types->items()) {
    table.add({name, cell(counts, "completed"), cell(counts, "failed"), cell(counts, "skipped"),
               cell(counts, "cancelled"), cell(counts, "records_processed"),
               seconds_cell(counts, "duration_seconds")});
  }
  print("\n" + table.to_text());
}

void print_summary(const Json& summary) {
  if (const auto errors = summary.find("error_categories");
      errors != summary.end() && !errors->empty()) {
    print_field("errors", errors->dump());
  }
  if (const auto quality = summary.find("data_quality"); quality != summary.end()) {
    print_field(
        "portfolios",
        fmt::format("{} of full quality, {} limited, {} failed", cell(*quality, "portfolios_full"),
                    cell(*quality, "portfolios_limited"), cell(*quality, "portfolios_failed")));
  }
  print_job_types(summary);
}

}  // namespace

void print_run(const Json& run, bool color) {
  print_field("run", cell(run, "batch_run_id"));
  print_field("status", paint_status(cell(run, "status"), color));
  if (cell(run, "reason") != "-") {
    print_field("reason", cell(run, "reason"));
  }
  print_field("scope", scope_text(run));
  print_field("triggered by", cell(run, "triggered_by"));
  print_field("started", short_time(run, "started_at"));
  print_field("ended", short_time(run, "completed_at"));
  print_field("seconds", seconds_cell(run, "duration_seconds"));
  const auto& jobs = run.at("jobs");
  print_field("jobs",
              fmt::format("{} of {} succeeded, {} failed, {} skipped, {} cancelled",
                          cell(jobs, "completed"), cell(jobs, "total"), cell(jobs, "failed"),
                          cell(jobs, "skipped"), cell(jobs, "cancelled")));
  const auto summary = run.find("summary");
  if (summary != run.end() && summary->is_object()) {
    if (const auto reused = summary->value("reused", 0); reused > 0) {
      print_field("reused", fmt::format("{} results of earlier runs on the same inputs", reused));
    }
    print_summary(*summary);
  }
}

Exit history(Session& session, const HistoryOptions& options) {
  const auto body =
      session.get("/api/v1/admin/batch/history", {{"days", std::to_string(options.days)},
                                                  {"limit", std::to_string(options.limit)},
                                                  {"status", options.status},
                                                  {"portfolio_id", options.portfolio},
                                                  {"triggered_by", options.triggered_by},
                                                  {"from", options.period.from},
                                                  {"to", options.period.to},
                                                  {"as_of_from", options.period.as_of_from},
                                                  {"as_of_to", options.period.as_of_to}});
  if (!body) {
    return std::unexpected(body.error());
  }
  if (session.options().json) {
    print(*body + "\n");
    return kExitDone;
  }
  const auto page = parse_body(*body);
  if (!page) {
    return std::unexpected(page.error());
  }
  Table table({{"RUN"},
               {"STATUS"},
               {"STARTED"},
               {"SECONDS", Align::kRight},
               {"JOBS", Align::kRight},
               {"FAILED", Align::kRight},
               {"BY"},
               {"SCOPE"}});
  for (const auto& run : page->at("runs")) {
    table.add({cell(run, "batch_run_id"), cell(run, "status"), short_time(run, "created_at"),
               seconds_cell(run, "duration_seconds"), cell(run, "total_jobs"),
               cell(run, "failed_jobs"), cell(run, "triggered_by"), scope_text(run)});
  }
  print(table.to_text());
  print_share(page->at("runs").size(), *page, "total_count", "runs");
  return kExitDone;
}

Exit jobs(Session& session, const JobsOptions& options) {
  const auto body =
      session.get("/api/v1/admin/batch/jobs/status", {{"portfolio_id", options.portfolio},
                                                      {"job_type", options.job},
                                                      {"status", options.status},
                                                      {"run_id", options.run},
                                                      {"error_category", options.error_category},
                                                      {"triggered_by", options.triggered_by},
                                                      {"from", options.period.from},
                                                      {"to", options.period.to},
                                                      {"as_of_from", options.period.as_of_from},
                                                      {"as_of_to", options.period.as_of_to},
                                                      {"days_back", std::to_string(options.days)},
                                                      {"limit", std::to_string(options.limit)}});
  if (!body) {
    return std::unexpected(body.error());
  }
  if (session.options().json) {
    print(*body + "\n");
    return kExitDone;
  }
  const auto page = parse_body(*body);
  if (!page) {
    return std::unexpected(page.error());
  }
  Table table({{"ENDED"},
               {"JOB TYPE"},
               {"PORTFOLIO"},
               {"AS OF"},
               {"STATUS"},
               {"TRIES", Align::kRight},
               {"RECORDS", Align::kRight},
               {"SECONDS", Align::kRight},
               {"WHY"}});
  for (const auto& job : page->at("jobs")) {
    auto why = cell(job, "skip_reason");
    if (why == "-") {
      why = cell(job, "error_detail") != "-" ? cell(job, "error_detail") : cell(job, "error");
    }
    table.add({short_time(job, "completed_at"), cell(job, "job_type"), cell(job, "portfolio_name"),
               cell(job, "as_of"), cell(job, "status"), cell(job, "attempts"), cell(job, "records"),
               seconds_cell(job, "duration_seconds"), why});
  }
  print(table.to_text());
  print_share(page->at("jobs").size(), *page, "total_jobs", "jobs");
  return kExitDone;
}

Exit show(Session& session, const ShowOptions& options) {
  std::string run = options.run.value_or("");
  if (!options.run) {
    const auto body = session.get("/api/v1/admin/batch/last-run");
    if (!body) {
      return std::unexpected(body.error());
    }
    const auto last = parse_body(*body);
    if (!last) {
      return std::unexpected(last.error());
    }
    if (last->at("last_run").is_null()) {
      return std::unexpected(Failure{kExitFailed, "there was no run yet"});
    }
    run = cell(last->at("last_run"), "batch_run_id");
  }
  const auto name = http::percent_encode(run);
  if (options.logs) {
    const auto text =
        session.get(fmt::format("/api/v1/admin/batch/history/{}/logs", name),
                    {{"format", session.options().json ? "json" : "txt"}, {"limit", "100000"}});
    if (!text) {
      return std::unexpected(text.error());
    }
    print(session.options().json ? *text + "\n" : *text);
    return kExitDone;
  }
  const auto body = session.get("/api/v1/admin/batch/run/" + name);
  if (!body) {
    return std::unexpected(body.error());
  }
  if (session.options().json) {
    print(*body + "\n");
    return kExitDone;
  }
  const auto row = parse_body(*body);
  if (!row) {
    return std::unexpected(row.error());
  }
  print_run(*row, use_color(session.options()));
  return kExitDone;
}

}  // namespace runledger::tools
