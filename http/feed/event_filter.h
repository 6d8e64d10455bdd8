#pragma once

#include <optional>

#include "schema/events.h"

namespace runledger::http {

/// Which events somebody wants: all fields that are set must be equal.
struct EventFilter {
  std::optional<RunId> run;
  std::optional<PortfolioId> portfolio;
  std::optional<JobType> job_type;

  [[nodiscard]] bool is_open() const noexcept { return !run && !portfolio && !job_type; }
  friend bool operator==(const EventFilter&, const EventFilter&) = default;
};

/// What a filter looks at.
struct EventSubject {
  RunId run;
  std::optional<PortfolioId> portfolio;  ///< Of events about a job or a portfolio.
  std::optional<JobType> job_type;
};

[[nodiscard]] EventSubject subject_of(const Event& event) noexcept;
/// True if `subject` has what `filter` asks for.
[[nodiscard]] bool matches(const EventFilter& filter, const EventSubject& subject) noexcept;
[[nodiscard]] inline bool matches(const EventFilter& filter, const Event& event) noexcept {
  return matches(filter, subject_of(event));
}

}  // namespace runledger::http
