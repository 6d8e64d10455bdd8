#include "http/feed/feed_socket.h"

#include <algorithm>
#include <array>

#include <boost/asio/as_tuple.hpp>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace runledger::http {
namespace {

constexpr auto kToken = net::as_tuple(net::use_awaitable);

// What the kernel may hold that it has not sent yet. Without it a subscriber that stops reading
// costs 4 MB of kernel memory, and the send buffer is full when it is to be told good-bye.
constexpr int kUnsentMax = 256 << 10;
// For the last words of a connection that stalls.
constexpr int kUnsentMaxAtTheEnd = 4 << 20;

void set_tcp_option(tcp::socket& socket, int option, int value) {
  // What the kernel refuses costs memory or time, nothing else.
  static_cast<void>(
      ::setsockopt(socket.native_handle(), IPPROTO_TCP, option, &value, sizeof value));
}

}  // namespace

FeedSocket::FeedSocket(tcp::socket socket,
                       std::chrono::milliseconds stall_timeout,
                       std::chrono::milliseconds peer_timeout)
    : socket_(std::move(socket)),
      stall_timeout_(stall_timeout),
      waiting_(std::make_shared<Waiting>(socket_.get_executor())),
      released_(socket_.get_executor()) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  set_tcp_option(socket_, TCP_NOTSENT_LOWAT, kUnsentMax);
  set_tcp_option(socket_, TCP_USER_TIMEOUT, static_cast<int>(peer_timeout.count()));
}

net::awaitable<FeedSocket::Outcome> FeedSocket::acquire() {
  while (busy_ && !broken_) {
    if (impatient_) {
      co_return Outcome::kStalled;
    }
    // Whoever writes is waiting for the same socket, and is the one to find that it stalls.
    released_.expires_at(net::steady_timer::time_point::max());
    co_await released_.async_wait(kToken);
  }
  if (broken_ || !socket_.is_open()) {
    co_return Outcome::kGone;
  }
  busy_ = true;
  co_return Outcome::kDone;
}

void FeedSocket::release() {
  busy_ = false;
  released_.cancel();
}

FeedSocket::Taken FeedSocket::write_now(std::span<const net::const_buffer> buffers) {
  constexpr std::size_t kBuffersMax = 64;  // What Asio gives to one system call.
  Taken taken;
  std::array<net::const_buffer, kBuffersMax> some;
  std::size_t index = 0;
  std::size_t offset = 0;  // Into buffers[index].
  while (index < buffers.size()) {
    const std::size_t count = std::min(buffers.size() - index, kBuffersMax);
    std::ranges::copy(buffers.subspan(index, count), some.begin());
    some[0] += offset;
    std::fill(some.begin() + static_cast<std::ptrdiff_t>(count), some.end(), net::const_buffer());
    boost::system::error_code error;
    std::size_t size = socket_.write_some(some, error);
    if (error) {
      taken.full = error == net::error::would_block || error == net::error::try_again;
      taken.gone = !taken.full;
      break;
    }
    taken.bytes += size;
    size += offset;
    while (index < buffers.size() && size >= buffers[index].size()) {
      size -= buffers[index].size();
      ++index;
    }
    offset = size;
  }
  return taken;
}

int FeedSocket::queued_bytes() {
  int bytes = 0;
  return ::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

net::awaitable<FeedSocket::Outcome> FeedSocket::wait_until_writable() {
  // The wait itself is never cancelled: that would cancel the reading side, too.
  waiting_->ready = false;
  auto tell = [waiting = waiting_](const boost::system::error_code&) {
    waiting->ready = true;
    waiting->timer.cancel();
  };
  socket_.async_wait(tcp::socket::wait_write, std::move(tell));
  int queued = queued_bytes();
  while (!waiting_->ready) {
    if (impatient_) {
      co_return Outcome::kStalled;
    }
    waiting_->timer.expires_after(stall_timeout_);
    co_await waiting_->timer.async_wait(kToken);
    if (waiting_->ready) {
      break;
    }
    // The kernel tells of room only when there is plenty; any byte that was taken is progress.
    const int now = queued_bytes();
    if (now >= queued) {
      co_return Outcome::kStalled;
    }
    queued = now;
  }
  co_return socket_.is_open() ? Outcome::kDone : Outcome::kGone;
}

net::awaitable<FeedSocket::Outcome> FeedSocket::write_rest(std::string rest) {
  rest_ = std::move(rest);
  do {
    const Outcome outcome = co_await wait_until_writable();
    if (outcome != Outcome::kDone) {
      co_return outcome;
    }
    if (rest_.empty()) {
      break;
    }
    const net::const_buffer buffer(rest_.data(), rest_.size());
    const Taken taken = write_now({&buffer, 1});
    if (taken.gone) {
      co_return Outcome::kGone;
    }
    rest_.erase(0, taken.bytes);
  } while (!rest_.empty());
  rest_.shrink_to_fit();
  co_return Outcome::kDone;
}

bool FeedSocket::write_last(std::string bytes) {
  set_tcp_option(socket_, TCP_NOTSENT_LOWAT, kUnsentMaxAtTheEnd);
  const std::string all = std::exchange(rest_, {}) + bytes;
  const net::const_buffer buffer(all.data(), all.size());
  const bool taken = write_now({&buffer, 1}).bytes == all.size();
  broken_ = !taken;
  release();
  return taken;
}

void FeedSocket::stop_waiting() {
  impatient_ = true;
  waiting_->timer.cancel();
  released_.cancel();
}

net::awaitable<FeedSocket::Outcome> FeedSocket::write_frame(std::string frame) {
  const auto self = shared_from_this();  // The owner may be gone before this is.
  Outcome outcome = co_await acquire();
  if (outcome != Outcome::kDone) {
    co_return Outcome::kGone;
  }
  const net::const_buffer buffer(frame.data(), frame.size());
  const Taken taken = write_now({&buffer, 1});
  if (taken.gone) {
    outcome = Outcome::kGone;
  } else if (taken.full) {
    std::string rest = frame.substr(taken.bytes);
    outcome = co_await write_rest(std::move(rest));
    broken_ = outcome != Outcome::kDone;
  }
  release();
  co_return outcome == Outcome::kDone ? Outcome::kDone : Outcome::kGone;
}

void FeedSocket::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  waiting_->timer.cancel();
  released_.cancel();
}

}  // namespace runledger::http
