#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "schema/codec.h"
#include "tests/support/sample_events.h"

// Bytes that a released version wrote must be readable for ever, and today's encoder must still
// write them. RUNLEDGER_UPDATE_GOLDEN=1 writes the file of a new version.
namespace runledger {
namespace {

constexpr const char* kFile = RUNLEDGER_SOURCE_DIR "/tests/schema/golden/events_v1.txt";

std::string hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<std::uint8_t>(c) >> 4U]);
    text.push_back(kDigits[static_cast<std::uint8_t>(c) & 0x0FU]);
  }
  return text;
}

std::string unhex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

void write_golden() {
  std::ofstream out(kFile);
  EventEncoder encoder;
  for (const auto& event : testing::sample_events()) {
    out << event_type(event.payload) << ' ' << hex(encoder.encode(event)) << '\n';
  }
}

TEST(GoldenBytes, OfVersion1DecodeToTheSamplesAndAreStillWritten) {
  if (std::getenv("RUNLEDGER_UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    write_golden();
  }
  std::ifstream in(kFile);
  ASSERT_TRUE(in.is_open());
  EventEncoder encoder;
  std::string line;
  std::size_t seen = 0;
  const auto samples = testing::sample_events();
  while (std::getline(in, line)) {
    ASSERT_LT(seen, samples.size());
    const auto space = line.find(' ');
    const auto bytes = unhex(std::string_view(line).substr(space + 1));
    const auto decoded = decode_event(EventBytes(bytes));
    ASSERT_TRUE(decoded.has_value()) << line.substr(0, space);
    EXPECT_EQ(*decoded, samples[seen]) << line.substr(0, space);
    EXPECT_EQ(encoder.encode(samples[seen]), bytes) << line.substr(0, space);
    ++seen;
  }
  EXPECT_EQ(seen, samples.size());
}

TEST(GoldenBytes, ALaterPayloadTypeIsKeptAsUnknown) {
  // A stored event whose union has a member that this version does not know: only the type byte of
  // a payload differs, as it would in bytes written by a newer program.
  EventEncoder encoder;
  auto event = testing::sample_events()[14];  // JobCancelled: its table has no offsets of its own.
  std::string bytes(encoder.encode(event));
  const auto known = static_cast<char>(15);
  std::size_t changed = 0;
  for (std::size_t at = 0; at < bytes.size() && changed == 0; ++at) {
    if (bytes[at] != known) {
      continue;
    }
    auto newer = bytes;
    newer[at] = static_cast<char>(200);
    const auto decoded = decode_event(EventBytes(newer));
    if (decoded && std::holds_alternative<UnknownPayload>(decoded->payload)) {
      EXPECT_EQ(std::get<UnknownPayload>(decoded->payload).type, 200);
      EXPECT_EQ(decoded->sequence, event.sequence);
      ++changed;
    }
  }
  EXPECT_EQ(changed, 1U);
}

}  // namespace
}  // namespace runledger
