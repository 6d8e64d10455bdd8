#include "http/feed/sse_transport.h"

#include <array>
#include <iterator>

#include <boost/asio/as_tuple.hpp>
#include <fmt/format.h>

namespace runledger::http {
namespace {

constexpr auto kToken = net::as_tuple(net::use_awaitable);

}  // namespace

SseTransport::SseTransport(std::shared_ptr<FeedSocket> socket,
                           std::chrono::milliseconds idle_timeout)
    : FeedTransport(std::move(socket)), beat_interval_(idle_timeout / 2) {}

net::awaitable<FeedTransport::Outcome> SseTransport::begin(std::string head) {
  co_return co_await send_bytes(std::move(head));
}

net::awaitable<bool> SseTransport::watch() {
  std::array<char, 16> byte{};
  const net::mutable_buffer buffer(byte.data(), byte.size());
  const auto [error, size] = co_await socket().tcp_socket().async_read_some(buffer, kToken);
  co_return !error;
}

net::awaitable<void> SseTransport::drain() {
  std::array<char, 4096> sink{};
  const net::mutable_buffer buffer(sink.data(), sink.size());
  while (true) {
    const auto [error, size] = co_await socket().tcp_socket().async_read_some(buffer, kToken);
    if (error) {
      co_return;
    }
  }
}

net::awaitable<void> SseTransport::close(CloseCode /*code*/, std::string /*reason*/) {
  // What was written is sent, and then the end; the other side is not waited for.
  boost::system::error_code ignored;
  socket().tcp_socket().shutdown(tcp::socket::shutdown_send, ignored);
  socket().close();
  co_return;
}

std::string SseTransport::encode(const ControlFrame& frame) const {
  std::string bytes;
  if (frame.resume) {
    bytes = fmt::format("id: {}\n", raw(*frame.resume));
  }
  return bytes + fmt::format("event: {}\ndata: {}\n\n", frame.type, frame.text);
}

net::const_buffer SseTransport::encode(const FrameRange& range, std::string& scratch) const {
  for (std::size_t i = range.first; i < range.last; ++i) {
    fmt::format_to(std::back_inserter(scratch), "id: {}\nevent: event\ndata: {}\n\n",
                   raw(range.block->frames()[i].sequence), range.block->text(i));
  }
  return {scratch.data(), scratch.size()};
}

std::size_t SseTransport::encoded_size(const EventBlock& block, std::size_t index) const {
  return fmt::formatted_size("id: {}\nevent: event\ndata: {}\n\n",
                             raw(block.frames()[index].sequence), block.text(index));
}

}  // namespace runledger::http
