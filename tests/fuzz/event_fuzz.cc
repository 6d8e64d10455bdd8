#include <nlohmann/json.hpp>

#include "schema/codec.h"
#include "schema/invariant.h"
#include "schema/json_writer.h"
#include "tests/fuzz/fuzz.h"

// Bytes as a record, and, past its checksum, as an event: what decodes can be shown, and encodes to
// bytes that decode to the same.
namespace runledger {
namespace {

void check(const EventBytes& bytes) {
  const auto event = decode_event(bytes);
  if (!event) {
    return;
  }
  RL_ASSERT(nlohmann::json::accept(event_to_json(*event)));
  if (std::holds_alternative<UnknownPayload>(event->payload)) {
    return;
  }
  EventEncoder encoder;
  const std::string first(encoder.encode(*event));
  const auto second = decode_event(EventBytes(first));
  RL_ASSERT(second.has_value());
  RL_ASSERT(*second == *event);
  RL_ASSERT(encoder.encode(*second) == first);
}

}  // namespace
}  // namespace runledger

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runledger;
  const auto input = fuzz::text_of(data, size);
  if (const auto opened = read_record(input)) {
    check(*opened);
  }
  check(EventBytes(input));
  std::string record;
  write_record(input, record);
  const auto opened = read_record(record);
  RL_ASSERT(opened.has_value() && opened->view() == input);
  return 0;
}
