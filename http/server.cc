#include "http/server.h"

#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/version.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "http/asio_support.h"
#include "http/feed/admission.h"
#include "http/feed/live_feed.h"

static_assert(BOOST_VERSION >= 108100, "Boost 1.81 is needed: see README.md");

namespace runledger::http {
namespace {

namespace beast = boost::beast;
namespace wire = beast::http;

constexpr auto kToken = net::as_tuple(net::use_awaitable);
using Parser = wire::request_parser<wire::string_body>;

// Sent as it is to a connection above the limit: making a proper answer would need a session.
constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nServer: runledger\r\nRetry-After: 1\r\n"
    "Content-Length: 0\r\nConnection: close\r\n\r\n";
// How long a refused body is read and thrown away, so that its sender sees the answer.
constexpr std::chrono::seconds kLinger{2};
constexpr std::size_t kLingerBytesMax = 1U << 20U;

Request to_request(const Parser& parser, const std::string& remote) {
  const auto& message = parser.get();
  Request request;
  request.method = parse_method({message.method_string().data(), message.method_string().size()});
  request.target = std::string(message.target());
  request.remote = remote;
  for (const auto& field : message) {
    request.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  return request;
}

std::string_view path_of(const Parser& parser) {
  const auto& message = parser.get();
  const auto target = std::string_view(message.target().data(), message.target().size());
  return target.substr(0, target.find('?'));
}

// What a failed read of a header or body is answered with; nullopt: there is nobody to answer.
std::optional<Problem> problem_of(const boost::system::error_code& error, bool timed_out) {
  if (timed_out) {
    return Problem(408, "request_timeout", "the request did not come in time");
  }
  if (error == wire::error::header_limit) {
    return Problem(431, "headers_too_large", "the request line and headers are too large");
  }
  if (error == wire::error::body_limit) {
    return Problem(413, "body_too_large", "the body is larger than this call takes");
  }
  if (error == wire::error::end_of_stream || error == wire::error::partial_message ||
      error.category() != wire::make_error_code(wire::error::bad_method).category()) {
    return std::nullopt;
  }
  return Problem(400, "malformed_request", "this is not an HTTP/1.1 request: " + error.message());
}

}  // namespace

struct Server::Impl {
  struct Connection {
    explicit Connection(tcp::socket accepted) : socket(std::move(accepted)) {}
    tcp::socket socket;
    beast::flat_buffer buffer;
    std::string remote;
    bool idle = false;  // Waits for a request; may be closed at once.
    bool keep = true;
  };
  using Connections = std::list<Connection>;

  Impl(Api& served, const ServerOptions& wanted)
      : api(served),
        options(wanted),
        handlers(wanted.handler_threads),
        readers(wanted.reader_threads),
        feed(served, options.limits, io, readers) {}

  [[nodiscard]] Status listen();
  void run();
  void stop(std::chrono::milliseconds patience);
  void cut();

  net::awaitable<void> accept();
  void admit(tcp::socket socket);
  void finish(Connections::iterator connection);
  net::awaitable<void> serve(Connection& connection);
  net::awaitable<bool> wait_for_request(Connection& connection);
  net::awaitable<void> exchange(Connection& connection);
  net::awaitable<std::optional<Response>> read_body(Connection& connection,
                                                    Parser& parser,
                                                    const Request& head);
  net::awaitable<bool> read_rest(Connection& connection, Parser& parser, std::uint64_t expected);
  net::awaitable<void> write(Connection& connection,
                             Response response,
                             Method method,
                             unsigned version);
  net::awaitable<void> linger(Connection& connection);
  net::awaitable<void> serve_websocket(Connection& connection, Parser& parser);
  net::awaitable<void> serve_sse(Connection& connection, Parser& parser);
  // Answers somebody who may not subscribe, or for whom there is no room; false: may, and there is.
  net::awaitable<bool> turn_away(Connection& connection,
                                 std::optional<Problem> problem,
                                 unsigned version);

  Api& api;
  const ServerOptions options;
  net::io_context io{1};
  net::thread_pool handlers;
  net::thread_pool readers;
  net::executor_work_guard<net::io_context::executor_type> work{io.get_executor()};
  tcp::acceptor acceptor{io};
  std::uint16_t port = 0;
  Connections connections;  // Confined to the I/O thread, as all that follows.
  LiveFeed feed;
  bool stopping = false;

  std::mutex mutex;  // Of `empty` and `stopped`.
  std::condition_variable changed;
  bool empty = true;
  bool stopped = false;
  std::jthread thread;
};

Status Server::Impl::listen() {
  boost::system::error_code error;
  const auto address = net::ip::make_address(options.address, error);
  if (error) {
    return fail(Code::kInvalidArgument, "'" + options.address + "' is not an IP address");
  }
  const tcp::endpoint endpoint(address, options.port);
  const auto failed = [&](std::string_view what) {
    return fail(Code::kIo, fmt::format("cannot {} {}:{}: {}", what, options.address, options.port,
                                       error.message()));
  };
  acceptor.open(endpoint.protocol(), error);
  if (error) {
    return failed("open a socket for");
  }
  acceptor.set_option(net::socket_base::reuse_address(true), error);
  acceptor.bind(endpoint, error);
  if (error) {
    return failed("bind");
  }
  acceptor.listen(net::socket_base::max_listen_connections, error);
  if (error) {
    return failed("listen on");
  }
  port = acceptor.local_endpoint().port();
  return {};
}

void Server::Impl::run() {
  feed.start();
  net::co_spawn(io, accept(), [](const std::exception_ptr& error) {
    if (error) {
      spdlog::critical("the server accepts no more connections: an exception");
    }
  });
  thread = std::jthread([this] { io.run(); });
}

net::awaitable<void> Server::Impl::accept() {
  net::steady_timer pause(io);
  while (!stopping) {
    auto [error, socket] = co_await acceptor.async_accept(kToken);
    if (error == net::error::operation_aborted || stopping) {
      break;
    }
    if (error) {
      // Out of descriptors, most likely: others must end first.
      spdlog::warn("cannot accept a connection: {}", error.message());
      pause.expires_after(std::chrono::milliseconds{100});
      co_await pause.async_wait(kToken);
      continue;
    }
    admit(std::move(socket));
  }
}

void Server::Impl::admit(tcp::socket socket) {
  auto& metrics = api.metrics();
  boost::system::error_code error;
  if (connections.size() >= options.limits.connections_max) {
    metrics.connections_refused.fetch_add(1, std::memory_order_relaxed);
    socket.non_blocking(true, error);
    const net::const_buffer answer(kFull.data(), kFull.size());
    socket.send(answer, 0, error);
    socket.shutdown(tcp::socket::shutdown_send, error);
    return;
  }
  socket.set_option(tcp::no_delay(true), error);
  const auto connection = connections.emplace(connections.end(), std::move(socket));
  const auto peer = connection->socket.remote_endpoint(error);
  connection->remote = error ? "unknown" : peer.address().to_string();
  metrics.connections_accepted.fetch_add(1, std::memory_order_relaxed);
  metrics.connections.fetch_add(1, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex);
    empty = false;
  }
  net::co_spawn(io, serve(*connection), [this, connection](const std::exception_ptr& exception) {
    if (exception) {
      spdlog::error("a connection from {} ended by an exception", connection->remote);
    }
    finish(connection);
  });
}

void Server::Impl::finish(Connections::iterator connection) {
  connections.erase(connection);
  api.metrics().connections.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex);
  empty = connections.empty();
  changed.notify_all();
}

net::awaitable<void> Server::Impl::serve(Connection& connection) {
  while (connection.keep && !stopping) {
    if (connection.buffer.size() == 0 && !co_await wait_for_request(connection)) {
      break;
    }
    co_await exchange(connection);
  }
  boost::system::error_code ignored;
  connection.socket.shutdown(tcp::socket::shutdown_send, ignored);
}

net::awaitable<bool> Server::Impl::wait_for_request(Connection& connection) {
  Watchdog watchdog(connection.socket);
  watchdog.arm(options.limits.idle_timeout);
  connection.idle = true;
  const auto [error] = co_await connection.socket.async_wait(tcp::socket::wait_read, kToken);
  connection.idle = false;
  co_return !error && !stopping;
}

// One request and its answer.
net::awaitable<void> Server::Impl::exchange(Connection& connection) {
  Parser parser;
  parser.header_limit(options.limits.header_bytes_max);
  parser.body_limit(boost::none);  // Set once the route is known.
  Watchdog watchdog(connection.socket);
  watchdog.arm(options.limits.header_timeout);
  const auto [error, size] =
      co_await wire::async_read_header(connection.socket, connection.buffer, parser, kToken);
  const bool timed_out = watchdog.expired();
  watchdog.disarm();
  if (error) {
    connection.keep = false;
    if (const auto problem = problem_of(error, timed_out)) {
      Response response = to_response(*problem);
      co_await write(connection, std::move(response), Method::kGet, 11);
      co_await linger(connection);
    }
    co_return;
  }
  if (beast::websocket::is_upgrade(parser.get()) && path_of(parser) == kLivePath) {
    co_await serve_websocket(connection, parser);
    co_return;
  }
  if (parser.get().method() == wire::verb::get && parser.is_done() &&
      path_of(parser) == kLiveSsePath) {
    co_await serve_sse(connection, parser);
    co_return;
  }
  Request request = to_request(parser, connection.remote);
  const Method method = request.method;
  const unsigned version = parser.get().version();
  connection.keep = parser.keep_alive();
  auto refusal = co_await read_body(connection, parser, request);
  if (refusal) {
    // The body was not read to its end, so the connection cannot go on.
    connection.keep = false;
    co_await write(connection, std::move(*refusal), method, version);
    co_await linger(connection);
    co_return;
  }
  if (!connection.socket.is_open()) {
    co_return;
  }
  request.body = std::move(parser.get().body());
  auto handle = [this, &request]() { return api.handle(request); };
  Response response = co_await run_on(handlers, std::move(handle));
  co_await write(connection, std::move(response), method, version);
}

// Reads the body if there is one and it may come. Gives the refusal otherwise. A connection that
// broke meanwhile is closed.
net::awaitable<std::optional<Response>> Server::Impl::read_body(Connection& connection,
                                                                Parser& parser,
                                                                const Request& head) {
  if (parser.is_done()) {
    co_return std::nullopt;
  }
  std::optional<std::uint64_t> length;
  if (const auto declared = parser.content_length()) {
    length = *declared;
  }
  auto examine = [this, &head, length]() { return api.admit(head, length); };
  auto admitted = co_await run_on(handlers, std::move(examine));
  if (!admitted) {
    co_return std::move(admitted).error();
  }
  if (length && *length > *admitted) {
    co_return to_response(
        Problem(413, "body_too_large", "the body is larger than this call takes"));
  }
  parser.body_limit(*admitted);
  if (beast::iequals(parser.get()[wire::field::expect], "100-continue")) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const net::const_buffer bytes(kContinue.data(), kContinue.size());
    co_await net::async_write(connection.socket, bytes, kToken);
  }
  boost::system::error_code error;
  const auto& limits = options.limits;
  const auto start = api.service().clock().mono_now();
  const auto patience =
      limits.stall_timeout +
      std::chrono::seconds{length.value_or(*admitted) / limits.body_bytes_per_second_min};
  Watchdog watchdog(connection.socket);
  while (!parser.is_done() && !error) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        start + patience - api.service().clock().mono_now());
    watchdog.arm(std::min(limits.stall_timeout, std::max(left, std::chrono::milliseconds{0})));
    const auto [read_error, size] =
        co_await wire::async_read_some(connection.socket, connection.buffer, parser, kToken);
    error = read_error;
  }
  const bool timed_out = watchdog.expired();
  watchdog.disarm();
  if (error) {
    if (const auto problem = problem_of(error, timed_out)) {
      co_return to_response(*problem);
    }
    connection.keep = false;
    connection.socket.close(error);
  }
  co_return std::nullopt;
}

net::awaitable<void> Server::Impl::write(Connection& connection,
                                         Response response,
                                         Method method,
                                         unsigned version) {
  wire::response<wire::string_body> message(static_cast<wire::status>(response.status), version);
  message.set(wire::field::server, "runledger");
  const auto now = std::chrono::floor<std::chrono::seconds>(api.service().clock().wall_now());
  const auto time = std::chrono::system_clock::to_time_t(now);
  message.set(wire::field::date, fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(time)));
  for (const auto& header : response.headers) {
    message.set(header.name, header.value);
  }
  connection.keep = connection.keep && !stopping;
  message.keep_alive(connection.keep);
  const bool has_body = response.status != 204 && response.status >= 200;
  const std::size_t size = response.body.size();
  if (has_body) {
    message.set(wire::field::content_type, response.content_type);
    message.content_length(size);
    if (method != Method::kHead) {
      message.body() = std::move(response.body);
    }
  }
  Watchdog watchdog(connection.socket);
  watchdog.arm(options.limits.stall_timeout * 3 +
               std::chrono::seconds{size / options.limits.body_bytes_per_second_min});
  const auto [error, written] = co_await wire::async_write(connection.socket, message, kToken);
  if (error) {
    connection.keep = false;
  }
}

// Closing a socket with unread bytes makes the kernel send a reset, which can overtake the answer.
net::awaitable<void> Server::Impl::linger(Connection& connection) {
  boost::system::error_code error;
  connection.socket.shutdown(tcp::socket::shutdown_send, error);
  Watchdog watchdog(connection.socket);
  watchdog.arm(kLinger);
  std::array<char, 4096> sink{};
  const net::mutable_buffer bytes(sink.data(), sink.size());
  std::size_t total = 0;
  while (!error && total < kLingerBytesMax) {
    const auto [read_error, size] = co_await connection.socket.async_read_some(bytes, kToken);
    error = read_error;
    total += size;
  }
}

net::awaitable<bool> Server::Impl::turn_away(Connection& connection,
                                             std::optional<Problem> problem,
                                             unsigned version) {
  if (!problem && !feed.has_room()) {
    problem.emplace(503, "too_many_subscribers",
                    "the live feed has no room for another subscriber");
    problem->headers.push_back({"Retry-After", "5"});
  }
  if (!problem) {
    co_return false;
  }
  Response response = to_response(*problem);
  co_await write(connection, std::move(response), Method::kGet, version);
  co_return true;
}

net::awaitable<void> Server::Impl::serve_websocket(Connection& connection, Parser& parser) {
  const Request request = to_request(parser, connection.remote);
  connection.keep = false;
  auto examine = [this, &request]() {
    return admit_websocket(api, request, options.allowed_origins);
  };
  auto admitted = co_await run_on(handlers, std::move(examine));
  auto problem = admitted ? std::nullopt : std::optional(std::move(admitted).error());
  if (co_await turn_away(connection, std::move(problem), parser.get().version())) {
    co_return;
  }
  WebSocketTransport::Upgrade message = parser.release();
  std::string remote = connection.remote;
  co_await feed.serve_websocket(connection.socket, std::move(message), std::move(*admitted),
                                std::move(remote));
}

net::awaitable<void> Server::Impl::serve_sse(Connection& connection, Parser& parser) {
  Request request = to_request(parser, connection.remote);
  connection.keep = false;
  auto examine = [this, &request]() { return admit_sse(api, request, options.allowed_origins); };
  auto admitted = co_await run_on(handlers, std::move(examine));
  auto problem = admitted ? std::nullopt : std::optional(std::move(admitted).error());
  if (co_await turn_away(connection, std::move(problem), parser.get().version())) {
    co_return;
  }
  std::string remote = connection.remote;
  co_await feed.serve_sse(connection.socket, std::move(admitted->head),
                          std::move(admitted->admission), std::move(remote));
}

void Server::Impl::cut() {
  boost::system::error_code ignored;
  for (auto& connection : connections) {
    connection.socket.close(ignored);
  }
}

void Server::Impl::stop(std::chrono::milliseconds patience) {
  {
    const std::lock_guard lock(mutex);
    if (std::exchange(stopped, true)) {
      return;
    }
  }
  net::post(io, [this] {
    stopping = true;
    boost::system::error_code ignored;
    acceptor.close(ignored);
    feed.stop();
    for (auto& connection : connections) {
      if (connection.idle) {
        connection.socket.cancel(ignored);
      }
    }
  });
  std::unique_lock lock(mutex);
  if (!changed.wait_for(lock, patience, [this] { return empty; })) {
    lock.unlock();
    net::post(io, [this] {
      cut();
      feed.cut();
    });
    lock.lock();
    changed.wait(lock, [this] { return empty; });
  }
  lock.unlock();
  work.reset();
  thread.join();
  handlers.join();
  readers.join();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  if (impl_ != nullptr) {
    stop(std::chrono::milliseconds{0});
  }
}

Result<std::unique_ptr<Server>> Server::start(Api& api, const ServerOptions& options) {
  try {
    auto impl = std::make_unique<Impl>(api, options);
    RL_TRY(impl->listen());
    impl->run();
    return std::unique_ptr<Server>(new Server(std::move(impl)));
  } catch (const std::exception& exception) {
    return fail(Code::kInternal, exception.what());
  }
}

std::uint16_t Server::port() const noexcept {
  return impl_->port;
}

void Server::stop(std::chrono::milliseconds patience) {
  impl_->stop(patience);
}

}  // namespace runledger::http
