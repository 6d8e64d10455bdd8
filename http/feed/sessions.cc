#include "http/feed/sessions.h"

#include <utility>

namespace runledger::http {

std::string_view to_string(SessionKind kind) noexcept {
  switch (kind) {
    case SessionKind::kWebSocket:
      return "websocket";
    case SessionKind::kSse:
      return "sse";
  }
  return "?";
}

SessionRegistry::Entry::Entry(SessionRegistry& registry, Session session)
    : registry_(registry), session_(std::move(session)), sequence_(raw(session_.sequence)) {
  const std::lock_guard lock(registry_.mutex_);
  place_ = registry_.entries_.insert(registry_.entries_.end(), this);
}

SessionRegistry::Entry::~Entry() {
  const std::lock_guard lock(registry_.mutex_);
  registry_.entries_.erase(place_);
}

std::vector<Session> SessionRegistry::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Session> sessions;
  sessions.reserve(entries_.size());
  for (const auto* entry : entries_) {
    sessions.push_back(entry->session_);
    sessions.back().sequence = Sequence{entry->sequence_.load(std::memory_order_relaxed)};
    sessions.back().sent = entry->sent_.load(std::memory_order_relaxed);
  }
  return sessions;
}

}  // namespace runledger::http
