#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "http/target.h"
#include "tools/commands/commands.h"
#include "tools/progress_bar.h"
#include "tools/stop_signal.h"

namespace runledger::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::milliseconds kRemotePoll{300};
constexpr std::chrono::milliseconds kLocalPoll{100};
constexpr std::string_view kBatch = "/api/v1/admin/batch/";

std::string text_or_empty(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

ProgressView to_view(const Json& run) {
  ProgressView view;
  const auto progress = run.find("progress");
  const bool live = progress != run.end() && progress->is_object();
  const auto& jobs = live ? progress->at("jobs") : run.at("jobs");
  view.status = run.value("status", "");
  view.total = jobs.value("total", std::uint64_t{0});
  view.completed = jobs.value("completed", std::uint64_t{0});
  view.failed = jobs.value("failed", std::uint64_t{0});
  view.skipped = jobs.value("skipped", std::uint64_t{0});
  if (!live) {
    return view;
  }
  view.percent = progress->value("progress_percent", 0.0);
  view.elapsed_seconds = progress->value("elapsed_seconds", 0.0);
  if (const auto& eta = progress->at("eta_seconds"); eta.is_number()) {
    view.eta_seconds = eta.get<double>();
  }
  if (const auto& job = progress->at("current_job"); job.is_object()) {
    view.job = text_or_empty(job.at("name"));
    view.portfolio = text_or_empty(job.at("portfolio_name"));
    view.as_of = text_or_empty(job.at("as_of"));
  }
  return view;
}

bool has_ended(const Json& run) {
  return run.contains("completed_at") && !run["completed_at"].is_null();
}

// Waits for news of the run; returns early when it ends in this process or a signal comes.
void wait_a_little(Session& session, const StopSignal& stop) {
  auto* service = session.service();
  if (service == nullptr) {
    stop.wait_for(kRemotePoll);
  } else if (service->wait_until_idle(kLocalPoll)) {
    stop.wait_for(std::chrono::milliseconds{5});
  }
}

std::expected<Json, Failure> post(Session& session,
                                  const std::string& target,
                                  const std::optional<std::string>& key) {
  http::Request request;
  request.method = http::Method::kPost;
  request.target = target;
  if (key) {
    request.headers.push_back({"Idempotency-Key", *key});
  }
  const auto body = session.call(std::move(request));
  if (!body) {
    return std::unexpected(body.error());
  }
  return parse_body(*body);
}

Exit conclude(Session& session, const Json& run, bool interrupted) {
  if (session.options().json) {
    print(run.dump() + "\n");
  } else {
    print_run(run, use_color(session.options()));
  }
  const auto status = run.value("status", "");
  const bool good = status == "completed" || status == "completed_with_warnings";
  return good && !interrupted ? kExitDone : kExitFailed;
}

}  // namespace

Exit follow_run(Session& session, const std::string& run) {
  const StopSignal stop;
  const auto display = make_progress_display();
  bool interrupted = false;
  while (true) {
    const auto body = session.get(fmt::format("{}run/{}", kBatch, run));
    if (!body) {
      display->finish();
      return std::unexpected(body.error());
    }
    const auto state = parse_body(*body);
    if (!state) {
      display->finish();
      return std::unexpected(state.error());
    }
    if (has_ended(*state)) {
      display->finish();
      return conclude(session, *state, interrupted);
    }
    display->show(to_view(*state));
    if (stop.stopped() && !interrupted) {
      display->finish();
      if (session.service() == nullptr) {
        fmt::print(stderr, "run {} goes on; runledger cancel stops it\n", run);
        return kExitFailed;
      }
      fmt::print(stderr, "cancelling run {}\n", run);
      interrupted = true;
      // A run that ends this very moment cannot be cancelled any more.
      static_cast<void>(post(session, fmt::format("{}run/current/cancel", kBatch), std::nullopt));
    }
    if (interrupted) {
      static_cast<void>(session.service()->wait_until_idle(kLocalPoll));
    } else {
      wait_a_little(session, stop);
    }
  }
}

Exit run(Session& session, const RunOptions& options) {
  Query query = {
      {"as_of", options.as_of},
      {"start_date", options.from},
      {"end_date", options.to},
      {"force", options.force ? std::optional<std::string>("true") : std::nullopt},
      {"recalculate", options.recalculate ? std::optional<std::string>("true") : std::nullopt},
      {"correlations",
       options.with_correlations ? std::optional<std::string>("true") : std::nullopt}};
  for (const auto& portfolio : options.portfolios) {
    query.emplace_back("portfolio_id", portfolio);
  }
  const auto started = post(session, make_target(fmt::format("{}run", kBatch), query), options.key);
  if (!started) {
    return std::unexpected(started.error());
  }
  const auto id = started->value("batch_run_id", "");
  if (!session.options().json) {
    fmt::print(stderr, "run {} started\n", id);
  }
  return follow_run(session, id);
}

Exit watch(Session& session, const WatchOptions& options) {
  if (options.run) {
    return follow_run(session, *options.run);
  }
  const auto body = session.get(fmt::format("{}run/current", kBatch));
  if (!body) {
    return std::unexpected(body.error());
  }
  const auto current = parse_body(*body);
  if (!current) {
    return std::unexpected(current.error());
  }
  if (current->value("status", "") == "idle") {
    print(session.options().json ? *body + "\n" : "no run is running\n");
    return kExitDone;
  }
  return follow_run(session, current->value("batch_run_id", ""));
}

Exit cancel(Session& session, const CancelOptions& /*options*/) {
  const auto answer = post(session, fmt::format("{}run/current/cancel", kBatch), std::nullopt);
  if (!answer) {
    return std::unexpected(answer.error());
  }
  print(session.options().json
            ? answer->dump() + "\n"
            : fmt::format("run {} is being cancelled\n", answer->value("batch_run_id", "")));
  return kExitDone;
}

Exit retry(Session& session, const RetryOptions& options) {
  const auto started =
      post(session, fmt::format("{}run/{}/retry", kBatch, http::percent_encode(options.run)),
           std::nullopt);
  if (!started) {
    return std::unexpected(started.error());
  }
  const auto id = started->value("batch_run_id", "");
  if (!session.options().json) {
    fmt::print(stderr, "run {} started\n", id);
  }
  return follow_run(session, id);
}

}  // namespace runledger::tools
