#include "schema/json_writer.h"

#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

namespace runledger {
namespace {

TEST(JsonWriter, EscapesTextAndKeepsTheOrderOfFields) {
  JsonWriter json;
  json.begin_object().field("b", "quote\" and\nline").field("a", true).end_object();
  EXPECT_EQ(json.take(), R"({"b":"quote\" and\nline","a":true})");
}

TEST(JsonWriter, WritesJsonWhateverTheBytesOfATextAre) {
  JsonWriter json;
  json.begin_array();
  json.value("caf\xC3\xA9 \xF0\x9F\x98\x80").value("a\xFF\xC3").value("\xED\xA0\x80").end_array();
  EXPECT_EQ(json.take(),
            "[\"caf\xC3\xA9 \xF0\x9F\x98\x80\",\"a\xEF\xBF\xBD\xEF\xBF\xBD\","
            "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"]");
}

TEST(JsonWriter, WritesAnUnknownNumberAsNullWithItsReason) {
  JsonWriter json;
  json.begin_object();
  json.field("price", Nullable(std::unexpected(NullReason::kNoPrice)));
  json.field("value", Nullable(1.5));
  json.end_object();
  EXPECT_EQ(json.take(), R"({"price":null,"price_reason":"no_price","value":1.5})");
}

TEST(JsonWriter, WritesDoublesThatReadBackToTheSameBits) {
  double x = 0.1;
  for (int i = 0; i < 1000; ++i) {
    x = x * 1.37 - 0.2 / (i + 1);
    JsonWriter json;
    json.value(x);
    EXPECT_EQ(std::strtod(json.take().c_str(), nullptr), x);
  }
}

TEST(JsonWriter, KnowsWhetherANumberWasNone) {
  JsonWriter json;
  json.begin_array().value(1.5);
  EXPECT_TRUE(json.is_finite());
  json.value(std::numeric_limits<double>::quiet_NaN()).value(2.5).end_array();
  EXPECT_FALSE(json.is_finite());
  EXPECT_EQ(json.take(), "[1.5,null,2.5]");
  EXPECT_TRUE(json.is_finite()) << "a new document begins";
}

TEST(JsonWriter, IsEmptyAfterTake) {
  JsonWriter json;
  json.begin_array().raw(R"({"x":1})").value(2).end_array();
  EXPECT_EQ(json.take(), R"([{"x":1},2])");
  json.begin_object().end_object();
  EXPECT_EQ(json.take(), "{}");
}

}  // namespace
}  // namespace runledger
