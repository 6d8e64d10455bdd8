#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace runledger {

/// The calculations of a run, in the order in which people read them. Values are recorded.
enum class JobType : std::uint8_t {
  kMarketDataUpdate = 1,
  kPositionValuesUpdate = 2,
  kGreeksCalculation = 3,
  kPortfolioAggregation = 4,
  kFactorAnalysis = 5,
  kMarketRiskScenarios = 6,
  kVolatilityAnalytics = 7,
  kSectorConcentration = 8,
  kStressTesting = 9,
  kPortfolioSnapshot = 10,
  kPositionCorrelations = 11,
};
inline constexpr std::array kAllJobTypes = {
    JobType::kMarketDataUpdate,     JobType::kPositionValuesUpdate, JobType::kGreeksCalculation,
    JobType::kPortfolioAggregation, JobType::kFactorAnalysis,       JobType::kMarketRiskScenarios,
    JobType::kVolatilityAnalytics,  JobType::kSectorConcentration,  JobType::kStressTesting,
    JobType::kPortfolioSnapshot,    JobType::kPositionCorrelations,
};

/// A set of job types, by value.
class JobTypeSet {
 public:
  constexpr void insert(JobType type) noexcept { bits_ |= bit(type); }
  [[nodiscard]] constexpr bool contains(JobType type) const noexcept {
    return (bits_ & bit(type)) != 0;
  }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  friend bool operator==(const JobTypeSet&, const JobTypeSet&) = default;

 private:
  static constexpr std::uint32_t bit(JobType type) noexcept {
    return std::uint32_t{1} << static_cast<std::uint32_t>(type);
  }
  std::uint32_t bits_ = 0;
};

/// How a run ended, or that it has not. Values are recorded.
enum class RunStatus : std::uint8_t {
  kRequested = 0,
  kRunning = 1,
  kCancelling = 2,
  kCompleted = 3,
  kCompletedWithWarnings = 4,
  kPartial = 5,  ///< Some jobs failed, some succeeded.
  kFailed = 6,   ///< No job succeeded, or the run could not be planned.
  kCancelled = 7,
  kRejected = 8,  ///< Never started.
};
[[nodiscard]] constexpr bool is_final(RunStatus status) noexcept {
  return status >= RunStatus::kCompleted;
}

/// Where a job is. Values are recorded.
enum class JobStatus : std::uint8_t {
  kPending = 0,
  kRunning = 1,
  kRetrying = 2,  ///< Waits for the instant of its next attempt.
  kSucceeded = 3,
  kSucceededWithWarnings = 4,
  kFailed = 5,
  kSkipped = 6,
  kCancelled = 7,
};
[[nodiscard]] constexpr bool is_final(JobStatus status) noexcept {
  return status >= JobStatus::kSucceeded;
}

/// What kind of trouble ended an attempt; decides whether there is another one.
enum class ErrorCategory : std::uint8_t {
  kTransient = 1,  ///< May pass by itself: retried.
  kPermanent = 2,  ///< Would fail again.
  kData = 3,       ///< The inputs do not allow the calculation.
  kTimeout = 4,    ///< The attempt ran past its deadline: retried.
  kInternal = 5,   ///< A fault of this program.
};
inline constexpr std::array kAllErrorCategories = {
    ErrorCategory::kTransient, ErrorCategory::kPermanent, ErrorCategory::kData,
    ErrorCategory::kTimeout,   ErrorCategory::kInternal,
};

/// Why a job was not run. Values are recorded.
enum class SkipReason : std::uint8_t {
  kNoOptions = 1,         ///< Condition: the portfolio holds no option on that date.
  kNotScheduled = 2,      ///< Condition: correlations run on Tuesdays, or when asked for.
  kDependencyFailed = 3,  ///< A critical job that it needs failed or was skipped for that.
  kUncovered = 4,         ///< market_data_update left the portfolio's symbols without prices.
  kNoPositions = 5,       ///< The portfolio has nothing to work on.
  kNoEquity = 6,
  kNotApplicable = 7,
};

/// Why a number is null (formulas.md section 0). Values are recorded.
enum class NullReason : std::uint8_t {
  kNoPrice,
  kStalePrice,
  kShortHistory,
  kNoRate,
  kNoVolatility,
  kNoEquity,
  kNoPositions,
  kNoOptions,
  kNotApplicable,
  kSingular,
  kConstantSeries,
  kNoSector,
  kNoBenchmark,
  kExpired,
  kDependencyFailed,
};

enum class QualityFlag : std::uint8_t { kFull = 1, kLimited = 2, kFailed = 3 };

/// How far a result can be trusted (formulas.md section 12).
struct DataQuality {
  QualityFlag flag = QualityFlag::kFull;
  double coverage = 1.0;  ///< 0..1, share of gross exposure (or positions) that took part.
  double average_history_days = 0.0;  ///< Trading days.

  friend bool operator==(const DataQuality&, const DataQuality&) = default;
};

/// Kinds of imported inputs. Values are recorded.
enum class InputKind : std::uint8_t {
  kPrices = 1,
  kRates = 2,
  kSectors = 3,
  kQuotes = 4,
  kSplits = 5,
  kFlows = 6,
  kScenarios = 7,
  kDividends = 8,
  kParameters = 9,
};

/// Stable names, as used in JSON, URLs and command lines ("market_data_update").
[[nodiscard]] std::string_view to_string(JobType value) noexcept;
[[nodiscard]] std::string_view to_string(RunStatus value) noexcept;
[[nodiscard]] std::string_view to_string(JobStatus value) noexcept;
[[nodiscard]] std::string_view to_string(ErrorCategory value) noexcept;
[[nodiscard]] std::string_view to_string(SkipReason value) noexcept;
[[nodiscard]] std::string_view to_string(NullReason value) noexcept;
[[nodiscard]] std::string_view to_string(QualityFlag value) noexcept;
[[nodiscard]] std::string_view to_string(InputKind value) noexcept;
[[nodiscard]] std::optional<JobType> parse_job_type(std::string_view name) noexcept;
[[nodiscard]] std::optional<JobStatus> parse_job_status(std::string_view name) noexcept;
[[nodiscard]] std::optional<RunStatus> parse_run_status(std::string_view name) noexcept;
[[nodiscard]] std::optional<InputKind> parse_input_kind(std::string_view name) noexcept;

}  // namespace runledger
