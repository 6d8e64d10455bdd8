#include "bench/bare_broadcast.h"

#include <deque>
#include <list>
#include <thread>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "http/feed/websocket_frame.h"

namespace runledger::bench {

namespace net = boost::asio;
namespace websocket = boost::beast::websocket;
using tcp = net::ip::tcp;
constexpr auto kToken = net::as_tuple(net::use_awaitable);

struct BareBroadcast::Impl {
  using Text = std::shared_ptr<const std::string>;
  struct Connection {
    explicit Connection(tcp::socket socket) : stream(std::move(socket)) {}
    websocket::stream<tcp::socket> stream;
    std::deque<Text> queue;
    bool writing = false;
    bool ready = false;
  };

  explicit Impl(Writes kind) : writes(kind) {
    net::co_spawn(io, accept(), net::detached);
    thread = std::jthread([this] { io.run(); });
  }

  net::awaitable<void> accept() {
    while (true) {
      auto [error, socket] = co_await acceptor.async_accept(kToken);
      if (error) {
        co_return;
      }
      socket.set_option(tcp::no_delay(true));
      auto& connection = connections.emplace_back(std::move(socket));
      net::co_spawn(io, greet(connection), net::detached);
    }
  }

  net::awaitable<void> greet(Connection& connection) {
    connection.stream.auto_fragment(false);
    connection.stream.text(true);
    co_await connection.stream.async_accept(kToken);
    boost::beast::flat_buffer buffer;
    co_await connection.stream.async_read(buffer, kToken);
    const std::string hello = "{}";
    const net::const_buffer bytes(hello.data(), hello.size());
    co_await connection.stream.async_write(bytes, kToken);
    connection.ready = true;
  }

  void send(const Text& text) {
    for (auto& connection : connections) {
      if (connection.ready) {
        connection.queue.push_back(text);
        if (!connection.writing) {
          connection.writing = true;
          net::co_spawn(io, write(connection), net::detached);
        }
      }
    }
  }

  net::awaitable<void> write(Connection& connection) {
    while (!connection.queue.empty()) {
      if (writes == Writes::kOneEach) {
        const Text text = connection.queue.front();
        connection.queue.pop_front();
        const net::const_buffer bytes(text->data(), text->size());
        co_await connection.stream.async_write(bytes, kToken);
        continue;
      }
      const std::vector<Text> texts(connection.queue.begin(), connection.queue.end());
      connection.queue.clear();
      std::vector<net::const_buffer> buffers;
      buffers.reserve(texts.size());
      for (const auto& text : texts) {
        buffers.emplace_back(text->data(), text->size());
      }
      co_await net::async_write(connection.stream.next_layer(), buffers, kToken);
    }
    connection.writing = false;
  }

  Writes writes;
  net::io_context io{1};
  tcp::acceptor acceptor{io, tcp::endpoint(net::ip::address_v4::loopback(), 0)};
  std::list<Connection> connections;
  std::jthread thread;
};

BareBroadcast::BareBroadcast(Writes writes) : impl_(std::make_unique<Impl>(writes)) {}

BareBroadcast::~BareBroadcast() {
  impl_->io.stop();
  impl_->thread.join();
}

std::uint16_t BareBroadcast::port() const {
  return impl_->acceptor.local_endpoint().port();
}

void BareBroadcast::send(std::shared_ptr<const std::string> text) {
  if (impl_->writes == Writes::kGathered) {
    std::string frame;
    http::append_frame_header(frame, http::WebSocketOpcode::kText, text->size());
    text = std::make_shared<const std::string>(frame + *text);
  }
  net::post(impl_->io, [impl = impl_.get(), text = std::move(text)] { impl->send(text); });
}

}  // namespace runledger::bench
