#include "http/feed/event_filter.h"

namespace runledger::http {

EventSubject subject_of(const Event& event) noexcept {
  EventSubject subject{event.run, std::nullopt, std::nullopt, event_type(event.payload)};
  if (const auto* job = job_of(event.payload)) {
    subject.job_type = job->type;
    if (!job->portfolio.is_nil()) {
      subject.portfolio = job->portfolio;
    }
  } else if (const auto* imported = std::get_if<PortfolioImported>(&event.payload)) {
    subject.portfolio = imported->portfolio;
  } else if (const auto* deleted = std::get_if<PortfolioDeleted>(&event.payload)) {
    subject.portfolio = deleted->portfolio;
  }
  return subject;
}

bool matches(const EventFilter& filter, const EventSubject& subject) noexcept {
  return (!filter.run || *filter.run == subject.run) &&
         (!filter.portfolio || filter.portfolio == subject.portfolio) &&
         (!filter.job_type || filter.job_type == subject.job_type) &&
         (!filter.type || *filter.type == subject.type);
}

}  // namespace runledger::http
