#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/inputs/calendar.h"
#include "tests/engine/inputs/import_testing.h"

namespace runledger::engine {
namespace {

using testing::Contains;
using testing::Key;
using testing::SizeIs;

struct Listed {
  std::string name, file;
  double equity = 0;
  Date equity_date{};
};

std::vector<Listed> listed_portfolios() {
  std::istringstream text(file_of_repository("data/portfolios.csv"));
  std::vector<Listed> result;
  std::string line;
  std::getline(text, line);
  while (std::getline(text, line)) {
    std::istringstream cells(line);
    std::string equity;
    std::string day;
    Listed listed;
    std::getline(cells, listed.name, ',');
    std::getline(cells, listed.file, ',');
    std::getline(cells, equity, ',');
    std::getline(cells, day, ',');
    listed.equity = std::stod(equity);
    listed.equity_date = date(day);
    result.push_back(listed);
  }
  return result;
}

// The shipped folder as an engine would hold it.
InputRows import_all() {
  InputFold fold;
  for (const auto& [kind, name] :
       {std::pair{InputKind::kPrices, "prices.csv"}, std::pair{InputKind::kRates, "rates.csv"},
        std::pair{InputKind::kSectors, "sectors.csv"}, std::pair{InputKind::kFlows, "flows.csv"}}) {
    const auto prepared =
        prepare_input(kind, name, file_of_repository(std::string("data/") + name), kToday);
    EXPECT_TRUE(prepared.has_value()) << name;
    EXPECT_THAT(prepared->notes, SizeIs(0)) << name;
    EXPECT_TRUE(fold.add(std::get<InputIngested>(prepared->file.event), prepared->file.bytes));
  }
  std::uint64_t number = 0;
  for (const Listed& listed : listed_portfolios()) {
    const auto prepared = prepare_portfolio({.id = PortfolioId::make(UtcTime{}, {++number, 0}),
                                             .name = listed.name,
                                             .file_name = listed.file,
                                             .bytes = file_of_repository("data/" + listed.file),
                                             .equity = listed.equity,
                                             .equity_date = listed.equity_date},
                                            kToday);
    EXPECT_TRUE(prepared.has_value()) << listed.name;
    EXPECT_THAT(prepared->notes, SizeIs(0)) << listed.name;
    EXPECT_TRUE(fold.add(std::get<PortfolioImported>(prepared->file.event), prepared->file.bytes));
  }
  return fold.take();
}

const InputRows& shipped() {
  static const InputRows rows = import_all();
  return rows;
}

const std::map<std::pair<std::string, Date>, double>& closes() {
  static const auto result = [] {
    std::map<std::pair<std::string, Date>, double> map;
    for (const PriceRow& row : shipped().prices) {
      map[{row.symbol, row.date}] = row.close;
    }
    return map;
  }();
  return result;
}

const std::string& priced_symbol(const Position& position) {
  return position.is_option() ? position.underlying : position.symbol;
}

TEST(ShippedData, HasTheRowsThatItsDescriptionNames) {
  EXPECT_THAT(shipped().prices, SizeIs(48632));
  EXPECT_THAT(shipped().rates, SizeIs(813));
  EXPECT_THAT(shipped().sectors, SizeIs(66));
  EXPECT_THAT(shipped().flows, SizeIs(2));
  ASSERT_THAT(shipped().portfolios, SizeIs(4));
  EXPECT_THAT(shipped().portfolios.at(0).positions, SizeIs(16));
  EXPECT_THAT(shipped().portfolios.at(1).positions, SizeIs(14));
  EXPECT_THAT(shipped().portfolios.at(2).positions, SizeIs(15));
  EXPECT_THAT(shipped().portfolios.at(3).positions, SizeIs(12));
}

TEST(ShippedData, HasAPriceOfTheMarketOnEverySession) {
  const auto sessions = Calendar::nyse().sessions(date("2014-11-10"), date("2017-11-10"));

  ASSERT_THAT(sessions, SizeIs(758));
  for (const char* factor : {"SPY", "VTV", "VUG", "MTUM", "QUAL", "IWM", "USMV", "TLT"}) {
    for (const Date session : sessions) {
      ASSERT_TRUE(closes().contains({factor, session})) << factor << format_date(session);
    }
  }
}

TEST(ShippedData, HasNoPriceOutsideSessions) {
  for (const PriceRow& row : shipped().prices) {
    ASSERT_TRUE(Calendar::nyse().is_trading_day(row.date)) << format_date(row.date);
  }
}

TEST(ShippedData, KnowsTheSectorOfEverySymbol) {
  std::map<std::string, std::string> sectors;
  for (const SectorRow& row : shipped().sectors) {
    sectors[row.symbol] = row.sector;
  }

  for (const PriceRow& row : shipped().prices) {
    ASSERT_THAT(sectors, Contains(Key(row.symbol)));
  }
}

TEST(ShippedData, EntersPositionsAtTheirClose) {
  for (const Portfolio& portfolio : shipped().portfolios) {
    for (const Position& position : portfolio.positions) {
      const auto close = closes().find({priced_symbol(position), position.entry_date});
      ASSERT_NE(close, closes().end()) << portfolio.name << " line " << position.line;
      if (!position.is_option()) {
        EXPECT_EQ(position.entry_price, close->second) << portfolio.name << position.symbol;
      }
    }
  }
}

TEST(ShippedData, HasEquityInProportionToItsPositions) {
  for (const Portfolio& portfolio : shipped().portfolios) {
    double gross = 0;
    for (const Position& position : portfolio.positions) {
      if (!position.is_option() && position.entry_date <= *portfolio.equity_date) {
        gross +=
            std::abs(position.quantity) * closes().at({position.symbol, *portfolio.equity_date});
      }
    }
    EXPECT_GT(gross / *portfolio.equity, 0.8) << portfolio.name;
    EXPECT_LT(gross / *portfolio.equity, 1.6) << portfolio.name;
  }
}

TEST(ShippedData, HasLongAndShortCallsAndPuts) {
  std::set<std::pair<OptionRight, bool>> kinds;
  for (const Portfolio& portfolio : shipped().portfolios) {
    for (const Position& position : portfolio.positions) {
      if (position.is_option()) {
        kinds.insert({position.right, position.quantity > 0});
      }
    }
  }

  EXPECT_THAT(kinds, SizeIs(4));
}

TEST(ShippedData, HasFlowsOfItsOwnPortfolios) {
  std::set<std::string> names;
  for (const Portfolio& portfolio : shipped().portfolios) {
    names.insert(portfolio.name);
  }

  for (const FlowRow& flow : shipped().flows) {
    EXPECT_TRUE(names.contains(flow.portfolio)) << flow.portfolio;
  }
}

}  // namespace
}  // namespace runledger::engine
