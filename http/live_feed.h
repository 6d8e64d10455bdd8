#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "http/api.h"
#include "http/asio_support.h"
#include "http/event_frames.h"
#include "http/server.h"

namespace runledger::http {

/// The WebSocket: the state, then every event in order (docs/api.md). Each subscriber is a cursor
/// that pulls; a commit only wakes it up. Subscribers at the end of the log share one window of
/// rendered frames; one that is behind reads the log by itself; a slow one waits for its socket.
/// Confined to the I/O thread but for the listener of commits.
class LiveFeed {
 public:
  using Upgrade = boost::beast::http::request<boost::beast::http::string_body>;

  /// All must outlive the feed.
  LiveFeed(Api& api, const ServerLimits& limits, net::io_context& io, net::thread_pool& readers);
  ~LiveFeed();

  /// Begins to listen to commits. Call once, on any thread, before the first subscriber.
  void start();

  /// Whether another subscriber fits.
  [[nodiscard]] bool has_room() const noexcept;

  /// Serves one connection until it ends. `principal` is absent if its token is to come in the
  /// first frame.
  net::awaitable<void> serve(tcp::socket& socket,
                             Upgrade upgrade,
                             std::optional<Principal> principal,
                             std::string remote);

  /// Says bye to all; no more are served.
  void stop();
  /// Closes the sockets of all at once.
  void cut();

 private:
  struct Subscriber;

  net::awaitable<void> pump();
  net::awaitable<bool> greet(Subscriber& subscriber, std::optional<Principal> principal);
  net::awaitable<bool> begin(Subscriber& subscriber);
  net::awaitable<void> watch(std::shared_ptr<Subscriber> subscriber);
  net::awaitable<void> send_events(Subscriber& subscriber);
  net::awaitable<bool> send_batch(Subscriber& subscriber, const EventFrames& frames);
  net::awaitable<bool> wait_for_more(Subscriber& subscriber);
  net::awaitable<std::optional<EventFrames>> next_batch(Subscriber& subscriber);
  net::awaitable<bool> send(Subscriber& subscriber, const std::string& text);
  net::awaitable<void> close(Subscriber& subscriber, std::uint16_t code, std::string reason);
  net::awaitable<void> refuse(Subscriber& subscriber, Problem problem);
  void wake_all();
  [[nodiscard]] engine::MonoTime now() const { return api_.service().clock().mono_now(); }

  Api& api_;
  const ServerLimits& limits_;
  net::io_context& io_;
  net::thread_pool& readers_;
  EventWindow window_;
  std::list<Subscriber*> subscribers_;
  net::steady_timer signal_;  // Never expires; cancelled to wake the pump.
  bool dirty_ = false;
  bool stopping_ = false;
  std::atomic<bool> posted_{false};
  std::unique_ptr<store::Subscription> commits_;
};

}  // namespace runledger::http
