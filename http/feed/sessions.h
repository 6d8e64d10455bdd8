#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/feed/event_filter.h"
#include "schema/ids.h"
#include "schema/time.h"

namespace runledger::http {

enum class SessionKind : std::uint8_t { kWebSocket, kSse };
/// "websocket", "sse".
[[nodiscard]] std::string_view to_string(SessionKind kind) noexcept;

/// One subscriber of the live feed, as an operator sees it.
struct Session {
  SessionKind kind{};
  std::string remote;  ///< Address without its port.
  std::string user;    ///< E-mail.
  UtcTime since{};
  EventFilter filter;
  Sequence sequence{};     ///< Newest event that was looked at for it.
  std::uint64_t sent = 0;  ///< Events.
};

/// Who listens at present. Thread-safe.
class SessionRegistry {
 public:
  /// One entry, for as long as it lives. Its counters are set by one thread.
  class Entry {
   public:
    Entry(SessionRegistry& registry, Session session);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    void advance(Sequence sequence, std::uint64_t events) noexcept {
      sequence_.store(raw(sequence), std::memory_order_relaxed);
      sent_.fetch_add(events, std::memory_order_relaxed);
    }

   private:
    friend class SessionRegistry;
    SessionRegistry& registry_;
    const Session session_;
    std::atomic<std::uint64_t> sequence_;
    std::atomic<std::uint64_t> sent_{0};
    std::list<const Entry*>::iterator place_;
  };

  /// The oldest first.
  [[nodiscard]] std::vector<Session> list() const;

 private:
  mutable std::mutex mutex_;
  std::list<const Entry*> entries_;
};

}  // namespace runledger::http
