#include "http/live_feed.h"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "http/render.h"
#include "http/subscribe.h"
#include "http/target.h"

namespace runledger::http {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

constexpr auto kToken = net::as_tuple(net::use_awaitable);
constexpr std::size_t kBatchEvents = 512;
// Wake-ups are at least this far apart, so that a busy log does not wake a thousand sockets for
// every commit.
constexpr std::chrono::milliseconds kPace{10};
constexpr std::chrono::seconds kSubscribeTimeout{10};
constexpr std::chrono::seconds kCloseTimeout{1};

std::string simple_frame(std::string_view type, std::string_view name, Sequence sequence) {
  return fmt::format(R"({{"type":"{}","{}":{}}})", type, name, raw(sequence));
}

std::string snapshot_frame(const engine::CurrentRun& current, StoreId store) {
  return fmt::format(R"({{"type":"snapshot","as_of_seq":{},"store_id":"{}","run":{}}})",
                     raw(current.as_of), to_string(store),
                     current.run ? current_run_json(current) : "null");
}

}  // namespace

struct LiveFeed::Subscriber {
  Subscriber(tcp::socket socket, std::string address)
      : stream(std::move(socket)),
        wake(stream.get_executor()),
        finished(stream.get_executor()),
        remote(std::move(address)) {
    wake.expires_at(net::steady_timer::time_point::max());
    finished.expires_at(net::steady_timer::time_point::max());
  }

  websocket::stream<tcp::socket> stream;
  net::steady_timer wake;      // Cancelled when there may be more to send.
  net::steady_timer finished;  // Cancelled when the reading side has ended.
  std::string remote;
  EventFilter filter;
  std::optional<Sequence> after;
  Sequence cursor{};    // Newest event looked at: sent, or hidden by the filter.
  Sequence reported{};  // Newest sequence that the client has heard of.
  engine::MonoTime reported_at{};
  bool live = false;    // Has been told that it is caught up.
  bool closed = false;  // The other side is gone, or said what it must not.
  bool greeted = false;
  bool reading = false;
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
  return !stopping_ && subscribers_.size() < limits_.subscribers_max;
}

void LiveFeed::stop() {
  commits_.reset();
  stopping_ = true;
  signal_.cancel();
  wake_all();
  boost::system::error_code ignored;
  for (auto* subscriber : subscribers_) {
    if (!subscriber->greeted) {
      subscriber->stream.next_layer().cancel(ignored);
    }
  }
}

void LiveFeed::cut() {
  boost::system::error_code ignored;
  for (auto* subscriber : subscribers_) {
    subscriber->stream.next_layer().close(ignored);
  }
}

void LiveFeed::wake_all() {
  for (auto* subscriber : subscribers_) {
    subscriber->wake.cancel();
  }
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
    pace.expires_after(kPace);
    co_await pace.async_wait(kToken);
  }
}

net::awaitable<void> LiveFeed::serve(tcp::socket& socket,
                                     Upgrade upgrade,
                                     std::optional<Principal> principal,
                                     std::string remote) {
  auto subscriber = std::make_shared<Subscriber>(std::move(socket), std::move(remote));
  auto& stream = subscriber->stream;
  websocket::stream_base::timeout timeout{};
  timeout.handshake_timeout = limits_.header_timeout;
  timeout.idle_timeout = limits_.feed_idle_timeout;
  timeout.keep_alive_pings = true;
  stream.set_option(timeout);
  stream.read_message_max(limits_.frame_bytes_max);
  stream.auto_fragment(false);
  stream.text(true);
  subscribers_.push_back(subscriber.get());
  const auto place = std::prev(subscribers_.end());
  auto& count = api_.metrics().feed_subscribers;
  count.fetch_add(1, std::memory_order_relaxed);

  const auto [error] = co_await stream.async_accept(upgrade, kToken);
  if (!error && co_await greet(*subscriber, std::move(principal))) {
    subscriber->greeted = true;
    subscriber->reading = true;
    net::co_spawn(stream.get_executor(), watch(subscriber), [subscriber](std::exception_ptr) {
      subscriber->reading = false;
      subscriber->closed = true;
      subscriber->wake.cancel();
      subscriber->finished.cancel();
    });
    if (co_await begin(*subscriber)) {
      co_await send_events(*subscriber);
    }
    co_await close(*subscriber, 1001, "going away");
    // The reading side ends when the stream is closed; it refers to nothing but the subscriber.
    while (subscriber->reading) {
      co_await subscriber->finished.async_wait(kToken);
    }
  }
  subscribers_.erase(place);
  count.fetch_sub(1, std::memory_order_relaxed);
}

// Reads and checks the subscribe frame.
net::awaitable<bool> LiveFeed::greet(Subscriber& subscriber, std::optional<Principal> principal) {
  beast::flat_buffer buffer;
  Watchdog watchdog(subscriber.stream.next_layer());
  watchdog.arm(kSubscribeTimeout);
  const auto [error, size] = co_await subscriber.stream.async_read(buffer, kToken);
  watchdog.disarm();
  if (error) {
    co_return false;
  }
  std::string text = beast::buffers_to_string(buffer.data());
  auto examine = [this, &subscriber, &principal, &text]() -> std::expected<Subscribe, Problem> {
    try {
      RL_TRY_PROBLEM(auto subscribe, parse_subscribe(text, api_.service().log().tables()));
      if (!principal) {
        if (!subscribe.token) {
          return http::refuse(401, "missing_token",
                              "send the token as a header, in the query, or in this frame");
        }
        RL_TRY_PROBLEM(principal,
                       api_.access().authenticate_token(*subscribe.token, subscriber.remote));
      }
      return subscribe;
    } catch (const std::exception& exception) {
      return http::refuse(500, "internal", exception.what());
    }
  };
  auto subscribe = co_await run_on(readers_, std::move(examine));
  if (!subscribe) {
    co_await refuse(subscriber, std::move(subscribe).error());
    co_return false;
  }
  subscriber.after = subscribe->after;
  subscriber.filter = subscribe->filter;
  co_return true;
}

// Decides where the events begin and says so.
net::awaitable<bool> LiveFeed::begin(Subscriber& subscriber) {
  const auto& log = api_.service().log();
  const auto committed = log.committed();
  const bool is_gap = subscriber.after && *subscriber.after > committed;
  if (is_gap) {
    // Only another store can have given a sequence that is not there: the client must start anew.
    const std::string text = fmt::format(R"({{"type":"gap","requested":{},"committed":{}}})",
                                         raw(*subscriber.after), raw(committed));
    if (!co_await send(subscriber, text)) {
      co_return false;
    }
  }
  if (subscriber.after && *subscriber.after < log.pruned()) {
    // What was asked for is in an archive; the events go on with the oldest that is kept.
    const Sequence pruned = log.pruned();
    const std::string text =
        fmt::format(R"({{"type":"gap","requested":{},"kept_from":{},"committed":{}}})",
                    raw(*subscriber.after), raw(pruned) + 1, raw(committed));
    if (!co_await send(subscriber, text)) {
      co_return false;
    }
    subscriber.after = pruned;
  }
  if (!subscriber.after || is_gap) {
    auto look = [this]() { return api_.service().current_run(); };
    const engine::CurrentRun current = co_await run_on(readers_, std::move(look));
    subscriber.cursor = current.as_of;
    const std::string text = snapshot_frame(current, log.store_id());
    if (!co_await send(subscriber, text)) {
      co_return false;
    }
  } else {
    subscriber.cursor = *subscriber.after;
  }
  subscriber.reported = subscriber.cursor;
  dirty_ = true;
  signal_.cancel();
  co_return true;
}

// Reads until the other side ends. Pings, pongs and the close frame are handled on the way.
net::awaitable<void> LiveFeed::watch(std::shared_ptr<Subscriber> subscriber) {
  beast::flat_buffer buffer;
  const auto [error, size] = co_await subscriber->stream.async_read(buffer, kToken);
  // After its first frame a client has nothing more to say; whatever it says ends the connection.
  subscriber->closed = true;
  subscriber->wake.cancel();
  while (true) {
    if (error) {
      co_return;
    }
    buffer.clear();
    const auto [next_error, next_size] = co_await subscriber->stream.async_read(buffer, kToken);
    if (next_error) {
      co_return;
    }
  }
}

net::awaitable<void> LiveFeed::send_events(Subscriber& subscriber) {
  subscriber.reported_at = now();
  while (!subscriber.closed) {
    if (stopping_) {
      const std::string text = simple_frame("bye", "resume_after", subscriber.cursor);
      co_await send(subscriber, text);
      co_await close(subscriber, 1012, "the server is stopping");
      co_return;
    }
    const auto frames = co_await next_batch(subscriber);
    if (!frames) {
      co_await close(subscriber, 1011, "the log cannot be read");
      co_return;
    }
    const bool alive = frames->empty() ? co_await wait_for_more(subscriber)
                                       : co_await send_batch(subscriber, *frames);
    if (!alive) {
      break;
    }
  }
  // Gone already, or it has sent what it must not.
  co_await close(subscriber, 1008, "nothing is expected after subscribe");
}

net::awaitable<std::optional<EventFrames>> LiveFeed::next_batch(Subscriber& subscriber) {
  if (subscriber.live) {
    if (auto frames = window_.after(subscriber.cursor, kBatchEvents)) {
      co_return std::move(frames);
    }
  }
  const auto& log = api_.service().log();
  if (subscriber.cursor >= log.committed()) {
    co_return EventFrames{};
  }
  api_.metrics().feed_direct_reads.fetch_add(1, std::memory_order_relaxed);
  auto read = [&log, after = subscriber.cursor]() -> Result<EventFrames> {
    try {
      return read_frames(log, after, {.events_max = kBatchEvents, .bytes_max = 1U << 20U});
    } catch (const std::exception& exception) {
      return fail(Code::kInternal, exception.what());
    }
  };
  auto frames = co_await run_on(readers_, std::move(read));
  if (!frames) {
    spdlog::error("a subscriber cannot be served after event {}: {}", raw(subscriber.cursor),
                  frames.error().message);
    co_return std::nullopt;
  }
  co_return std::move(*frames);
}

net::awaitable<bool> LiveFeed::send_batch(Subscriber& subscriber, const EventFrames& frames) {
  for (const auto& frame : frames) {
    if (subscriber.closed || stopping_) {
      co_return true;
    }
    if (matches(subscriber.filter, *frame)) {
      if (!co_await send(subscriber, frame->text)) {
        co_return false;
      }
      subscriber.reported = frame->sequence;
      subscriber.reported_at = now();
    }
    subscriber.cursor = frame->sequence;
  }
  const auto instant = now();
  if (subscriber.cursor > subscriber.reported &&
      instant - subscriber.reported_at >= limits_.position_interval) {
    subscriber.reported = subscriber.cursor;
    subscriber.reported_at = instant;
    const std::string text = simple_frame("position", "seq", subscriber.cursor);
    co_return co_await send(subscriber, text);
  }
  co_return true;
}

// Everything there is was looked at.
net::awaitable<bool> LiveFeed::wait_for_more(Subscriber& subscriber) {
  if (!subscriber.live) {
    subscriber.live = true;
    subscriber.reported = subscriber.cursor;
    subscriber.reported_at = now();
    const std::string text = simple_frame("caught_up", "seq", subscriber.cursor);
    co_return co_await send(subscriber, text);
  }
  // No event can slip in between the look at the window and this wait: both are on this thread.
  const bool hidden = subscriber.cursor > subscriber.reported;
  subscriber.wake.expires_at(hidden ? subscriber.reported_at + limits_.position_interval
                                    : net::steady_timer::time_point::max());
  const auto [error] = co_await subscriber.wake.async_wait(kToken);
  if (!error && hidden && !subscriber.closed && !stopping_) {
    subscriber.reported = subscriber.cursor;
    subscriber.reported_at = now();
    const std::string text = simple_frame("position", "seq", subscriber.cursor);
    co_return co_await send(subscriber, text);
  }
  co_return true;
}

net::awaitable<bool> LiveFeed::send(Subscriber& subscriber, const std::string& text) {
  api_.metrics().feed_frames.fetch_add(1, std::memory_order_relaxed);
  const net::const_buffer bytes(text.data(), text.size());
  const auto [error, size] = co_await subscriber.stream.async_write(bytes, kToken);
  co_return !error;
}

net::awaitable<void> LiveFeed::close(Subscriber& subscriber,
                                     std::uint16_t code,
                                     std::string reason) {
  if (subscriber.stream.is_open()) {
    // Beast waits for the other side to end the connection; not for long.
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = kCloseTimeout;
    timeout.idle_timeout = websocket::stream_base::none();
    subscriber.stream.set_option(timeout);
    const websocket::close_reason why(static_cast<websocket::close_code>(code), reason);
    co_await subscriber.stream.async_close(why, kToken);
  }
  // What has not ended by the closing handshake ends now.
  boost::system::error_code ignored;
  subscriber.stream.next_layer().close(ignored);
}

net::awaitable<void> LiveFeed::refuse(Subscriber& subscriber, Problem problem) {
  JsonWriter json;
  json.begin_object();
  json.field("type", "error").field("status", static_cast<std::uint32_t>(problem.status));
  json.field("code", problem.code).field("detail", problem.detail);
  json.end_object();
  const std::string text = json.take();
  if (co_await send(subscriber, text)) {
    co_await close(subscriber, 1008, problem.code);
  }
}

}  // namespace runledger::http
