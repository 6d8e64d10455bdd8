#include "schema/events.h"

namespace runledger {
namespace {

std::string_view ingested_type(InputKind kind) noexcept {
  switch (kind) {
    case InputKind::kPrices:
      return "PricesIngested";
    case InputKind::kRates:
      return "RatesIngested";
    case InputKind::kSectors:
      return "SectorsIngested";
    case InputKind::kQuotes:
      return "QuotesIngested";
    case InputKind::kSplits:
      return "SplitsIngested";
    case InputKind::kFlows:
      return "FlowsIngested";
    case InputKind::kScenarios:
      return "ScenariosChanged";
    case InputKind::kDividends:
      return "DividendsIngested";
    case InputKind::kParameters:
      return "ParametersChanged";
  }
  return "InputIngested";
}

struct TypeName {
  std::string_view operator()(const EngineStarted&) const { return "EngineStarted"; }
  std::string_view operator()(const RunRequested&) const { return "RunRequested"; }
  std::string_view operator()(const RunRejected&) const { return "RunRejected"; }
  std::string_view operator()(const RunPlanned&) const { return "RunPlanned"; }
  std::string_view operator()(const RunStarted&) const { return "RunStarted"; }
  std::string_view operator()(const RunCancelRequested&) const { return "RunCancelRequested"; }
  std::string_view operator()(const RunResumed&) const { return "RunResumed"; }
  std::string_view operator()(const RunFinished&) const { return "RunFinished"; }
  std::string_view operator()(const JobAttempted&) const { return "JobAttempted"; }
  std::string_view operator()(const JobProgressed&) const { return "JobProgressed"; }
  std::string_view operator()(const JobRetryScheduled&) const { return "JobRetryScheduled"; }
  std::string_view operator()(const JobSucceeded&) const { return "JobSucceeded"; }
  std::string_view operator()(const JobFailed&) const { return "JobFailed"; }
  std::string_view operator()(const JobSkipped&) const { return "JobSkipped"; }
  std::string_view operator()(const JobCancelled&) const { return "JobCancelled"; }
  std::string_view operator()(const JobInterrupted&) const { return "JobInterrupted"; }
  std::string_view operator()(const PortfolioImported&) const { return "PortfolioImported"; }
  std::string_view operator()(const PortfolioDeleted&) const { return "PortfolioDeleted"; }
  std::string_view operator()(const InputIngested& e) const { return ingested_type(e.kind); }
  std::string_view operator()(const AccessGranted&) const { return "AccessGranted"; }
  std::string_view operator()(const AccessDenied&) const { return "AccessDenied"; }
  std::string_view operator()(const LogPruned&) const { return "LogPruned"; }
  std::string_view operator()(const UnknownPayload&) const { return "Unknown"; }
};

}  // namespace

std::string_view event_type(const Payload& payload) noexcept {
  return std::visit(TypeName{}, payload);
}

JobStatus status_of(const JobSucceeded& succeeded) noexcept {
  const bool warned = !succeeded.warnings.empty() || succeeded.quality.flag != QualityFlag::kFull;
  return warned ? JobStatus::kSucceededWithWarnings : JobStatus::kSucceeded;
}

const JobRef* job_of(const Payload& payload) noexcept {
  return std::visit(
      [](const auto& value) -> const JobRef* {
        if constexpr (requires { value.job; }) {
          return &value.job;
        } else {
          return nullptr;
        }
      },
      payload);
}

}  // namespace runledger
