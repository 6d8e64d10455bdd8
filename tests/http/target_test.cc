#include "http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runledger::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Target, DecodesSegmentsAndQuery) {
  const auto target = parse_target("/a/b%20c/d%2Fe?x=1&y=%C3%A4+b&flag");

  ASSERT_TRUE(target.has_value());
  EXPECT_THAT(target->segments, ElementsAre("a", "b c", "d/e"));
  EXPECT_THAT(target->query, ElementsAre(Pair("x", "1"), Pair("y", "ä b"), Pair("flag", "")));
}

TEST(Target, HasNoSegmentsForTheRoot) {
  const auto target = parse_target("/");

  ASSERT_TRUE(target.has_value());
  EXPECT_THAT(target->segments, IsEmpty());
  EXPECT_THAT(target->query, IsEmpty());
}

TEST(Target, RefusesWhatIsNoPath) {
  for (const auto* text : {"", "a", "http://host/a", "/a b", "/%zz", "/a?b=%f", "*"}) {
    const auto target = parse_target(text);
    ASSERT_FALSE(target.has_value()) << text;
    EXPECT_EQ(target.error().status, 400U) << text;
    EXPECT_EQ(target.error().code, "malformed_target") << text;
  }
}

TEST(Target, RefusesBytesThatAreNotUtf8) {
  for (const auto* text : {"/a?b=%ff", "/a?%c0%80=1", "/%ed%a0%80", "/a?b=%f5%80%80%80", "/a%00b",
                           "/a?b=%0a", "/a?b=%e2%82"}) {
    EXPECT_FALSE(parse_target(text).has_value()) << text;
  }
}

TEST(Target, AcceptsEveryLengthOfUtf8) {
  EXPECT_TRUE(is_utf8("a \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80"));
  EXPECT_TRUE(is_utf8("\xED\x9F\xBF \xEE\x80\x80 \xF4\x8F\xBF\xBF"));
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));
  EXPECT_FALSE(is_utf8("\xE0\x9F\xBF"));
  EXPECT_FALSE(is_utf8("\x80"));
}

TEST(Target, EncodesWhatItDecodes) {
  const std::string name = "A & B/ü?#%+ c";
  const auto target = parse_target("/p/" + percent_encode(name) + "?n=" + percent_encode(name));

  ASSERT_TRUE(target.has_value());
  EXPECT_THAT(target->segments, ElementsAre("p", name));
  EXPECT_THAT(target->query, ElementsAre(Pair("n", name)));
}

}  // namespace
}  // namespace runledger::http
