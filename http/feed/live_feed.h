#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "http/api.h"
#include "http/asio_support.h"
#include "http/feed/block_shelf.h"
#include "http/feed/event_window.h"
#include "http/feed/feed_transport.h"
#include "http/feed/sessions.h"
#include "http/feed/subscribe.h"
#include "http/feed/websocket_transport.h"
#include "http/server.h"

namespace runledger::http {

/// The live feed: the state, then every event in order (docs/api.md). Each subscriber is a cursor
/// that pulls; a commit only wakes it up. Subscribers at the end of the log share one window of
/// rendered events, those behind share what they read; a slow one waits for its socket and keeps no
/// more than the rest of one frame. Confined to the I/O thread but for the listener of commits.
class LiveFeed {
 public:
  /// All must outlive the feed.
  LiveFeed(Api& api, const ServerLimits& limits, net::io_context& io, net::thread_pool& readers);
  ~LiveFeed();

  /// Begins to listen to commits. Call once, on any thread, before the first subscriber.
  void start();

  /// Whether another subscriber fits.
  [[nodiscard]] bool has_room() const noexcept;

  /// Serves one WebSocket until it ends. `principal` is absent if its token is to come in the
  /// first frame.
  net::awaitable<void> serve_websocket(tcp::socket& socket,
                                       WebSocketTransport::Upgrade upgrade,
                                       std::optional<Principal> principal,
                                       std::string remote);

  /// Serves one stream of Server-Sent Events until it ends. `head` is the head of the answer.
  net::awaitable<void> serve_sse(tcp::socket& socket,
                                 std::string head,
                                 Admission admission,
                                 std::string remote);

  /// Says bye to all; no more are served.
  void stop();
  /// Closes the sockets of all at once.
  void cut();

 private:
  struct Subscriber;
  using Outcome = FeedTransport::Outcome;
  // Counts a subscriber for as long as it is served.
  class Place;

  net::awaitable<void> pump();
  // Notices when the other side ends. Refers to nothing but the subscriber.
  static net::awaitable<void> watch(std::shared_ptr<Subscriber> subscriber);
  net::awaitable<std::optional<Admission>> greet(WebSocketTransport& transport,
                                                 std::optional<Principal> principal,
                                                 std::string remote);
  net::awaitable<void> serve(std::shared_ptr<Subscriber> subscriber, Admission admission);
  net::awaitable<Outcome> begin(Subscriber& subscriber, std::optional<Sequence> after);
  net::awaitable<Outcome> send_events(Subscriber& subscriber);
  net::awaitable<Outcome> send_next(Subscriber& subscriber);
  net::awaitable<Outcome> wait_for_more(Subscriber& subscriber);
  net::awaitable<Outcome> send_position(Subscriber& subscriber);
  net::awaitable<Result<EventBlocks>> next_blocks(Subscriber& subscriber);
  net::awaitable<Outcome> send(Subscriber& subscriber, ControlFrame frame);
  void wake_all();
  void count_memory();
  [[nodiscard]] std::shared_ptr<FeedSocket> take(tcp::socket& socket) const;
  [[nodiscard]] engine::MonoTime now() const { return api_.service().clock().mono_now(); }

  Api& api_;
  const ServerLimits& limits_;
  net::io_context& io_;
  net::thread_pool& readers_;
  EventWindow window_;
  BlockShelf shelf_;
  std::list<Subscriber*> subscribers_;
  std::list<FeedSocket*> sockets_;  // Of all that are served, greeted or not.
  net::steady_timer signal_;        // Never expires; cancelled to wake the pump.
  bool dirty_ = false;
  bool stopping_ = false;
  std::atomic<bool> posted_{false};
  std::unique_ptr<store::Subscription> commits_;
};

}  // namespace runledger::http
