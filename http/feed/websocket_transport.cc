#include "http/feed/websocket_transport.h"

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include "http/feed/websocket_frame.h"

namespace runledger::http {
namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

constexpr auto kToken = net::as_tuple(net::use_awaitable);
constexpr std::chrono::seconds kCloseTimeout{1};

// The layer under Beast: reads from the socket, and writes through the gate of FeedSocket. Each
// write that Beast begins is one whole control frame (at most 131 bytes, in one buffer) or the
// answer to the handshake, because this program gives it no messages to send; it never begins a
// second one before the first has ended.
class GatedLayer {
 public:
  using executor_type = tcp::socket::executor_type;
  using next_layer_type = tcp::socket;

  explicit GatedLayer(std::shared_ptr<FeedSocket> socket) : socket_(std::move(socket)) {}

  executor_type get_executor() { return socket_->tcp_socket().get_executor(); }
  tcp::socket& next_layer() noexcept { return socket_->tcp_socket(); }
  const tcp::socket& next_layer() const noexcept { return socket_->tcp_socket(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return socket_->tcp_socket().async_read_some(buffers, std::forward<Token>(token));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    using Signature = void(boost::system::error_code, std::size_t);
    return net::async_initiate<Token, Signature>(Initiation{socket_}, token,
                                                 beast::buffers_to_string(buffers));
  }

 private:
  struct Initiation {
    std::shared_ptr<FeedSocket> socket;

    template <class Handler>
    void operator()(Handler&& handler, std::string frame) {
      const std::size_t size = frame.size();
      auto executor = net::get_associated_executor(handler, socket->tcp_socket().get_executor());
      auto done = [handler = std::forward<Handler>(handler), size](
                      const std::exception_ptr& exception, FeedSocket::Outcome outcome) mutable {
        const bool written = !exception && outcome == FeedSocket::Outcome::kDone;
        const boost::system::error_code error =
            written ? boost::system::error_code() : net::error::connection_aborted;
        std::move(handler)(error, written ? size : 0);
      };
      net::co_spawn(socket->tcp_socket().get_executor(), socket->write_frame(std::move(frame)),
                    net::bind_executor(executor, std::move(done)));
    }
  };

  std::shared_ptr<FeedSocket> socket_;
};

template <class Handler>
void async_teardown(beast::role_type role, GatedLayer& layer, Handler&& handler) {
  websocket::async_teardown(role, layer.next_layer(), std::forward<Handler>(handler));
}

class BeastTransport final : public WebSocketTransport {
 public:
  BeastTransport(const std::shared_ptr<FeedSocket>& socket, const Limits& limits)
      : WebSocketTransport(socket), stream_(socket) {
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = limits.handshake_timeout;
    timeout.idle_timeout = limits.idle_timeout;
    timeout.keep_alive_pings = true;
    stream_.set_option(timeout);
    stream_.read_message_max(limits.frame_bytes_max);
  }

  net::awaitable<bool> accept(Upgrade upgrade) override {
    const auto [error] = co_await stream_.async_accept(upgrade, kToken);
    co_return !error;
  }

  net::awaitable<std::optional<std::string>> read() override {
    beast::flat_buffer buffer;
    const auto [error, size] = co_await stream_.async_read(buffer, kToken);
    if (error) {
      co_return std::nullopt;
    }
    co_return beast::buffers_to_string(buffer.data());
  }

  // Pings, pongs and the close frame are handled on the way.
  net::awaitable<bool> watch() override {
    beast::flat_buffer buffer;
    const auto [error, size] = co_await stream_.async_read(buffer, kToken);
    co_return !error;
  }

  net::awaitable<void> drain() override {
    beast::flat_buffer buffer;
    while (true) {
      const auto [error, size] = co_await stream_.async_read(buffer, kToken);
      if (error) {
        co_return;
      }
      buffer.clear();
    }
  }

  net::awaitable<void> close(CloseCode code, std::string reason) override {
    if (stream_.is_open()) {
      // Beast waits for the other side to end the connection; not for long.
      websocket::stream_base::timeout timeout{};
      timeout.handshake_timeout = kCloseTimeout;
      timeout.idle_timeout = websocket::stream_base::none();
      stream_.set_option(timeout);
      const websocket::close_reason why(static_cast<websocket::close_code>(code), reason);
      co_await stream_.async_close(why, kToken);
    }
    // What has not ended by the closing handshake ends now.
    socket().close();
  }

  [[nodiscard]] std::optional<std::chrono::milliseconds> beat_interval() const override {
    return std::nullopt;
  }

 protected:
  [[nodiscard]] std::string encode(const ControlFrame& frame) const override {
    std::string bytes;
    append_frame_header(bytes, WebSocketOpcode::kText, frame.text.size());
    bytes += frame.text;
    return bytes;
  }
  [[nodiscard]] std::string encode_beat() const override { return {}; }
  [[nodiscard]] net::const_buffer encode(const FrameRange& range,
                                         std::string& /*scratch*/) const override {
    const auto bytes = range.block->wire(range.first, range.last);
    return {bytes.data(), bytes.size()};
  }
  [[nodiscard]] std::size_t encoded_size(const EventBlock& block,
                                         std::size_t index) const override {
    return block.wire(index, index + 1).size();
  }

 private:
  websocket::stream<GatedLayer> stream_;
};

}  // namespace

std::unique_ptr<WebSocketTransport> WebSocketTransport::make(std::shared_ptr<FeedSocket> socket,
                                                             const Limits& limits) {
  return std::make_unique<BeastTransport>(socket, limits);
}

}  // namespace runledger::http
