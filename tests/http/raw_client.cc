#include "tests/http/raw_client.h"

#include <unistd.h>

#include <array>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "http/message.h"

namespace runledger::testing {

RawClient::RawClient(std::uint16_t port, int receive_bytes)
    : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{20, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (receive_bytes != 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  }
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect");
  }
}

RawClient::~RawClient() {
  close(socket_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::finish_sending() {
  shutdown(socket_, SHUT_WR);
}

bool RawClient::read_more() {
  std::array<char, 65536> chunk{};
  const auto size = recv(socket_, chunk.data(), chunk.size(), 0);
  if (size <= 0) {
    return false;
  }
  buffer_.append(chunk.data(), static_cast<std::size_t>(size));
  return true;
}

std::optional<std::string> RawClient::take(std::size_t size) {
  while (buffer_.size() < size) {
    if (!read_more()) {
      return std::nullopt;
    }
  }
  auto bytes = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return bytes;
}

std::optional<WireResponse> RawClient::receive(bool head) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) {
      return std::nullopt;
    }
  }
  const std::string text = *take(end + 4);
  WireResponse response;
  response.status = static_cast<unsigned>(std::stoul(text.substr(9, 3)));
  for (std::size_t at = text.find("\r\n") + 2; at < end;) {
    const auto line_end = text.find("\r\n", at);
    const auto colon = text.find(':', at);
    response.headers[http::to_lower(text.substr(at, colon - at))] =
        text.substr(colon + 2, line_end - colon - 2);
    at = line_end + 2;
  }
  const auto length = response.headers.find("content-length");
  if (length != response.headers.end() && !head) {
    auto body = take(std::stoul(length->second));
    if (!body) {
      return std::nullopt;
    }
    response.body = std::move(*body);
  }
  return response;
}

bool RawClient::is_closed() {
  return buffer_.empty() && !read_more();
}

std::optional<std::string> RawClient::receive_through(std::string_view end) {
  std::size_t at = 0;
  while ((at = buffer_.find(end)) == std::string::npos) {
    if (!read_more()) {
      return std::nullopt;
    }
  }
  return take(at + end.size());
}

unsigned RawClient::open_websocket(const std::string& target,
                                   const std::string& token,
                                   const std::string& headers) {
  send("GET " + target +
       " HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
       (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") + headers + "\r\n");
  const auto response = receive();
  return response ? response->status : 0;
}

void RawClient::send_frame(unsigned char opcode, std::string_view payload) {
  std::string frame(1, static_cast<char>(0x80U | opcode));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80U | payload.size());
  } else if (payload.size() < 65536) {
    frame += static_cast<char>(0x80U | 126U);
    frame += static_cast<char>(payload.size() >> 8U);
    frame += static_cast<char>(payload.size());
  } else {
    frame += static_cast<char>(0x80U | 127U);
    for (unsigned i = 0; i < 8; ++i) {
      frame += static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> (8U * (7U - i)));
    }
  }
  frame.append(4, '\0');  // A mask of zeros leaves the payload as it is.
  frame += payload;
  send(frame);
}

void RawClient::send_text(std::string_view text) {
  send_frame(1, text);
}

void RawClient::send_ping(std::string_view payload) {
  send_frame(9, payload);
}

std::optional<RawClient::Frame> RawClient::receive_frame() {
  const auto start = take(2);
  if (!start) {
    return std::nullopt;
  }
  const auto byte = [](const std::string& bytes, std::size_t i) {
    return static_cast<unsigned char>(bytes[i]);
  };
  Frame frame;
  frame.opcode = byte(*start, 0) & 0x0FU;
  std::uint64_t size = byte(*start, 1);
  if (size == 126 || size == 127) {
    const auto length = take(size == 126 ? 2 : 8);
    if (!length) {
      return std::nullopt;
    }
    size = 0;
    for (std::size_t i = 0; i < length->size(); ++i) {
      size = (size << 8U) | byte(*length, i);
    }
  }
  auto payload = take(size);
  if (!payload) {
    return std::nullopt;
  }
  frame.payload = std::move(*payload);
  if (frame.opcode == 8) {
    if (frame.payload.size() >= 2) {
      close_code_ =
          static_cast<std::uint16_t>((byte(frame.payload, 0) << 8U) | byte(frame.payload, 1));
    }
    send_frame(8, std::string_view(frame.payload).substr(0, 2));
  } else if (frame.opcode == 9) {
    send_frame(10, frame.payload);
  }
  return frame;
}

std::optional<std::string> RawClient::receive_text() {
  while (true) {
    auto frame = receive_frame();
    if (!frame || frame->opcode == 8) {
      return std::nullopt;
    }
    if (frame->opcode == 1) {
      return std::move(frame->payload);
    }
  }
}

}  // namespace runledger::testing
