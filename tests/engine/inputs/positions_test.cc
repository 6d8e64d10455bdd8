#include "engine/inputs/positions.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/inputs/import_testing.h"

namespace runledger::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

const std::string kHeader =
    "Symbol,Quantity,Entry Price Per Share,Entry Date,Investment Class,Investment Subtype,"
    "Underlying Symbol,Strike Price,Expiration Date,Option Type,Exit Date,Exit Price Per Share,"
    "Multiplier,Option Style,Tags\n";

Parsed<std::vector<Position>> parse(const std::string& rows) {
  return parse_positions(kHeader + rows, kToday);
}

struct BadRow {
  const char* row;
  std::vector<std::string> errors;  // code and column
};

const std::vector<BadRow>& bad_rows() {
  static const std::string long_symbol_row = std::string(101, 'A') + ",1,1,2017-01-03,,,,,,,,,,,";
  static const std::string long_tag_row = "TAG,1,1,2017-01-03,,,,,,,,,,," + std::string(101, 't');
  static const std::vector<BadRow> rows = {
      {",1,1,2017-01-03,,,,,,,,,,,", {"ERR_POS_001 Symbol"}},
      {long_symbol_row.c_str(), {"ERR_POS_002 Symbol"}},
      {"A/B,1,1,2017-01-03,,,,,,,,,,,", {"ERR_POS_003 Symbol"}},
      {"Q1,,1,2017-01-03,,,,,,,,,,,", {"ERR_POS_004 Quantity"}},
      {"Q2,ten,1,2017-01-03,,,,,,,,,,,", {"ERR_POS_005 Quantity"}},
      {"Q3,0.00,1,2017-01-03,,,,,,,,,,,", {"ERR_POS_006 Quantity"}},
      {"Q4,0.1234567,1,2017-01-03,,,,,,,,,,,", {"ERR_POS_007 Quantity"}},
      {"P1,1,,2017-01-03,,,,,,,,,,,", {"ERR_POS_008 Entry Price Per Share"}},
      {"P2,1,nan,2017-01-03,,,,,,,,,,,", {"ERR_POS_009 Entry Price Per Share"}},
      {"P3,1,0,2017-01-03,,,,,,,,,,,", {"ERR_POS_010 Entry Price Per Share"}},
      {"P4,1,-5,2017-01-03,,,,,,,,,,,", {"ERR_POS_010 Entry Price Per Share"}},
      {"P5,1,1.2345678,2017-01-03,,,,,,,,,,,", {"ERR_POS_011 Entry Price Per Share"}},
      {"D1,1,1,,,,,,,,,,,,", {"ERR_POS_012 Entry Date"}},
      {"D2,1,1,01/03/2017,,,,,,,,,,,", {"ERR_POS_013 Entry Date"}},
      {"D3,1,1,2017-02-30,,,,,,,,,,,", {"ERR_POS_013 Entry Date"}},
      {"D4,1,1,2017-01-03,,,,,,,tomorrow,2,,,", {"ERR_POS_013 Exit Date"}},
      {"D5,1,1,2017-11-14,,,,,,,,,,,", {"ERR_POS_014 Entry Date"}},
      {"D6,1,1,1917-11-12,,,,,,,,,,,", {"ERR_POS_015 Entry Date"}},
      {"C1,1,1,2017-01-03,STOCK,,,,,,,,,,", {"ERR_POS_016 Investment Class"}},
      {"C2,1,1,2017-01-03,PUBLIC,CALL,,,,,,,,,", {"ERR_POS_017 Investment Subtype"}},
      {"C3,1,1,2017-01-03,PRIVATE,ETF,,,,,,,,,", {"ERR_POS_017 Investment Subtype"}},
      {"E1,1,1,2017-01-03,,,,,,,2017-01-02,2,,,", {"ERR_POS_018 Exit Date"}},
      {"O1,1,1,2017-01-03,OPTIONS,CALL,,100,2018-01-19,CALL,,,,,",
       {"ERR_POS_019 Underlying Symbol"}},
      {"O2,1,1,2017-01-03,OPTIONS,CALL,A B,100,2018-01-19,CALL,,,,,",
       {"ERR_POS_019 Underlying Symbol"}},
      {",1,1,2017-01-03,OPTIONS,CALL,AAPL,,2018-01-19,CALL,,,,,", {"ERR_POS_020 Strike Price"}},
      {",1,1,2017-01-04,OPTIONS,CALL,AAPL,0,2018-01-19,CALL,,,,,", {"ERR_POS_020 Strike Price"}},
      {",1,1,2017-01-05,OPTIONS,CALL,AAPL,x,2018-01-19,CALL,,,,,", {"ERR_POS_020 Strike Price"}},
      {",1,1,2017-01-03,OPTIONS,CALL,AAPL,100,,CALL,,,,,", {"ERR_POS_021 Expiration Date"}},
      {",1,1,2017-01-03,OPTIONS,CALL,AAPL,100,19.1.18,CALL,,,,,", {"ERR_POS_021 Expiration Date"}},
      {",1,1,2017-01-03,OPTIONS,CALL,AAPL,100,2100-01-15,CALL,,,,,",
       {"ERR_POS_021 Expiration Date"}},
      {",1,1,2017-01-03,OPTIONS,CALL,AAPL,100,2018-01-19,,,,,,", {"ERR_POS_022 Option Type"}},
      {",1,1,2017-01-03,OPTIONS,,AAPL,100,2018-01-19,STRADDLE,,,,,", {"ERR_POS_022 Option Type"}},
      {"GOOD,2,3,2017-01-03,,,,,,,,,,,", {"ERR_POS_023 Symbol"}},
      {"X1,1,1,2017-01-03,,,,,,,2017-02-01,much,,,", {"ERR_POS_024 Exit Price Per Share"}},
      {"X2,1,1,2017-01-03,,,,,,,2017-02-01,-1,,,", {"ERR_POS_024 Exit Price Per Share"}},
      {"X3,1,1,2017-01-03,,,,,,,2017-02-01,1.2345678,,,", {"ERR_POS_024 Exit Price Per Share"}},
      {"X4,1,1,2017-01-03,,,,,,,,2,,,", {"ERR_POS_025 Exit Date"}},
      {",1,1,2017-01-03,OPTIONS,CALL,AAPL,100,2016-12-16,CALL,,,,,",
       {"ERR_POS_026 Expiration Date"}},
      {",1,1,2017-01-03,OPTIONS,PUT,AAPL,100,2018-01-19,CALL,,,,,",
       {"ERR_POS_027 Investment Subtype"}},
      {"X5,1,1,2017-01-03,,,,,,,2017-11-14,2,,,", {"ERR_POS_028 Exit Date"}},
      {"M1,1,1,2017-01-03,,,,,,,,,0,,", {"ERR_POS_029 Multiplier"}},
      {"M2,1,1,2017-01-03,,,,,,,,,many,,", {"ERR_POS_029 Multiplier"}},
      {",1,1,2017-01-03,OPTIONS,CALL,AAPL,101,2018-01-19,CALL,,,,BERMUDAN,",
       {"ERR_POS_030 Option Style"}},
      {"N1,1,1,2017-01-03,PUBLIC,STOCK,AAPL,100,,,,,,,",
       {"ERR_POS_031 Underlying Symbol", "ERR_POS_031 Strike Price"}},
      {long_tag_row.c_str(), {"ERR_POS_032 Tags"}},
      {"H1,1e13,1,2017-01-03,,,,,,,,,,,", {"ERR_POS_033 Quantity"}},
      {"H2,1,1e13,2017-01-03,,,,,,,,,,,", {"ERR_POS_033 Entry Price Per Share"}},
      {"?,x,y,z,NONE,,,,,,,,,,",
       {"ERR_POS_003 Symbol", "ERR_POS_005 Quantity", "ERR_POS_009 Entry Price Per Share",
        "ERR_POS_013 Entry Date", "ERR_POS_016 Investment Class"}},
  };
  return rows;
}

TEST(Positions, ReportEveryFaultOfAFileWithItsLine) {
  std::string text =
      "# a comment counts as a line\n" + kHeader + "GOOD,1,1,2017-01-03,,,,,,,,,,,\n";
  std::vector<std::string> expected;
  int line = 3;
  for (const BadRow& bad : bad_rows()) {
    text += std::string(bad.row) + "\n";
    ++line;
    for (const std::string& error : bad.errors) {
      expected.push_back(std::to_string(line) + " " + error);
    }
  }

  const auto parsed = parse_positions(text, kToday);

  EXPECT_THAT(briefs(parsed.errors), UnorderedElementsAreArray(expected));
  EXPECT_TRUE(std::ranges::is_sorted(parsed.errors, {}, &ImportIssue::line));
  EXPECT_THAT(parsed.rows, IsEmpty());
  EXPECT_EQ(parsed.data_rows, bad_rows().size() + 1);
  for (const ImportIssue& issue : parsed.errors) {
    EXPECT_FALSE(issue.message.empty()) << issue.code;
  }
}

TEST(Positions, HaveABadRowForEveryCode) {
  std::set<std::string> codes;
  for (const BadRow& bad : bad_rows()) {
    for (const std::string& error : bad.errors) {
      codes.insert(error.substr(0, error.find(' ')));
    }
  }

  for (int i = 1; i <= 33; ++i) {
    const std::string number = std::to_string(1000 + i).substr(1);
    const std::string code = "ERR_POS_" + number;
    EXPECT_TRUE(codes.contains(code)) << code;
  }
}

TEST(Positions, ReportThirtyErrorsOfThirtyRows) {
  std::string rows;
  for (int i = 0; i < 30; ++i) {
    rows += "S" + std::to_string(i) + ",0,1,2017-01-03,,,,,,,,,,,\n";
  }

  const auto parsed = parse(rows);

  ASSERT_EQ(parsed.errors.size(), 30U);
  EXPECT_EQ(parsed.errors.front().symbol, "S0");
  EXPECT_EQ(parsed.errors.back().line, 31U);
}

TEST(Positions, ReadStocksWithDefaults) {
  const auto parsed = parse("spy,-100.5,\"$1,234.5\",2017-01-03,,,,,,,,,,,\n");

  ASSERT_TRUE(parsed.ok());
  const Position& position = parsed.rows.at(0);
  EXPECT_EQ(position.line, 2U);
  EXPECT_EQ(position.symbol, "SPY");
  EXPECT_EQ(position.quantity, -100.5);
  EXPECT_EQ(position.entry_price, 1234.5);
  EXPECT_EQ(position.entry_date, date("2017-01-03"));
  EXPECT_EQ(position.investment_class, InvestmentClass::kPublic);
  EXPECT_EQ(position.subtype, "STOCK");
  EXPECT_EQ(position.multiplier, 1.0);
  EXPECT_EQ(position.exit_date, std::nullopt);
  EXPECT_THAT(position.tags, IsEmpty());
}

TEST(Positions, ReadOptionsByTheirTerms) {
  const auto parsed = parse(
      ",-20,1.36,2017-06-15,options,call,aapl,155,2017-09-15,c,,,,european,covered call; b ;b\n");

  ASSERT_TRUE(parsed.ok());
  const Position& position = parsed.rows.at(0);
  EXPECT_EQ(position.symbol, "");
  EXPECT_EQ(position.underlying, "AAPL");
  EXPECT_TRUE(position.is_option());
  EXPECT_EQ(position.subtype, "CALL");
  EXPECT_EQ(position.strike, 155.0);
  EXPECT_EQ(position.expiration, date("2017-09-15"));
  EXPECT_EQ(position.right, OptionRight::kCall);
  EXPECT_EQ(position.style, OptionStyle::kEuropean);
  EXPECT_EQ(position.multiplier, 100.0);
  EXPECT_THAT(position.tags, ElementsAre("covered call", "b"));
}

TEST(Positions, KeepTheSymbolOfAnOptionApartFromItsUnderlying) {
  const auto parsed =
      parse("AAPL180119P00150000,1,2,2017-06-15,,,AAPL,150,2018-01-20,PUT,,,10,,\n");

  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.rows.at(0).symbol, "AAPL180119P00150000");
  EXPECT_EQ(parsed.rows.at(0).underlying, "AAPL");
  EXPECT_EQ(parsed.rows.at(0).subtype, "PUT");
  EXPECT_EQ(parsed.rows.at(0).style, OptionStyle::kAmerican);
  EXPECT_EQ(parsed.rows.at(0).multiplier, 10.0);
}

TEST(Positions, DeriveTheClassWhenBlank) {
  const auto parsed = parse(
      "CASH_USD,1000,1,2017-01-03,,,,,,,,,,,\n"
      ",1,2,2017-06-15,,,AAPL,150,2018-01-19,PUT,,,,,\n"
      "ART_1,1,5000,2017-01-03,PRIVATE,,,,,,,,,,\n");

  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.rows.at(0).investment_class, InvestmentClass::kPrivate);
  EXPECT_EQ(parsed.rows.at(0).subtype, "CASH");
  EXPECT_EQ(parsed.rows.at(1).investment_class, InvestmentClass::kOptions);
  EXPECT_EQ(parsed.rows.at(2).subtype, "OTHER");
}

TEST(Positions, AcceptAnExitWithoutPriceWithANote) {
  const auto parsed = parse("KO,600,37.1,2015-01-02,,,,,,,2017-09-15,,,,\n");

  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.rows.at(0).exit_date, date("2017-09-15"));
  EXPECT_EQ(parsed.rows.at(0).exit_price, std::nullopt);
  EXPECT_THAT(briefs(parsed.notes), ElementsAre("2 NOTE_POS_001 Exit Price Per Share"));
}

TEST(Positions, AcceptAWorthlessExit) {
  const auto parsed = parse("GONE,600,37.1,2015-01-02,,,,,,,2017-09-15,0,,,\n");

  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.rows.at(0).exit_price, 0.0);
}

TEST(Positions, TellOptionsOnOneUnderlyingApart) {
  const auto parsed = parse(
      ",1,2,2017-06-15,OPTIONS,,AAPL,150,2018-01-19,PUT,,,,,\n"
      ",1,2,2017-06-15,OPTIONS,,AAPL,155,2018-01-19,PUT,,,,,\n"
      ",1,2,2017-06-15,OPTIONS,,AAPL,150,2018-02-16,PUT,,,,,\n"
      ",1,2,2017-06-15,OPTIONS,,AAPL,150,2018-01-19,CALL,,,,,\n"
      ",1,2,2017-06-16,OPTIONS,,AAPL,150,2018-01-19,PUT,,,,,\n"
      "AAPL,1,2,2017-06-15,,,,,,,,,,,\n");

  EXPECT_THAT(briefs(parsed.errors), IsEmpty());
}

TEST(Positions, RefuseTheSameContractTwice) {
  const auto parsed = parse(
      ",1,2,2017-06-15,OPTIONS,,AAPL,150,2018-01-19,PUT,,,,,\n"
      "OTHER_NAME,3,2,2017-06-15,OPTIONS,,aapl,150.00,2018-01-19,P,,,,,\n");

  EXPECT_THAT(briefs(parsed.errors), ElementsAre("3 ERR_POS_023 Symbol"));
  EXPECT_THAT(parsed.errors.at(0).message, HasSubstr("line 2"));
}

TEST(Positions, AllowOneLotToBeSoldInParts) {
  const auto parsed = parse(
      "KO,300,37.1,2015-01-02,,,,,,,2017-09-15,46,,,\n"
      "KO,300,37.1,2015-01-02,,,,,,,,,,,\n");

  EXPECT_THAT(briefs(parsed.errors), IsEmpty());
}

TEST(Positions, NeedOnlyTheFirstFourColumns) {
  EXPECT_TRUE(parse_positions(
                  "entry date,symbol,QUANTITY,Entry Price Per Share\n2017-01-03,SPY,1,2\n", kToday)
                  .ok());
  EXPECT_THAT(briefs(parse_positions("Symbol,Quantity\nSPY,1\n", kToday).errors),
              ElementsAre("1 ERR_CSV_004 Entry Price Per Share", "1 ERR_CSV_004 Entry Date"));
}

TEST(Positions, MayBeEnteredToday) {
  EXPECT_TRUE(parse("SPY,1,2,2017-11-13,,,,,,,,,,,\n").ok());
  EXPECT_TRUE(parse("SPY,1,2,1917-11-13,,,,,,,,,,,\n").ok());
}

TEST(Positions, AreRefusedAboveTenMegabytes) {
  std::string text = kHeader + "SPY,1,2,2017-01-03,,,,,,,,,,,\n#";
  text.resize(kPositionsFileBytesMax, 'x');

  EXPECT_TRUE(parse_positions(text, kToday).ok());
  EXPECT_THAT(briefs(parse_positions(text + "x", kToday).errors), ElementsAre("0 ERR_CSV_001"));
}

}  // namespace
}  // namespace runledger::engine
