#include "http/activity.h"

#include <variant>

#include <fmt/format.h>

namespace runledger::http {
namespace {

double seconds_of(nanoseconds duration) noexcept {
  return std::chrono::duration<double>(duration).count();
}

// One overload for each payload.
struct Sentence {
  const ActivityWriter& writer;

  [[nodiscard]] std::string job(const JobRef& job) const {
    return fmt::format("{} of {} as of {}", to_string(job.type),
                       writer.portfolio_name(job.portfolio), format_date(job.as_of));
  }

  Activity operator()(const EngineStarted& e) const {
    return {ActivityLevel::kInfo,
            fmt::format("engine started, epoch {}, build {}", raw(e.epoch), e.build)};
  }
  Activity operator()(const RunRequested& e) const {
    const auto& scope = e.scope;
    return {ActivityLevel::kInfo,
            fmt::format("run requested by {}: {} portfolios, {} to {}", e.triggered_by,
                        scope.portfolios.empty() ? std::string("all")
                                                 : std::to_string(scope.portfolios.size()),
                        format_date(scope.from), format_date(scope.to))};
  }
  Activity operator()(const RunRejected& e) const {
    return {ActivityLevel::kError, "run rejected: " + e.reason};
  }
  Activity operator()(const RunPlanned& e) const {
    return {ActivityLevel::kInfo, fmt::format("run planned: {} jobs, {} portfolios, {} dates",
                                              e.jobs_total, e.portfolios.size(), e.dates.size())};
  }
  Activity operator()(const RunStarted& e) const {
    return {ActivityLevel::kInfo, fmt::format("run started in epoch {}", raw(e.epoch))};
  }
  Activity operator()(const RunCancelRequested& e) const {
    return {ActivityLevel::kWarning, "cancel requested by " + e.requested_by};
  }
  Activity operator()(const RunResumed& e) const {
    return {ActivityLevel::kWarning, fmt::format("run resumed in epoch {}", raw(e.epoch))};
  }
  Activity operator()(const RunFinished& e) const {
    const auto& s = e.summary;
    const auto level =
        e.status == RunStatus::kFailed || e.status == RunStatus::kPartial
            ? ActivityLevel::kError
            : (e.status == RunStatus::kCompleted ? ActivityLevel::kInfo : ActivityLevel::kWarning);
    return {
        level,
        fmt::format("run finished: {}, {} of {} jobs succeeded, {} failed, {} skipped, {} "
                    "cancelled in {:.3f} s{}{}",
                    to_string(e.status), s.succeeded, s.jobs_total, s.failed, s.skipped,
                    s.cancelled, seconds_of(s.duration), e.reason.empty() ? "" : ": ", e.reason)};
  }
  Activity operator()(const JobAttempted& e) const {
    return {ActivityLevel::kDebug, fmt::format("{}: attempt {}", job(e.job), raw(e.attempt))};
  }
  Activity operator()(const JobProgressed& e) const {
    return {ActivityLevel::kDebug, fmt::format("{}: {} of {} {}{}{}", job(e.job), e.done, e.total,
                                               e.unit, e.message.empty() ? "" : ", ", e.message)};
  }
  Activity operator()(const JobRetryScheduled& e) const {
    return {ActivityLevel::kWarning,
            fmt::format("{}: attempt {} failed ({}: {}), next at {}", job(e.job), raw(e.attempt),
                        to_string(e.category), e.error, format_time(e.due))};
  }
  Activity operator()(const JobSucceeded& e) const {
    std::string text = fmt::format("{}: succeeded, {} {} in {:.3f} s", job(e.job), e.records,
                                   e.unit, seconds_of(e.duration));
    for (const auto& warning : e.warnings) {
      text += "; warning: " + warning;
    }
    return {ActivityLevel::kInfo, std::move(text)};
  }
  Activity operator()(const JobFailed& e) const {
    return {ActivityLevel::kError,
            fmt::format("{}: failed in attempt {} ({}: {}): {}", job(e.job), raw(e.attempt),
                        to_string(e.category), e.error, e.detail)};
  }
  Activity operator()(const JobSkipped& e) const {
    const bool condition =
        e.reason == SkipReason::kNoOptions || e.reason == SkipReason::kNotScheduled;
    return {condition ? ActivityLevel::kDebug : ActivityLevel::kWarning,
            fmt::format("{}: skipped, {}", job(e.job), to_string(e.reason))};
  }
  Activity operator()(const JobCancelled& e) const {
    return {ActivityLevel::kInfo, job(e.job) + ": cancelled"};
  }
  Activity operator()(const JobInterrupted& e) const {
    return {ActivityLevel::kWarning, fmt::format("{}: attempt {} of epoch {} was interrupted",
                                                 job(e.job), raw(e.attempt), raw(e.epoch))};
  }
  Activity operator()(const PortfolioImported& e) const {
    return {ActivityLevel::kInfo, fmt::format("portfolio {} imported: {} positions from {}", e.name,
                                              e.positions, e.file_name)};
  }
  Activity operator()(const PortfolioDeleted& e) const {
    return {ActivityLevel::kInfo, fmt::format("portfolio {} deleted", e.name)};
  }
  Activity operator()(const InputIngested& e) const {
    return {ActivityLevel::kInfo, fmt::format("{} imported: {} rows, {} symbols from {}",
                                              to_string(e.kind), e.rows, e.symbols, e.file_name)};
  }
  Activity operator()(const AccessGranted& e) const {
    return {ActivityLevel::kInfo, fmt::format("access granted to {} from {}: {}",
                                              e.email.empty() ? "-" : e.email, e.remote, e.what)};
  }
  Activity operator()(const AccessDenied& e) const {
    return {ActivityLevel::kWarning,
            fmt::format("access denied to {} from {}: {}", e.email.empty() ? "-" : e.email,
                        e.remote, e.what)};
  }
  Activity operator()(const LogPruned& e) const {
    return {ActivityLevel::kInfo,
            fmt::format("events {} to {} with {} runs were pruned ({}){}", raw(e.first),
                        raw(e.through), e.runs, e.reason,
                        e.archive.empty() ? ", without an archive" : ", archived in " + e.archive)};
  }
  Activity operator()(const UnknownPayload& e) const {
    return {ActivityLevel::kWarning,
            fmt::format("an event of kind {} that this version does not know", e.type)};
  }
};

}  // namespace

std::string_view to_string(ActivityLevel level) noexcept {
  switch (level) {
    case ActivityLevel::kDebug:
      return "DEBUG";
    case ActivityLevel::kInfo:
      return "INFO";
    case ActivityLevel::kWarning:
      return "WARNING";
    case ActivityLevel::kError:
      return "ERROR";
  }
  return "INFO";
}

Activity ActivityWriter::describe(const Event& event) {
  learn(event);
  return std::visit(Sentence{*this}, event.payload);
}

std::string ActivityWriter::portfolio_name(const PortfolioId& id) const {
  if (id.is_nil()) {
    return "market";
  }
  const auto found = names_.find(id);
  return found != names_.end() ? found->second : to_string(id);
}

void ActivityWriter::learn(const Event& event) {
  if (const auto* planned = std::get_if<RunPlanned>(&event.payload)) {
    for (const auto& portfolio : planned->portfolios) {
      names_[portfolio.id] = portfolio.name;
    }
  } else if (const auto* imported = std::get_if<PortfolioImported>(&event.payload)) {
    names_[imported->portfolio] = imported->name;
  }
}

}  // namespace runledger::http
