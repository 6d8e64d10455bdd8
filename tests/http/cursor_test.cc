#include "http/cursor.h"

#include <gtest/gtest.h>

namespace runledger::http {
namespace {

TEST(Cursor, GivesBackItsPosition) {
  for (const std::uint64_t position : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX}) {
    const auto cursor = encode_cursor(Sequence{position}, "jobs");
    EXPECT_EQ(decode_cursor(cursor, "jobs"), Sequence{position});
    EXPECT_EQ(cursor.find_first_not_of(
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
  }
}

TEST(Cursor, FitsOnlyTheListThatGaveIt) {
  const auto cursor = encode_cursor(Sequence{7}, "jobs status=failed");

  EXPECT_FALSE(decode_cursor(cursor, "jobs status=").has_value());
  EXPECT_FALSE(decode_cursor(cursor, "history").has_value());
}

TEST(Cursor, RefusesEveryChangedCharacter) {
  const auto cursor = encode_cursor(Sequence{123456}, "jobs");
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    auto changed = cursor;
    changed[i] = changed[i] == 'B' ? 'C' : 'B';
    const auto decoded = decode_cursor(changed, "jobs");
    ASSERT_FALSE(decoded.has_value()) << changed;
    EXPECT_EQ(decoded.error().status, 400U);
    EXPECT_EQ(decoded.error().code, "invalid_cursor");
  }
}

TEST(Cursor, RefusesOtherText) {
  for (const auto* text : {"", "7", "AA==", "????", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_FALSE(decode_cursor(text, "jobs").has_value()) << text;
  }
}

}  // namespace
}  // namespace runledger::http
