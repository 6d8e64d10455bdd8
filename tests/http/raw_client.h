#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace runledger::testing {

/// An answer as it came over the wire.
struct WireResponse {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;
};

/// A blocking socket for tests that say exactly what goes over the wire. Waits at most 20 s.
class RawClient {
 public:
  /// @param receive_bytes  Size of the kernel's receive buffer; 0: as it comes.
  explicit RawClient(std::uint16_t port, int receive_bytes = 0);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False if the other side has closed.
  bool send(std::string_view bytes);
  /// Ends the sending side; reading goes on.
  void finish_sending();
  /// The next answer; nullopt if the connection ends first. `head` answers have no body.
  std::optional<WireResponse> receive(bool head = false);
  /// True if the other side closes without sending anything more.
  bool is_closed();

  /// Sends a request and receives its answer.
  std::optional<WireResponse> exchange(std::string_view request) {
    send(request);
    return receive();
  }

  /// Bytes up to and with `end`; nullopt if the connection ends first.
  std::optional<std::string> receive_through(std::string_view end);

  /// Begins a WebSocket; the status of the answer, 101 if it was accepted. `headers` are whole
  /// lines, each with its end.
  unsigned open_websocket(const std::string& target,
                          const std::string& token = "",
                          const std::string& headers = "");
  void send_text(std::string_view text);
  void send_ping(std::string_view payload);

  struct Frame {
    unsigned opcode = 0;  ///< 1 text, 8 close, 9 ping, 10 pong.
    std::string payload;
  };
  /// The next frame of any kind; pings are answered, and a close frame too.
  std::optional<Frame> receive_frame();
  /// The next text frame; pings are answered. nullopt: the connection ended, see close_code().
  std::optional<std::string> receive_text();
  [[nodiscard]] std::optional<std::uint16_t> close_code() const { return close_code_; }

 private:
  bool read_more();
  std::optional<std::string> take(std::size_t size);
  void send_frame(unsigned char opcode, std::string_view payload);

  int socket_ = -1;
  std::string buffer_;
  std::optional<std::uint16_t> close_code_;
};

}  // namespace runledger::testing
