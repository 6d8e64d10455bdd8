#include "http/report/words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace runledger::http::report {
namespace {

using Entry = std::pair<std::string_view, std::string_view>;

constexpr std::array kSentences = {
    Entry{"no_price", "There is no close on the date or in the five trading days before it."},
    Entry{"stale_price", "The last close is too old to be used."},
    Entry{"short_history", "There are fewer observations than the calculation needs."},
    Entry{"no_rate", "There is no yield curve on the date or in the seven days before it."},
    Entry{"no_volatility",
          "The option has no given, implied or realized volatility to be valued with."},
    Entry{"no_equity", "The portfolio's equity is not known on the date, or it is not above zero."},
    Entry{"no_positions", "The portfolio holds no positions on the date."},
    Entry{"no_options", "The portfolio holds no options on the date."},
    Entry{"not_applicable", "The figure has no meaning here."},
    Entry{"singular", "The factors are linearly dependent, so the regression has no solution."},
    Entry{"constant_series", "A series does not move, so nothing can be regressed on it."},
    Entry{"no_sector", "The sector is not known."},
    Entry{"no_benchmark", "The series to compare with is missing."},
    Entry{"expired", "The option expires on the date and is worth its intrinsic value."},
    Entry{"dependency_failed", "A job that this one needs did not succeed."},
    Entry{"not_scheduled", "The job runs on Tuesdays, or when a run asks for it."},
    Entry{"uncovered", "The prices of the portfolio's symbols are missing on the date."},
    Entry{"not_run", "No run has done the job for this date."},
    Entry{"not_reported", "The version that made the result did not report the figure."},
    Entry{"cancelled", "The run was cancelled before the job was done."},
};

}  // namespace

std::string_view title_of(JobType job) noexcept {
  switch (job) {
    case JobType::kMarketDataUpdate:
      return "Market data";
    case JobType::kPositionValuesUpdate:
      return "Position values";
    case JobType::kGreeksCalculation:
      return "Greeks";
    case JobType::kPortfolioAggregation:
      return "Aggregation";
    case JobType::kFactorAnalysis:
      return "Factor analysis";
    case JobType::kMarketRiskScenarios:
      return "Market risk";
    case JobType::kVolatilityAnalytics:
      return "Volatility";
    case JobType::kSectorConcentration:
      return "Concentration";
    case JobType::kStressTesting:
      return "Stress tests";
    case JobType::kPortfolioSnapshot:
      return "Snapshot";
    case JobType::kPositionCorrelations:
      return "Correlations";
  }
  return "Unknown job";
}

std::string short_words(std::string_view reason) {
  std::string words(reason);
  std::ranges::replace(words, '_', ' ');
  return words;
}

std::string full_words(std::string_view reason) {
  const auto* found = std::ranges::find(kSentences, reason, &Entry::first);
  return found == kSentences.end() ? from_snake(reason) + "." : std::string(found->second);
}

std::string from_snake(std::string_view word) {
  std::string words = short_words(word);
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (std::ranges::none_of(words, is_lower)) {
    std::ranges::transform(words, words.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
  }
  if (!words.empty() && is_lower(words.front())) {
    words.front() = static_cast<char>(words.front() - 'a' + 'A');
  }
  return words;
}

}  // namespace runledger::http::report
