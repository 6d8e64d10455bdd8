#include "schema/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/json_writer.h"
#include "tests/support/sample_events.h"

namespace runledger {
namespace {

using ::testing::HasSubstr;

Result<Event> decode(std::string_view flatbuffer) {
  return decode_event(EventBytes(flatbuffer));
}

TEST(Codec, DecodesWhatItEncodedForEveryKindOfEvent) {
  EventEncoder encoder;
  for (const auto& event : testing::sample_events()) {
    const auto decoded = decode(encoder.encode(event));

    ASSERT_TRUE(decoded.has_value()) << event_type(event.payload) << decoded.error().message;
    EXPECT_EQ(*decoded, event) << event_type(event.payload);
  }
}

TEST(Codec, SamplesCoverEveryPayload) {
  std::set<std::size_t> kinds;
  for (const auto& event : testing::sample_events()) {
    kinds.insert(event.payload.index());
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<Payload> - 1) << "all but UnknownPayload";
}

TEST(Codec, GivesTheSameBytesForTheSameEvent) {
  EventEncoder first;
  EventEncoder second;
  for (const auto& event : testing::sample_events()) {
    const std::string once(first.encode(event));
    EXPECT_EQ(once, first.encode(event));
    EXPECT_EQ(once, second.encode(event));
  }
}

TEST(Codec, NeverCrashesOnATruncatedOrFlippedBufferAndNeverInventsAnUnknownEnumerator) {
  EventEncoder encoder;
  for (const auto& event : testing::sample_events()) {
    const std::string bytes(encoder.encode(event));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto decoded = decode(std::string_view(bytes).substr(0, size));
      EXPECT_TRUE(decoded.has_value() || decoded.error().code == Code::kCorruption);
    }
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      auto flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ 0x41);
      if (const auto decoded = decode(flipped);
          decoded && !std::holds_alternative<UnknownPayload>(decoded->payload)) {
        static_cast<void>(
            encoder.encode(*decoded));  // Whatever is let through can be written and shown.
        static_cast<void>(event_to_json(*decoded));
      }
    }
  }
}

TEST(Codec, RejectsADateOutsideTheClockEvenThoughTheVerifierAcceptsIt) {
  auto event = testing::sample_events()[8];
  std::get<JobAttempted>(event.payload).job.as_of = Date{std::chrono::days{2'000'000}};
  EventEncoder encoder;

  const auto decoded = decode(encoder.encode(event));

  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, Code::kCorruption);
  EXPECT_THAT(decoded.error().message, HasSubstr("date"));
}

TEST(Record, ReturnsTheBytesAndFindsEveryFlippedByte) {
  EventEncoder encoder;
  const std::string flatbuffer(encoder.encode(testing::sample_events()[11]));
  std::string record;
  write_record(flatbuffer, record);
  ASSERT_TRUE(read_record(record).has_value());
  EXPECT_EQ(read_record(record)->view(), flatbuffer);

  for (std::size_t at = 0; at < record.size(); ++at) {
    auto flipped = record;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    EXPECT_FALSE(read_record(flipped).has_value()) << "byte " << at;
  }
  EXPECT_FALSE(read_record(record.substr(0, record.size() - 1)).has_value());
  EXPECT_FALSE(read_record(record + "x").has_value());
}

TEST(Record, OfANewerFormatIsUnsupportedNotCorrupt) {
  std::string record;
  write_record("12345678", record);
  record[4] = 2;
  EXPECT_EQ(read_record(record).error().code, Code::kUnsupported);
}

TEST(Blob, ReturnsTheBytesAndFindsEveryFlippedByte) {
  std::string document;
  for (int i = 0; i < 500; ++i) {
    document += "{\"delta\":0." + std::to_string(i * 7919) + "},";
  }
  const auto packed = pack_blob(document);
  EXPECT_LT(packed.size(), document.size());
  EXPECT_EQ(unpack_blob(packed).value(), document);

  for (std::size_t at = 0; at < packed.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto flipped = packed;
      flipped[at] = static_cast<char>(static_cast<std::uint8_t>(flipped[at]) ^ (1U << bit));
      EXPECT_FALSE(unpack_blob(flipped)) << "bit " << bit << " of byte " << at;
    }
  }
  EXPECT_EQ(unpack_blob(pack_blob("")).value(), "");
}

TEST(Blob, OfVersion1IsStillRead) {
  const std::string document(1000, 'x');
  auto old = pack_blob(document);
  const auto crc = crc32(document);
  old[3] = '1';
  for (unsigned i = 0; i < 4; ++i) {
    old[4 + i] = static_cast<char>(crc >> (8 * i));
  }
  EXPECT_EQ(unpack_blob(old).value(), document);
  old[5] = static_cast<char>(static_cast<std::uint8_t>(old[5]) ^ 1U);
  EXPECT_FALSE(unpack_blob(old));
}

TEST(EventJson, IsOneObjectWithTheCommonFieldsFirst) {
  const auto text = event_to_json(testing::sample_events()[11]);
  EXPECT_THAT(
      text,
      ::testing::StartsWith(
          R"({"seq":12,"time":"2017-11-10T19:00:00.123456Z","type":"JobSucceeded","run_id":)"));
  EXPECT_THAT(text, HasSubstr(R"("job_type":"stress_testing","as_of":"2017-11-10")"));
  EXPECT_THAT(text, HasSubstr(R"("records_processed":22)"));
}

}  // namespace
}  // namespace runledger
