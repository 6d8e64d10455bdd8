#include "http/feed/live_feed.h"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <spdlog/spdlog.h>

#include "http/feed/sse_transport.h"

namespace runledger::http {
namespace {

constexpr auto kToken = net::as_tuple(net::use_awaitable);
constexpr std::size_t kBatchEvents = 512;
// Wake-ups are at least this far apart, so that a busy log does not wake a thousand sockets for
// every commit.
constexpr std::chrono::milliseconds kPace{10};
constexpr std::chrono::seconds kSubscribeTimeout{10};

}  // namespace

struct LiveFeed::Subscriber {
  Subscriber(std::unique_ptr<FeedTransport> connection, SessionRegistry& sessions, Session session)
      : transport(std::move(connection)),
        wake(transport->socket().tcp_socket().get_executor()),
        finished(transport->socket().tcp_socket().get_executor()),
        filter(session.filter),
        entry(sessions, std::move(session)) {
    wake.expires_at(net::steady_timer::time_point::max());
    finished.expires_at(net::steady_timer::time_point::max());
  }

  std::unique_ptr<FeedTransport> transport;
  net::steady_timer wake;      // Cancelled when there may be more to send.
  net::steady_timer finished;  // Cancelled when the reading side has ended.
  const EventFilter filter;
  SessionRegistry::Entry entry;
  Sequence cursor{};    // Newest event looked at: sent, or hidden by the filter.
  Sequence reported{};  // Newest sequence that the client has heard of.
  engine::MonoTime reported_at{};
  engine::MonoTime written_at{};
  bool coalesces = true;
  bool live = false;    // Has been told that it is caught up.
  bool behind = false;  // Its socket was full since it was last at the end of the log.
  bool closed = false;  // The other side is gone, or said what it must not.
  bool spoke = false;
  bool failed = false;  // The log cannot be read.
  bool reading = false;
};

class LiveFeed::Place {
 public:
  Place(LiveFeed& feed, FeedSocket& socket)
      : feed_(feed), place_(feed.sockets_.insert(feed.sockets_.end(), &socket)) {
    feed_.api_.metrics().feed_subscribers.fetch_add(1, std::memory_order_relaxed);
  }
  ~Place() {
    feed_.sockets_.erase(place_);
    feed_.api_.metrics().feed_subscribers.fetch_sub(1, std::memory_order_relaxed);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  LiveFeed& feed_;
  std::list<FeedSocket*>::iterator place_;
};

LiveFeed::LiveFeed(Api& api,
                   const ServerLimits& limits,
                   net::io_context& io,
                   net::thread_pool& readers)
    : api_(api),
      limits_(limits),
      io_(io),
      readers_(readers),
      window_(api.service().log(), {.frames_max = limits.window_frames_max}),
      shelf_(api.service().log(), api.metrics(), readers, io.get_executor(), {}),
      signal_(io) {
  signal_.expires_at(net::steady_timer::time_point::max());
}

LiveFeed::~LiveFeed() = default;

void LiveFeed::start() {
  net::co_spawn(io_, pump(), [](const std::exception_ptr& error) {
    if (error) {
      spdlog::critical("the live feed has stopped by an exception");
    }
  });
  // Notification is a wake-up only. One is on its way at most, however many commits there are.
  commits_ = api_.service().log().notify_committed([this](Sequence) {
    if (!posted_.exchange(true)) {
      net::post(io_, [this] {
        posted_.store(false);
        dirty_ = true;
        signal_.cancel();
      });
    }
  });
}

bool LiveFeed::has_room() const noexcept {
  return !stopping_ && sockets_.size() < limits_.subscribers_max;
}

void LiveFeed::stop() {
  commits_.reset();
  stopping_ = true;
  signal_.cancel();
  for (auto* socket : sockets_) {
    socket->stop_waiting();
  }
  wake_all();
}

void LiveFeed::cut() {
  for (auto* socket : sockets_) {
    socket->close();
  }
}

void LiveFeed::wake_all() {
  for (auto* subscriber : subscribers_) {
    subscriber->wake.cancel();
  }
}

void LiveFeed::count_memory() {
  std::size_t held = 0;
  for (const auto* socket : sockets_) {
    held += socket->held_bytes();
  }
  auto& metrics = api_.metrics();
  metrics.feed_held_bytes.store(static_cast<std::int64_t>(held), std::memory_order_relaxed);
  metrics.feed_shared_bytes.store(static_cast<std::int64_t>(window_.bytes() + shelf_.bytes()),
                                  std::memory_order_relaxed);
}

// Keeps the window at the end of the log while somebody listens.
net::awaitable<void> LiveFeed::pump() {
  net::steady_timer pace(io_);
  while (!stopping_) {
    if (!dirty_ || subscribers_.empty()) {
      co_await signal_.async_wait(kToken);
      continue;
    }
    dirty_ = false;
    auto refresh = [this]() -> Status { return window_.refresh(); };
    const Status refreshed = co_await run_on(readers_, std::move(refresh));
    if (!refreshed) {
      spdlog::error("the live feed cannot read the log: {}", refreshed.error().message);
    }
    wake_all();
    count_memory();
    pace.expires_after(kPace);
    co_await pace.async_wait(kToken);
  }
}

std::shared_ptr<FeedSocket> LiveFeed::take(tcp::socket& socket) const {
  return std::make_shared<FeedSocket>(std::move(socket), limits_.feed_stall_timeout,
                                      limits_.feed_idle_timeout);
}

net::awaitable<void> LiveFeed::serve_websocket(tcp::socket& socket,
                                               WebSocketTransport::Upgrade upgrade,
                                               std::optional<Principal> principal,
                                               std::string remote) {
  const auto feed_socket = take(socket);
  const WebSocketTransport::Limits limits{limits_.frame_bytes_max, limits_.header_timeout,
                                          limits_.feed_idle_timeout};
  auto transport = WebSocketTransport::make(feed_socket, limits);
  const Place place(*this, *feed_socket);
  if (!co_await transport->accept(std::move(upgrade))) {
    co_return;
  }
  auto admission = co_await greet(*transport, std::move(principal), remote);
  if (!admission) {
    co_return;
  }
  Session session{SessionKind::kWebSocket, std::move(remote), admission->principal.email,
                  api_.service().clock().wall_now(), admission->subscribe.filter};
  auto subscriber =
      std::make_shared<Subscriber>(std::move(transport), api_.sessions(), std::move(session));
  co_await serve(std::move(subscriber), std::move(*admission));
}

net::awaitable<void> LiveFeed::serve_sse(tcp::socket& socket,
                                         std::string head,
                                         Admission admission,
                                         std::string remote) {
  const auto feed_socket = take(socket);
  auto transport = std::make_unique<SseTransport>(feed_socket, limits_.feed_idle_timeout);
  const Place place(*this, *feed_socket);
  if (co_await transport->begin(std::move(head)) != Outcome::kDone) {
    co_return;
  }
  Session session{SessionKind::kSse, std::move(remote), admission.principal.email,
                  api_.service().clock().wall_now(), admission.subscribe.filter};
  auto subscriber =
      std::make_shared<Subscriber>(std::move(transport), api_.sessions(), std::move(session));
  co_await serve(std::move(subscriber), std::move(admission));
}

// Reads and checks the subscribe frame.
net::awaitable<std::optional<Admission>> LiveFeed::greet(WebSocketTransport& transport,
                                                         std::optional<Principal> principal,
                                                         std::string remote) {
  auto& socket = transport.socket().tcp_socket();
  Watchdog watchdog(socket);
  watchdog.arm(kSubscribeTimeout);
  auto text = co_await transport.read();
  watchdog.disarm();
  if (!text) {
    co_return std::nullopt;
  }
  auto examine = [this, &principal, &text, &remote]() -> std::expected<Admission, Problem> {
    try {
      RL_TRY_PROBLEM(auto subscribe, parse_subscribe(*text, api_.service().log().tables()));
      if (!principal) {
        if (!subscribe.token) {
          return refuse(401, "missing_token",
                        "send the token as a header, in the query, or in this frame");
        }
        RL_TRY_PROBLEM(principal, api_.access().authenticate_token(*subscribe.token, remote));
      }
      return Admission{*principal, std::move(subscribe)};
    } catch (const std::exception& exception) {
      return refuse(500, "internal", exception.what());
    }
  };
  auto admission = co_await run_on(readers_, std::move(examine));
  if (!admission) {
    const ControlFrame error = error_frame(admission.error());
    if (co_await transport.send(error) == Outcome::kDone) {
      std::string reason = admission.error().code;
      co_await transport.close(CloseCode::kPolicy, std::move(reason));
    }
    co_return std::nullopt;
  }
  co_return std::move(*admission);
}

net::awaitable<void> LiveFeed::serve(std::shared_ptr<Subscriber> subscriber, Admission admission) {
  Subscriber& s = *subscriber;
  s.coalesces = !admission.subscribe.every_progress;
  s.written_at = now();
  subscribers_.push_back(&s);
  const auto place = std::prev(subscribers_.end());
  s.reading = true;
  net::co_spawn(s.transport->socket().tcp_socket().get_executor(), watch(subscriber),
                [subscriber](const std::exception_ptr&) {
                  subscriber->reading = false;
                  subscriber->closed = true;
                  subscriber->wake.cancel();
                  subscriber->finished.cancel();
                });
  Outcome outcome = co_await begin(s, admission.subscribe.after);
  if (outcome == Outcome::kDone) {
    outcome = co_await send_events(s);
  }
  if (outcome == Outcome::kDone && stopping_ && !s.closed) {
    ControlFrame bye = bye_frame(s.cursor);
    outcome = co_await send(s, std::move(bye));
  }
  CloseCode code = CloseCode::kGoingAway;
  std::string reason = "going away";
  if (stopping_) {
    code = CloseCode::kRestart;
    reason = "the server is stopping";
  } else if (s.failed) {
    code = CloseCode::kInternal;
    reason = "the log cannot be read";
  } else if (s.spoke) {
    code = CloseCode::kPolicy;
    reason = "nothing is expected after subscribe";
  } else if (outcome == Outcome::kStalled) {
    code = CloseCode::kTryAgainLater;
    reason = "nothing was read for too long";
    api_.metrics().feed_stalled.fetch_add(1, std::memory_order_relaxed);
  }
  if (outcome == Outcome::kStalled) {
    s.transport->send_last(bye_frame(s.cursor));
  }
  co_await s.transport->close(code, std::move(reason));
  // The reading side ends when the stream is closed; it refers to nothing but the subscriber.
  while (s.reading) {
    co_await s.finished.async_wait(kToken);
  }
  subscribers_.erase(place);
}

// Decides where the events begin and says so.
net::awaitable<LiveFeed::Outcome> LiveFeed::begin(Subscriber& s, std::optional<Sequence> after) {
  const auto& log = api_.service().log();
  const auto committed = log.committed();
  if (after && *after > committed) {
    // Only another store can have given a sequence that is not there: the client must start anew.
    ControlFrame gap = unknown_sequence_frame(*after, committed);
    const Outcome outcome = co_await send(s, std::move(gap));
    if (outcome != Outcome::kDone) {
      co_return outcome;
    }
    after = std::nullopt;
  }
  if (after) {
    s.cursor = *after;
  } else {
    auto look = [this]() { return api_.service().current_run(); };
    const engine::CurrentRun current = co_await run_on(readers_, std::move(look));
    s.cursor = current.as_of;
    ControlFrame snapshot = snapshot_frame(current, log.store_id());
    const Outcome outcome = co_await send(s, std::move(snapshot));
    if (outcome != Outcome::kDone) {
      co_return outcome;
    }
  }
  s.reported = s.cursor;
  s.reported_at = now();
  s.entry.advance(s.cursor, 0);
  dirty_ = true;
  signal_.cancel();
  co_return Outcome::kDone;
}

net::awaitable<void> LiveFeed::watch(std::shared_ptr<Subscriber> subscriber) {
  // After its first frame a client has nothing more to say; whatever it says ends the connection.
  subscriber->spoke = co_await subscriber->transport->watch();
  subscriber->closed = true;
  subscriber->wake.cancel();
  if (subscriber->spoke) {
    co_await subscriber->transport->drain();
  }
}

net::awaitable<LiveFeed::Outcome> LiveFeed::send_events(Subscriber& s) {
  while (!s.closed && !stopping_) {
    const Outcome outcome = co_await send_next(s);
    if (outcome != Outcome::kDone) {
      co_return outcome;
    }
  }
  co_return Outcome::kDone;
}

net::awaitable<LiveFeed::Outcome> LiveFeed::send_next(Subscriber& s) {
  const auto& log = api_.service().log();
  if (const Sequence pruned = log.pruned(); s.cursor < pruned) {
    // What comes next is in an archive; the events go on with the oldest that is kept.
    ControlFrame gap = pruned_frame(s.cursor, pruned, log.committed());
    s.cursor = pruned;
    s.reported = pruned;
    co_return co_await send(s, std::move(gap));
  }
  auto blocks = co_await next_blocks(s);
  if (!blocks) {
    if (s.cursor < log.pruned()) {
      co_return Outcome::kDone;  // Pruned just now: said the next time.
    }
    spdlog::error("a subscriber cannot be served after event {}: {}", raw(s.cursor),
                  blocks.error().message);
    s.failed = true;
    co_return Outcome::kGone;
  }
  if (blocks->empty()) {
    co_return co_await wait_for_more(s);
  }
  const bool coalesce = s.live && s.behind && s.coalesces;
  FrameBatch batch = select_frames(*blocks, s.cursor, s.filter,
                                   coalesce ? ProgressPolicy::kNewest : ProgressPolicy::kAll);
  blocks->clear();
  Sequence through = batch.through;
  Outcome outcome = Outcome::kDone;
  if (!batch.ranges.empty()) {
    const auto& range = batch.ranges.back();
    Sequence reported = range.block->frames()[range.last - 1].sequence;
    const auto sent = co_await s.transport->send(std::move(batch));
    if (sent.was_full) {
      s.behind = true;
      through = std::max(s.cursor, sent.through);
      reported = through;
    }
    outcome = sent.outcome;
    s.reported = std::max(s.reported, reported);
    s.reported_at = now();
    s.written_at = s.reported_at;
    s.entry.advance(through, sent.events);
    api_.metrics().feed_frames.fetch_add(sent.events, std::memory_order_relaxed);
  }
  s.cursor = through;
  if (outcome == Outcome::kDone && s.cursor > s.reported &&
      now() - s.reported_at >= limits_.position_interval) {
    outcome = co_await send_position(s);
  }
  co_return outcome;
}

net::awaitable<Result<EventBlocks>> LiveFeed::next_blocks(Subscriber& s) {
  // One that is behind gets a larger piece, of which more can be left out.
  const std::size_t count = s.behind ? 4 * kBatchEvents : kBatchEvents;
  if (auto blocks = window_.after(s.cursor, count); blocks && (s.live || !blocks->empty())) {
    co_return std::move(*blocks);
  }
  if (s.cursor >= api_.service().log().committed()) {
    co_return EventBlocks{};
  }
  auto block = co_await shelf_.find_or_read(s.cursor);
  if (!block) {
    co_return std::unexpected(std::move(block).error());
  }
  EventBlocks blocks;
  if (!(*block)->empty()) {
    blocks.push_back(std::move(*block));
  }
  co_return blocks;
}

// Everything there is was looked at.
net::awaitable<LiveFeed::Outcome> LiveFeed::wait_for_more(Subscriber& s) {
  s.behind = false;
  if (!s.live) {
    s.live = true;
    s.reported = s.cursor;
    s.reported_at = now();
    ControlFrame caught_up = caught_up_frame(s.cursor);
    co_return co_await send(s, std::move(caught_up));
  }
  // No event can slip in between the look at the window and this wait: both are on this thread.
  const bool hidden = s.cursor > s.reported;
  auto due = net::steady_timer::time_point::max();
  if (hidden) {
    due = s.reported_at + limits_.position_interval;
  }
  const auto beat = s.transport->beat_interval();
  if (beat) {
    due = std::min<net::steady_timer::time_point>(due, s.written_at + *beat);
  }
  s.wake.expires_at(due);
  const auto [error] = co_await s.wake.async_wait(kToken);
  if (error || s.closed || stopping_) {
    co_return Outcome::kDone;
  }
  if (hidden && now() >= s.reported_at + limits_.position_interval) {
    co_return co_await send_position(s);
  }
  if (beat && now() >= s.written_at + *beat) {
    s.written_at = now();
    co_return co_await s.transport->beat();
  }
  co_return Outcome::kDone;
}

net::awaitable<LiveFeed::Outcome> LiveFeed::send_position(Subscriber& s) {
  s.reported = s.cursor;
  s.reported_at = now();
  s.entry.advance(s.cursor, 0);
  ControlFrame position = position_frame(s.cursor);
  co_return co_await send(s, std::move(position));
}

net::awaitable<LiveFeed::Outcome> LiveFeed::send(Subscriber& s, ControlFrame frame) {
  api_.metrics().feed_frames.fetch_add(1, std::memory_order_relaxed);
  s.written_at = now();
  co_return co_await s.transport->send(frame);
}

}  // namespace runledger::http
