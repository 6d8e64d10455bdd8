#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schema/events.h"

namespace runledger::http {

/// Which events somebody wants: all fields that are set must be equal.
struct EventFilter {
  std::optional<RunId> run = std::nullopt;
  std::optional<PortfolioId> portfolio = std::nullopt;
  std::optional<JobType> job_type = std::nullopt;
  std::optional<std::string> type = std::nullopt;  ///< One of kEventTypes.

  [[nodiscard]] bool is_open() const noexcept { return !run && !portfolio && !job_type && !type; }
  friend bool operator==(const EventFilter&, const EventFilter&) = default;
};

/// What a filter looks at.
struct EventSubject {
  RunId run;
  std::optional<PortfolioId> portfolio;  ///< Of events about a job or a portfolio.
  std::optional<JobType> job_type;
  std::string_view type;  ///< event_type of it, which lives for ever.
};

[[nodiscard]] EventSubject subject_of(const Event& event) noexcept;
/// True if `subject` has what `filter` asks for.
[[nodiscard]] bool matches(const EventFilter& filter, const EventSubject& subject) noexcept;
[[nodiscard]] inline bool matches(const EventFilter& filter, const Event& event) noexcept {
  return matches(filter, subject_of(event));
}

}  // namespace runledger::http
