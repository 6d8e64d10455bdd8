#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/inputs/import_testing.h"

namespace runledger::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(MarketData, ReportsEveryFaultOfPrices) {
  const auto parsed = parse_prices(
      "symbol,date,open,high,low,close,volume,adj_close\n"
      "SPY,2017-11-10,1,2,1,2,3,2\n"
      ",2017-11-10,1,2,1,2,3,2\n"
      "A B,2017-11-10,1,2,1,2,3,2\n"
      "SPY,,1,2,1,2,3,2\n"
      "SPY,10.11.2017,1,2,1,2,3,2\n"
      "SPY,2017-11-14,1,2,1,2,3,2\n"
      "SPY,2017-11-11,1,2,1,2,3,2\n"
      "SPY,2016-12-26,1,2,1,2,3,2\n"
      "SPY,2017-11-09,1,2,1,,3,2\n"
      "SPY,2017-11-09,x,2,1,inf,3,2\n"
      "SPY,2017-11-09,0,2,-1,2,3,0\n"
      "SPY,2017-11-09,1,1,2,2,3,2\n"
      "SPY,2017-11-09,1,2,1,2,-3,2\n"
      "SPY,2017-11-09,1,2,1,2,many,2\n"
      "spy,2017-11-10,1,2,1,2,3,2\n",
      kToday);

  EXPECT_THAT(
      briefs(parsed.errors),
      ElementsAre("3 ERR_PRICE_001 symbol", "4 ERR_PRICE_001 symbol", "5 ERR_PRICE_002 date",
                  "6 ERR_PRICE_002 date", "7 ERR_PRICE_003 date", "8 ERR_PRICE_004 date",
                  "9 ERR_PRICE_004 date", "10 ERR_PRICE_005 close", "11 ERR_PRICE_006 open",
                  "11 ERR_PRICE_006 close", "12 ERR_PRICE_007 open", "12 ERR_PRICE_007 low",
                  "12 ERR_PRICE_007 adj_close", "13 ERR_PRICE_008 high", "14 ERR_PRICE_009 volume",
                  "15 ERR_PRICE_009 volume", "16 ERR_PRICE_010 date"));
  EXPECT_EQ(parsed.data_rows, 15U);
  EXPECT_THAT(parsed.rows, IsEmpty());
}

TEST(MarketData, ReadsPricesWithBlankCells) {
  const auto parsed = parse_prices("Date,Ticker,Close,Adj Close\n2017-11-10,brk.b,2.5,\n", kToday);

  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.rows.at(0).symbol, "BRK.B");
  EXPECT_EQ(parsed.rows.at(0).date, date("2017-11-10"));
  EXPECT_EQ(parsed.rows.at(0).close, 2.5);
  EXPECT_EQ(parsed.rows.at(0).adj_close, std::nullopt);
  EXPECT_EQ(parsed.rows.at(0).volume, std::nullopt);
}

TEST(MarketData, FindsDuplicatesFarApart) {
  const auto parsed = parse_prices(
      "symbol,date,close\nB,2017-11-10,1\nA,2017-11-10,1\nB,2017-11-09,1\n"
      "A,2017-11-09,1\nB,2017-11-10,2\nB,2017-11-10,3\n",
      kToday);

  EXPECT_THAT(briefs(parsed.errors), ElementsAre("6 ERR_PRICE_010 date", "7 ERR_PRICE_010 date"));
}

TEST(MarketData, LeavesOutRowsBeforeTheCalendar) {
  const auto parsed =
      parse_prices("symbol,date,close\nIBM,1962-01-02,1\nIBM,1990-01-02,2\n", kToday);

  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.rows.size(), 1U);
  EXPECT_THAT(briefs(parsed.notes), ElementsAre("0 NOTE_CSV_003"));
}

TEST(MarketData, ReportsEveryFaultOfRates) {
  const auto parsed = parse_rates(
      "date,DGS3MO,DGS10\n"
      "2017-11-10,1.2,2.4\n"
      ",1.2,2.4\n"
      "11/10/2017,1.2,2.4\n"
      "2017-11-14,1.2,2.4\n"
      "2017-11-09,low,2.4\n"
      "2017-11-08,1.2,240\n"
      "2017-11-10,1.2,2.4\n",
      kToday);

  EXPECT_THAT(briefs(parsed.errors),
              ElementsAre("3 ERR_RATE_001 date", "4 ERR_RATE_001 date", "5 ERR_RATE_002 date",
                          "6 ERR_RATE_003 DGS3MO", "7 ERR_RATE_004 DGS10", "8 ERR_RATE_005 date"));
}

TEST(MarketData, ReadsRatesWithBlankMarkersOnAnyDay) {
  const auto parsed =
      parse_rates("observation_date,DGS10,DGS1MO\n2017-11-10,.,ND\n2017-11-11,2.4,-0.1\n", kToday);

  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.rows.at(0).percent[8], std::nullopt);
  EXPECT_EQ(parsed.rows.at(1).percent[8], 2.4);
  EXPECT_EQ(parsed.rows.at(1).percent[0], -0.1);
}

TEST(MarketData, RefusesRatesWithoutAnyYield) {
  EXPECT_THAT(briefs(parse_rates("date,ten years\n2017-11-10,2.4\n", kToday).errors),
              ElementsAre("0 ERR_RATE_006 DGS10"));
}

TEST(MarketData, ReportsEveryFaultOfSectors) {
  const auto parsed = parse_sectors(
      "symbol,sector,name\n"
      "AAPL,Information Technology,Apple\n"
      ",Energy,\n"
      "XOM,,\n"
      "CVX,Energy,\"two\nlines\"\n"
      "aapl,Energy,\n");

  EXPECT_THAT(briefs(parsed.errors),
              ElementsAre("3 ERR_SECTOR_001 symbol", "4 ERR_SECTOR_002 sector",
                          "5 ERR_SECTOR_003 name", "7 ERR_SECTOR_004 symbol"));
}

TEST(MarketData, ReportsEveryFaultOfQuotes) {
  const auto parsed = parse_quotes(
      "date,underlying,expiration,strike,right,bid,ask,iv\n"
      "2017-11-10,AAPL,2018-01-19,175,C,3.2,3.4,\n"
      "soon,AAPL,2018-01-19,175,C,3.2,3.4,\n"
      "2017-11-14,AAPL,2018-01-19,175,C,3.2,3.4,\n"
      "2017-11-11,AAPL,2018-01-19,175,C,3.2,3.4,\n"
      "2017-11-10,,2018-01-19,175,C,3.2,3.4,\n"
      "2017-11-10,AAPL,,175,C,3.2,3.4,\n"
      "2017-11-10,AAPL,2017-11-09,175,C,3.2,3.4,\n"
      "2017-11-10,AAPL,2018-01-19,,C,3.2,3.4,\n"
      "2017-11-10,AAPL,2018-01-19,-1,C,3.2,3.4,\n"
      "2017-11-10,AAPL,2018-01-19,175,X,3.2,3.4,\n"
      "2017-11-10,AAPL,2018-01-19,175,P,-1,x,\n"
      "2017-11-10,AAPL,2018-01-19,175,P,3.5,3.4,\n"
      "2017-11-10,AAPL,2018-01-19,175,P,3.2,3.4,0\n"
      "2017-11-10,AAPL,2018-01-19,175.0,call,3.2,3.4,\n",
      kToday);

  EXPECT_THAT(
      briefs(parsed.errors),
      ElementsAre("3 ERR_QUOTE_001 date", "4 ERR_QUOTE_002 date", "5 ERR_QUOTE_003 date",
                  "6 ERR_QUOTE_004 underlying", "7 ERR_QUOTE_005 expiration",
                  "8 ERR_QUOTE_006 expiration", "9 ERR_QUOTE_007 strike", "10 ERR_QUOTE_007 strike",
                  "11 ERR_QUOTE_008 right", "12 ERR_QUOTE_009 bid", "12 ERR_QUOTE_009 ask",
                  "13 ERR_QUOTE_010 bid", "14 ERR_QUOTE_011 iv", "15 ERR_QUOTE_012 date"));
}

TEST(MarketData, LeavesOutQuotesWithoutValues) {
  const auto parsed = parse_quotes(
      "date,underlying,expiry,strike,right,bid,ask\n"
      "2017-11-10,AAPL,2018-01-20,175,put,,\n"
      "2017-11-10,AAPL,2018-01-20,180,put,,0.05\n",
      kToday);

  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed.rows.size(), 1U);
  EXPECT_EQ(parsed.rows.at(0).strike, 180.0);
  EXPECT_EQ(parsed.rows.at(0).right, OptionRight::kPut);
  EXPECT_EQ(parsed.rows.at(0).bid, std::nullopt);
  EXPECT_EQ(parsed.rows.at(0).ask, 0.05);
  EXPECT_THAT(briefs(parsed.notes), ElementsAre("0 NOTE_QUOTE_001"));
}

TEST(MarketData, ReportsEveryFaultOfSplits) {
  const auto parsed = parse_splits(
      "symbol,ex_date,ratio\n"
      "AAPL,2014-06-09,7\n"
      ",2014-06-09,7\n"
      "AAPL,June,7\n"
      "AAPL,2017-11-14,7\n"
      "AAPL,2014-06-08,7\n"
      "AAPL,2014-06-10,\n"
      "AAPL,2014-06-10,7:1\n"
      "AAPL,2014-06-10,0\n"
      "AAPL,2014-06-09,2\n",
      kToday);

  EXPECT_THAT(
      briefs(parsed.errors),
      ElementsAre("3 ERR_SPLIT_001 symbol", "4 ERR_SPLIT_002 ex_date", "5 ERR_SPLIT_003 ex_date",
                  "6 ERR_SPLIT_004 ex_date", "7 ERR_SPLIT_005 ratio", "8 ERR_SPLIT_005 ratio",
                  "9 ERR_SPLIT_006 ratio", "10 ERR_SPLIT_007 ex_date"));
}

TEST(MarketData, ReportsEveryFaultOfFlows) {
  const auto parsed = parse_flows(
      "portfolio,date,amount\n"
      "Balanced,2017-08-15,100\n"
      ",2017-08-15,100\n"
      "Balanced,,100\n"
      "Balanced,2017-11-14,100\n"
      "Balanced,2017-08-16,\n"
      "Balanced,2017-08-16,lots\n"
      "Balanced,2017-08-16,0\n"
      "Balanced,2017-08-16,2e12\n"
      "Balanced,2017-08-15,-50\n",
      kToday);

  EXPECT_THAT(briefs(parsed.errors),
              ElementsAre("3 ERR_FLOW_001 portfolio", "4 ERR_FLOW_002 date", "5 ERR_FLOW_003 date",
                          "6 ERR_FLOW_004 amount", "7 ERR_FLOW_004 amount", "8 ERR_FLOW_005 amount",
                          "9 ERR_FLOW_005 amount", "10 ERR_FLOW_006 date"));
}

TEST(MarketData, TakesFlowsOnAnyDay) {
  const auto parsed =
      parse_flows("portfolio,date,amount\nBalanced,2017-08-19,\"($1,000)\"\n", kToday);

  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.rows.at(0).amount, -1000.0);
}

}  // namespace
}  // namespace runledger::engine
