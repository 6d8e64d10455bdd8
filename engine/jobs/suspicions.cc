#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "engine/jobs/day.h"
#include "engine/risk/returns.h"
#include "engine/risk/statistics.h"

namespace runledger::engine {
namespace {

constexpr Session kSuspicionSessions = 5;
constexpr double kShiftTolerance = 0.20;
constexpr std::array<double, 4> kShifts = {0.01, 0.1, 10, 100};
constexpr double kOutlierFactor = 10 * 1.4826;  // 1.4826 MAD estimates a normal sd
constexpr std::size_t kOutlierLeast = 63;

bool is_decimal_shift(double ratio) {
  return std::any_of(kShifts.begin(), kShifts.end(), [ratio](double shift) {
    return std::abs(ratio / shift - 1) <= kShiftTolerance;
  });
}

/// Whether the move of `session` is far outside the moves of the window before it.
bool is_outlier(const SymbolSeries& series, Session session, double move) {
  std::array<double, kYearSessions> before{};
  for (std::size_t i = 0; i < kYearSessions; ++i) {
    before[i] = series.at(series.returns.clean, session - static_cast<Session>(kYearSessions - i));
  }
  // What `clean` drops before `session` was known to be a spike on `session` already.
  const risk::Computed<double> deviation = risk::median_absolute_deviation(before, kOutlierLeast);
  return deviation && std::abs(move) > kOutlierFactor * *deviation;
}

}  // namespace

std::string describe(const Suspicion& suspicion) {
  std::string text = "suspicious price of " +
                     format_date(Calendar::nyse().date_at(suspicion.session)) + ", " +
                     std::string(suspicion.kind);
  if (suspicion.ratio) {
    std::array<char, 32> ratio{};
    std::snprintf(ratio.data(), ratio.size(), "%.4g", *suspicion.ratio);
    text += std::string(" (") + ratio.data() + " times the one before)";
  }
  return text;
}

std::vector<Suspicion> find_suspicions(const SymbolSeries& series, Session as_of) {
  std::vector<Suspicion> found;
  for (Session t = as_of - kSuspicionSessions + 1; t <= as_of; ++t) {
    if (t < series.first || t >= series.end()) {
      continue;
    }
    const double price = series.adjusted_at(t);
    const double before = series.adjusted_at(t - 1);
    const double ratio = price / before;
    if (is_decimal_shift(ratio)) {
      found.push_back({t, t, "decimal_shift", ratio});
    }
    if (risk::is_reversed_spike(series.adjusted_at(t - 2), before, price)) {
      found.push_back({t - 1, t, "spike_reversal", before / series.adjusted_at(t - 2)});
    }
    if (!std::isnan(ratio) && is_outlier(series, t, ratio - 1)) {
      found.push_back({t, t, "outlier", ratio});
    }
    const std::uint8_t marks = series.marks[static_cast<std::size_t>(t - series.first)];
    if ((marks & SymbolSeries::kNonPositive) != 0) {
      found.push_back({t, t, "non_positive", std::nullopt});
    }
    if ((marks & SymbolSeries::kOhlcInconsistent) != 0) {
      found.push_back({t, t, "ohlc_inconsistent", std::nullopt});
    }
  }
  return found;
}

}  // namespace runledger::engine
