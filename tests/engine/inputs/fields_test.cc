#include "engine/inputs/fields.h"

#include <string>

#include <gtest/gtest.h>

namespace runledger::engine {
namespace {

TEST(Fields, ReadPlainNumbersExactly) {
  EXPECT_EQ(parse_number("0"), 0.0);
  EXPECT_EQ(parse_number("-12.5"), -12.5);
  EXPECT_EQ(parse_number("174.67"), 174.67);
  EXPECT_EQ(parse_number(".5"), 0.5);
  EXPECT_EQ(parse_number("1e3"), 1000.0);
  EXPECT_EQ(parse_number("0.1"), 0.1);
}

TEST(Fields, ReadNumbersAsSpreadsheetsWriteThem) {
  EXPECT_EQ(parse_number("$1,234.50"), 1234.5);
  EXPECT_EQ(parse_number("-$1,234,567"), -1234567.0);
  EXPECT_EQ(parse_number("($12.00)"), -12.0);
  EXPECT_EQ(parse_number("+3"), 3.0);
  EXPECT_EQ(parse_number("\u20ac 7"), 7.0);
}

TEST(Fields, RefuseWhatIsNoFiniteNumber) {
  for (const char* text :
       {"",      "-",      "$",        "abc",       "12x", "1.2.3", "inf",   "-inf", "nan",
        "1e999", "0x10",   "1 2",      "--1",       "+-1", "(-1)",  "($-1)", "1,23", "12,3456",
        ",123",  "1,,234", "1234,567", "1.234,567", "()",  "$$1",   "\u20ac"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_number(std::string(100, '1') + ",000"), std::nullopt);
}

TEST(Fields, CountTheDecimalsThatANumberUses) {
  EXPECT_EQ(decimal_places("12"), 0);
  EXPECT_EQ(decimal_places("12.50"), 1);
  EXPECT_EQ(decimal_places("0.123456"), 6);
  EXPECT_EQ(decimal_places("0.1234567"), 7);
  EXPECT_EQ(decimal_places("100.000"), 0);
  EXPECT_EQ(decimal_places("1e-7"), 7);
  EXPECT_EQ(decimal_places("1.5e+3"), 0);
  EXPECT_EQ(decimal_places("$1,234.567"), 3);
}

TEST(Fields, CountCharactersNotBytes) {
  EXPECT_EQ(count_characters("Z\u00fcrich"), 6U);
  EXPECT_EQ(first_characters("Z\u00fcrich", 2), "Z\u00fc");
}

TEST(Fields, FindControlCharacters) {
  EXPECT_FALSE(has_control_character("Balanced \u2014 60/40"));
  EXPECT_TRUE(has_control_character("two\nlines"));
  EXPECT_TRUE(has_control_character("\x7f"));
  EXPECT_TRUE(has_control_character("\u0085"));
}

TEST(Fields, ShowLongValuesCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 50; ++i) {
    text += "\u00fc";
  }

  const std::string result = shown(text);

  EXPECT_EQ(count_characters(result), 45U);
  EXPECT_TRUE(result.ends_with("...'"));
  EXPECT_EQ(shown("abc"), "'abc'");
}

}  // namespace
}  // namespace runledger::engine
