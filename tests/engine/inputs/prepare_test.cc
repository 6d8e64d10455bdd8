#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/inputs/import_testing.h"

namespace runledger::engine {
namespace {

using testing::ElementsAre;

const std::string kPrices =
    "symbol,date,close\nSPY,2017-11-10,258\nTLT,2017-11-09,126\nSPY,2017-11-09,257\n";
const std::string kPositions =
    "Symbol,Quantity,Entry Price Per Share,Entry "
    "Date\nSPY,1,250,2017-10-02\nTLT,2,120,2017-10-02\n";

PortfolioImportRequest request() {
  return {.id = PortfolioId::make(UtcTime{}, {1, 2}),
          .name = " Balanced ",
          .file_name = "balanced.csv",
          .bytes = kPositions,
          .equity = 1000.0,
          .equity_date = date("2017-10-02")};
}

std::vector<std::string> errors_of(PortfolioImportRequest changed) {
  const auto prepared = prepare_portfolio(std::move(changed), kToday);
  return prepared ? std::vector<std::string>{} : briefs(prepared.error());
}

TEST(PrepareImport, DescribesAnInputFile) {
  const auto prepared = prepare_input(InputKind::kPrices, "p.CSV", kPrices, kToday);

  ASSERT_TRUE(prepared.has_value());
  const auto& event = std::get<InputIngested>(prepared->file.event);
  EXPECT_EQ(event.kind, InputKind::kPrices);
  EXPECT_EQ(event.content, sha256(kPrices));
  EXPECT_EQ(event.file_name, "p.CSV");
  EXPECT_EQ(event.rows, 3U);
  EXPECT_EQ(event.symbols, 2U);
  EXPECT_EQ(event.first_date, date("2017-11-09"));
  EXPECT_EQ(event.last_date, date("2017-11-10"));
  EXPECT_EQ(prepared->file.bytes, kPrices);
}

TEST(PrepareImport, KnowsNoDatesOfSectors) {
  const auto prepared = prepare_input(InputKind::kSectors, "", "symbol,sector\nSPY,ETFs\n", kToday);

  ASSERT_TRUE(prepared.has_value());
  const auto& event = std::get<InputIngested>(prepared->file.event);
  EXPECT_EQ(event.symbols, 1U);
  EXPECT_EQ(event.first_date, std::nullopt);
}

TEST(PrepareImport, RefusesOtherFileTypes) {
  const auto prepared = prepare_input(InputKind::kPrices, "p.xlsx", kPrices, kToday);

  ASSERT_FALSE(prepared.has_value());
  EXPECT_THAT(briefs(prepared.error()), ElementsAre("0 ERR_CSV_002 file"));
}

TEST(PrepareImport, HandsOnTheErrorsOfAFile) {
  const auto prepared =
      prepare_input(InputKind::kFlows, "f.csv", "portfolio,date,amount\nX,2017-11-14,1\n", kToday);

  ASSERT_FALSE(prepared.has_value());
  EXPECT_THAT(briefs(prepared.error()), ElementsAre("2 ERR_FLOW_003 date"));
}

TEST(PrepareImport, DescribesAPortfolio) {
  const auto prepared = prepare_portfolio(request(), kToday);

  ASSERT_TRUE(prepared.has_value());
  const auto& event = std::get<PortfolioImported>(prepared->file.event);
  EXPECT_EQ(event.portfolio, request().id);
  EXPECT_EQ(event.name, "Balanced");
  EXPECT_EQ(event.content, sha256(kPositions));
  EXPECT_EQ(event.file_name, "balanced.csv");
  EXPECT_EQ(event.positions, 2U);
  EXPECT_EQ(event.equity, 1000.0);
  EXPECT_EQ(event.equity_date, date("2017-10-02"));
}

TEST(PrepareImport, ChecksTheNameOfAPortfolio) {
  PortfolioImportRequest changed = request();
  changed.name = " \t";
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_002 name"));
  changed.name = std::string(101, 'x');
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_003 name"));
  changed.name = "two\nlines";
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_012 name"));
  changed.name = "Z\xfcrich";
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_012 name"));
  changed.name = to_string(changed.id);
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_014 name"));
}

TEST(PrepareImport, ChecksTheEquityOfAPortfolio) {
  PortfolioImportRequest changed = request();
  changed.equity = 0.0;
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_005 equity"));
  changed.equity = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_005 equity"));
  changed.equity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_006 equity"));
  changed.equity = 1e12;
  EXPECT_THAT(errors_of(changed), ElementsAre());
}

TEST(PrepareImport, ChecksTheDateOfTheEquity) {
  PortfolioImportRequest changed = request();
  changed.equity_date = std::nullopt;
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_013 equity_date"));
  changed.equity_date = date("2017-11-12");
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_015 equity_date"));
  changed.equity_date = date("2017-11-14");
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_016 equity_date"));
  changed.equity_date = date("2017-11-10");
  changed.equity = std::nullopt;
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_004 equity"));
  changed.equity_date = std::nullopt;
  EXPECT_THAT(errors_of(changed), ElementsAre());
}

TEST(PrepareImport, ReportsRequestAndFileTogether) {
  PortfolioImportRequest changed = request();
  changed.name = "";
  changed.file_name = "positions.txt";
  changed.bytes = "Symbol,Quantity,Entry Price Per Share,Entry Date\nSPY,0,250,2017-10-02\n";
  EXPECT_THAT(errors_of(changed),
              ElementsAre("0 ERR_PORT_002 name", "0 ERR_CSV_002 file", "2 ERR_POS_006 Quantity"));
  changed.bytes = "";
  changed.file_name = "";
  EXPECT_THAT(errors_of(changed), ElementsAre("0 ERR_PORT_002 name", "0 ERR_PORT_007 file"));
}

}  // namespace
}  // namespace runledger::engine
