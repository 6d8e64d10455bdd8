#include "schema/vocabulary.h"

namespace runledger {

std::string_view to_string(JobType value) noexcept {
  switch (value) {
    case JobType::kMarketDataUpdate:
      return "market_data_update";
    case JobType::kPositionValuesUpdate:
      return "position_values_update";
    case JobType::kGreeksCalculation:
      return "greeks_calculation";
    case JobType::kPortfolioAggregation:
      return "portfolio_aggregation";
    case JobType::kFactorAnalysis:
      return "factor_analysis";
    case JobType::kMarketRiskScenarios:
      return "market_risk_scenarios";
    case JobType::kVolatilityAnalytics:
      return "volatility_analytics";
    case JobType::kSectorConcentration:
      return "sector_concentration";
    case JobType::kStressTesting:
      return "stress_testing";
    case JobType::kPortfolioSnapshot:
      return "portfolio_snapshot";
    case JobType::kPositionCorrelations:
      return "position_correlations";
  }
  return "unknown";
}

std::string_view to_string(RunStatus value) noexcept {
  switch (value) {
    case RunStatus::kRequested:
      return "requested";
    case RunStatus::kRunning:
      return "running";
    case RunStatus::kCancelling:
      return "cancelling";
    case RunStatus::kCompleted:
      return "completed";
    case RunStatus::kCompletedWithWarnings:
      return "completed_with_warnings";
    case RunStatus::kPartial:
      return "partial";
    case RunStatus::kFailed:
      return "failed";
    case RunStatus::kCancelled:
      return "cancelled";
    case RunStatus::kRejected:
      return "rejected";
  }
  return "unknown";
}

std::string_view to_string(JobStatus value) noexcept {
  switch (value) {
    case JobStatus::kPending:
      return "pending";
    case JobStatus::kRunning:
      return "running";
    case JobStatus::kRetrying:
      return "retrying";
    case JobStatus::kSucceeded:
      return "succeeded";
    case JobStatus::kSucceededWithWarnings:
      return "succeeded_with_warnings";
    case JobStatus::kFailed:
      return "failed";
    case JobStatus::kSkipped:
      return "skipped";
    case JobStatus::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

std::string_view to_string(ErrorCategory value) noexcept {
  switch (value) {
    case ErrorCategory::kTransient:
      return "transient";
    case ErrorCategory::kPermanent:
      return "permanent";
    case ErrorCategory::kData:
      return "data";
    case ErrorCategory::kTimeout:
      return "timeout";
    case ErrorCategory::kInternal:
      return "internal";
  }
  return "unknown";
}

std::string_view to_string(SkipReason value) noexcept {
  switch (value) {
    case SkipReason::kNoOptions:
      return "no_options";
    case SkipReason::kNotScheduled:
      return "not_scheduled";
    case SkipReason::kDependencyFailed:
      return "dependency_failed";
    case SkipReason::kUncovered:
      return "uncovered";
    case SkipReason::kNoPositions:
      return "no_positions";
    case SkipReason::kNoEquity:
      return "no_equity";
    case SkipReason::kNotApplicable:
      return "not_applicable";
  }
  return "unknown";
}

std::string_view to_string(NullReason value) noexcept {
  switch (value) {
    case NullReason::kNoPrice:
      return "no_price";
    case NullReason::kStalePrice:
      return "stale_price";
    case NullReason::kShortHistory:
      return "short_history";
    case NullReason::kNoRate:
      return "no_rate";
    case NullReason::kNoVolatility:
      return "no_volatility";
    case NullReason::kNoEquity:
      return "no_equity";
    case NullReason::kNoPositions:
      return "no_positions";
    case NullReason::kNoOptions:
      return "no_options";
    case NullReason::kNotApplicable:
      return "not_applicable";
    case NullReason::kSingular:
      return "singular";
    case NullReason::kConstantSeries:
      return "constant_series";
    case NullReason::kNoSector:
      return "no_sector";
    case NullReason::kNoBenchmark:
      return "no_benchmark";
    case NullReason::kExpired:
      return "expired";
    case NullReason::kDependencyFailed:
      return "dependency_failed";
  }
  return "unknown";
}

std::string_view to_string(QualityFlag value) noexcept {
  switch (value) {
    case QualityFlag::kFull:
      return "full";
    case QualityFlag::kLimited:
      return "limited";
    case QualityFlag::kFailed:
      return "failed";
  }
  return "unknown";
}

std::string_view to_string(InputKind value) noexcept {
  switch (value) {
    case InputKind::kPrices:
      return "prices";
    case InputKind::kRates:
      return "rates";
    case InputKind::kSectors:
      return "sectors";
    case InputKind::kQuotes:
      return "quotes";
    case InputKind::kSplits:
      return "splits";
    case InputKind::kFlows:
      return "flows";
    case InputKind::kScenarios:
      return "scenarios";
    case InputKind::kDividends:
      return "dividends";
    case InputKind::kParameters:
      return "parameters";
  }
  return "unknown";
}

namespace {

// Finds the value of an enumeration, numbered without holes, that has `name`.
template <class E>
std::optional<E> find_by_name(std::string_view name, E first, E last) noexcept {
  for (auto raw = static_cast<std::uint8_t>(first); raw <= static_cast<std::uint8_t>(last); ++raw) {
    if (to_string(static_cast<E>(raw)) == name) {
      return static_cast<E>(raw);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<JobType> parse_job_type(std::string_view name) noexcept {
  return find_by_name(name, kAllJobTypes.front(), kAllJobTypes.back());
}

std::optional<JobStatus> parse_job_status(std::string_view name) noexcept {
  return find_by_name(name, JobStatus::kPending, JobStatus::kCancelled);
}

std::optional<RunStatus> parse_run_status(std::string_view name) noexcept {
  return find_by_name(name, RunStatus::kRequested, RunStatus::kRejected);
}

std::optional<InputKind> parse_input_kind(std::string_view name) noexcept {
  return find_by_name(name, InputKind::kPrices, InputKind::kParameters);
}

}  // namespace runledger
