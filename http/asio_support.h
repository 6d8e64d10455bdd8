#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

/// Small parts that the server and the live feed share. Asio is dear to compile: only for server.cc
/// and http/feed.
///
/// g++ 12 destroys temporaries of aggregate type and capturing lambdas twice when they stand in the
/// same full expression as co_await: give them a name and move them.
namespace runledger::http {

namespace net = boost::asio;
using tcp = net::ip::tcp;

/// Runs `work`, which must not throw, on `pool` and gives its value back on the caller's executor.
template <class Work>
net::awaitable<std::invoke_result_t<Work>> run_on(net::thread_pool& pool, Work work) {
  const auto home = co_await net::this_coro::executor;
  co_await net::post(net::bind_executor(pool.get_executor(), net::use_awaitable));
  auto result = work();
  co_await net::post(net::bind_executor(home, net::use_awaitable));
  co_return result;
}

/// Cancels the operations of a socket when a time is up. Confined to the I/O thread.
class Watchdog {
 public:
  explicit Watchdog(tcp::socket& socket)
      : timer_(socket.get_executor()), state_(std::make_shared<State>()) {
    state_->socket = &socket;
  }
  ~Watchdog() { state_->socket = nullptr; }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// Starts the time anew.
  void arm(std::chrono::milliseconds time) {
    state_->expired = false;
    timer_.expires_after(time);
    timer_.async_wait([state = state_,
                       generation = ++state_->generation](const boost::system::error_code& error) {
      if (error || state->socket == nullptr || state->generation != generation) {
        return;
      }
      state->expired = true;
      boost::system::error_code ignored;
      state->socket->cancel(ignored);
    });
  }
  void disarm() {
    ++state_->generation;
    timer_.cancel();
  }
  [[nodiscard]] bool expired() const noexcept { return state_->expired; }

 private:
  struct State {
    tcp::socket* socket = nullptr;
    std::uint64_t generation = 0;
    bool expired = false;
  };
  net::steady_timer timer_;
  std::shared_ptr<State> state_;
};

}  // namespace runledger::http
