#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/inputs/import_testing.h"

namespace runledger::engine {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kHeader = "Symbol,Quantity,Entry Price Per Share,Entry Date\n";

PortfolioId id(std::uint64_t number) {
  return PortfolioId::make(UtcTime{}, {number, number});
}

void add_input(InputFold& fold, InputKind kind, const std::string& bytes) {
  InputIngested event;
  event.kind = kind;
  event.content = sha256(bytes);
  event.file_name = "f.csv";
  ASSERT_TRUE(fold.add(event, bytes).has_value());
}

void add_portfolio(InputFold& fold,
                   const PortfolioId& portfolio,
                   const std::string& name,
                   const std::string& rows) {
  PortfolioImported event;
  event.portfolio = portfolio;
  event.name = name;
  event.content = sha256(kHeader + rows);
  ASSERT_TRUE(fold.add(event, kHeader + rows).has_value());
}

Digest hash_after(const std::vector<std::string>& price_files) {
  InputFold fold;
  for (const std::string& file : price_files) {
    add_input(fold, InputKind::kPrices, file);
  }
  return fold.take().hash;
}

const std::string kPricesA = "symbol,date,close\nSPY,2017-11-10,258\n";
const std::string kPricesB = "symbol,date,close\nSPY,2017-11-10,259\n";

TEST(InputFold, KeepsRowsInTheOrderOfImport) {
  InputFold fold;
  add_input(fold, InputKind::kPrices, kPricesA);
  add_input(fold, InputKind::kPrices, kPricesB);
  add_input(fold, InputKind::kRates, "date,DGS10\n2017-11-10,2.4\n");
  add_input(fold, InputKind::kSectors, "symbol,sector\nSPY,ETFs\n");
  add_input(fold, InputKind::kSplits, "symbol,ex_date,ratio\nAAPL,2014-06-09,7\n");
  add_input(fold, InputKind::kQuotes,
            "date,underlying,expiration,strike,right,bid\n2017-11-10,AAPL,2018-01-19,175,C,3\n");
  add_input(fold, InputKind::kScenarios, "{}");

  const InputRows rows = fold.take();

  ASSERT_THAT(rows.prices, SizeIs(2));
  EXPECT_EQ(rows.prices.at(0).close, 258.0);
  EXPECT_EQ(rows.prices.at(1).close, 259.0);
  EXPECT_THAT(rows.rates, SizeIs(1));
  EXPECT_THAT(rows.sectors, SizeIs(1));
  EXPECT_THAT(rows.splits, SizeIs(1));
  EXPECT_THAT(rows.quotes, SizeIs(1));
}

TEST(InputFold, HashesContentsInTheirOrder) {
  EXPECT_EQ(hash_after({kPricesA, kPricesB}), hash_after({kPricesA, kPricesB}));
  EXPECT_NE(hash_after({kPricesA, kPricesB}), hash_after({kPricesB, kPricesA}));
  EXPECT_NE(hash_after({kPricesA}), hash_after({kPricesA, kPricesA}));
  EXPECT_NE(hash_after({kPricesA}), hash_after({}));
}

TEST(InputFold, HashesWhatAPortfolioIs) {
  const auto hash_of = [](std::uint64_t number, const char* name, const char* rows) {
    InputFold fold;
    add_portfolio(fold, id(number), name, rows);
    return fold.take().hash;
  };
  const Digest one = hash_of(1, "A", "SPY,1,2,2017-01-03\n");

  EXPECT_EQ(hash_of(1, "A", "SPY,1,2,2017-01-03\n"), one);
  EXPECT_NE(hash_of(2, "A", "SPY,1,2,2017-01-03\n"), one);
  EXPECT_NE(hash_of(1, "B", "SPY,1,2,2017-01-03\n"), one);
  EXPECT_NE(hash_of(1, "A", "SPY,2,2,2017-01-03\n"), one);
}

TEST(InputFold, ReplacesAPortfolioInItsPlace) {
  InputFold fold;
  add_portfolio(fold, id(1), "A", "SPY,1,2,2017-01-03\n");
  add_portfolio(fold, id(2), "B", "SPY,1,2,2017-01-03\n");
  add_portfolio(fold, id(1), "A", "SPY,5,2,2017-01-03\nTLT,1,2,2017-01-03\n");

  const InputRows rows = fold.take();

  ASSERT_THAT(rows.portfolios, SizeIs(2));
  EXPECT_EQ(rows.portfolios.at(0).id, id(1));
  EXPECT_THAT(rows.portfolios.at(0).positions, SizeIs(2));
  EXPECT_EQ(rows.portfolios.at(0).positions.at(0).quantity, 5.0);
}

TEST(InputFold, ForgetsADeletedPortfolio) {
  InputFold fold;
  InputFold without;
  add_portfolio(fold, id(1), "A", "SPY,1,2,2017-01-03\n");
  fold.remove({.portfolio = id(1), .name = "A"});
  fold.remove({.portfolio = id(9), .name = "unknown"});

  const InputRows rows = fold.take();

  EXPECT_THAT(rows.portfolios, IsEmpty());
  EXPECT_EQ(rows.hash, without.take().hash);
}

TEST(InputFold, ReplacesFlowsOfThePortfoliosThatAFileNames) {
  InputFold fold;
  add_input(fold, InputKind::kFlows,
            "portfolio,date,amount\nA,2017-08-15,1\nB,2017-08-15,2\nA,2017-08-16,3\n");
  add_input(fold, InputKind::kFlows, "portfolio,date,amount\nA,2017-09-01,4\n");

  const InputRows rows = fold.take();

  ASSERT_THAT(rows.flows, SizeIs(2));
  EXPECT_EQ(rows.flows.at(0).portfolio, "B");
  EXPECT_EQ(rows.flows.at(1).amount, 4.0);
}

TEST(InputFold, KeepsPositionsThatWereEnteredLongAgo) {
  InputFold fold;
  add_portfolio(fold, id(1), "A", "KO,1,2,1962-06-01\n");

  EXPECT_THAT(fold.take().portfolios.at(0).positions, SizeIs(1));
}

TEST(InputFold, CallsAStoredFileThatDoesNotParseCorrupt) {
  InputFold fold;
  InputIngested event;
  event.kind = InputKind::kPrices;
  event.file_name = "f.csv";

  const Status status = fold.add(event, "symbol,date,close\nSPY,2017-11-10,-1\n");

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kCorruption);
  EXPECT_THAT(status.error().message, HasSubstr("f.csv line 2: ERR_PRICE_007"));
}

TEST(InputFold, IsEmptyAfterTake) {
  InputFold fold;
  const Digest empty = InputFold().take().hash;
  add_input(fold, InputKind::kPrices, kPricesA);

  EXPECT_THAT(fold.take().prices, SizeIs(1));
  const InputRows again = fold.take();

  EXPECT_THAT(again.prices, IsEmpty());
  EXPECT_EQ(again.hash, empty);
}

}  // namespace
}  // namespace runledger::engine
