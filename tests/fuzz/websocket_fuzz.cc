#include "schema/invariant.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/served_store.h"

// The live feed over a real connection. An even first byte: the rest is the text of the subscribe
// frame. An odd one: the rest is what comes over the wire after the handshake, frames or not.
namespace runledger::fuzz {
namespace {

constexpr std::string_view kHandshake =
    "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Authorization: Bearer $TOKEN\r\n\r\n";

// A text frame with a mask of zeros.
std::string frame(std::string_view text) {
  std::string bytes(1, '\x81');
  if (text.size() < 126) {
    bytes.push_back(static_cast<char>(0x80U | text.size()));
  } else {
    bytes.push_back('\xFE');
    bytes.push_back(static_cast<char>((text.size() >> 8U) & 0xFFU));
    bytes.push_back(static_cast<char>(text.size() & 0xFFU));
  }
  bytes.append(4, '\0');
  return bytes.append(text);
}

}  // namespace
}  // namespace runledger::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runledger;
  auto& store = fuzz::ServedStore::instance();
  auto input = fuzz::text_of(data, size);
  const bool is_text = fuzz::take_byte(input) % 2 == 0;
  const auto sent = store.with_token(fuzz::kHandshake) +
                    (is_text ? fuzz::frame(input.substr(0, 0xFFFF)) : std::string(input));
  const auto answer = store.exchange(sent);
  // The connection may end before its handshake is answered: the sending side was ended at once.
  RL_ASSERT(answer.empty() || answer.starts_with("HTTP/1.1 101"));
  return 0;
}

// The store is made before the clock of the first input runs.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  static_cast<void>(runledger::fuzz::ServedStore::instance());
  return 0;
}
