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

// Each version has every kind of event that it knew, in the order of the samples.
constexpr int kVersion = 3;

std::string file_of(int version) {
  return RUNLEDGER_SOURCE_DIR "/tests/schema/golden/events_v" + std::to_string(version) + ".txt";
}

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
  std::ofstream out(file_of(kVersion));
  EventEncoder encoder;
  for (const auto& event : testing::sample_events()) {
    out << event_type(event.payload) << ' ' << hex(encoder.encode(event)) << '\n';
  }
}

std::size_t check_golden(int version) {
  std::ifstream in(file_of(version));
  EXPECT_TRUE(in.is_open()) << file_of(version);
  EventEncoder encoder;
  std::string line;
  std::size_t seen = 0;
  const auto samples = testing::sample_events();
  for (; std::getline(in, line) && seen < samples.size(); ++seen) {
    const auto space = line.find(' ');
    const auto bytes = unhex(std::string_view(line).substr(space + 1));
    const auto decoded = decode_event(EventBytes(bytes));
    if (!decoded) {
      ADD_FAILURE() << line.substr(0, space) << ": " << decoded.error().message;
      continue;
    }
    EXPECT_EQ(*decoded, samples[seen]) << line.substr(0, space);
    EXPECT_EQ(encoder.encode(samples[seen]), bytes) << line.substr(0, space);
  }
  return seen;
}

TEST(GoldenBytes, OfEveryVersionDecodeToTheSamplesAndAreStillWritten) {
  if (std::getenv("RUNLEDGER_UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    write_golden();
  }
  EXPECT_EQ(check_golden(1), 21U);
  EXPECT_EQ(check_golden(2), 22U);
  EXPECT_EQ(check_golden(kVersion), testing::sample_events().size());
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
