#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace runledger::http {

/// RFC 6455, 5.2; those that the server's data direction uses.
enum class WebSocketOpcode : std::uint8_t { kText = 0x1 };

/// Appends the header of a whole, unmasked message of `size` bytes, as a server sends it when no
/// extension was negotiated:
///
///     FIN 0 0 0 opcode | 0 size               size < 126
///     FIN 0 0 0 opcode | 0 126 | size in 2    size < 65,536; most significant byte first
///     FIN 0 0 0 opcode | 0 127 | size in 8
inline void append_frame_header(std::string& out, WebSocketOpcode opcode, std::uint64_t size) {
  out += static_cast<char>(0x80U | static_cast<unsigned>(opcode));
  unsigned bytes = 0;
  if (size < 126) {
    out += static_cast<char>(size);
  } else if (size < 65536) {
    out += static_cast<char>(126);
    bytes = 2;
  } else {
    out += static_cast<char>(127);
    bytes = 8;
  }
  for (unsigned i = bytes; i-- > 0;) {
    out += static_cast<char>(size >> (8U * i));
  }
}

}  // namespace runledger::http
