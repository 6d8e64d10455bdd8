#include "tests/engine/jobs/support.h"

#include <cmath>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "engine/inputs/calendar.h"
#include "engine/inputs/import.h"
#include "engine/jobs/market_data.h"

namespace runledger::engine::test {
namespace {

/// Day that no date of the fixtures is after.
const Date kToday = Date{std::chrono::year{2026} / 1 / 2};

template <class Rows>
Rows take(Parsed<Rows> parsed) {
  for (const ImportIssue& issue : parsed.errors) {
    ADD_FAILURE() << issue.line << ": " << issue.code << " " << issue.message;
  }
  return std::move(parsed.rows);
}

}  // namespace

std::string read_file(const std::string& path) {
  std::ifstream file(std::string(RUNLEDGER_SOURCE_DIR) + "/" + path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Date date(std::string_view text) {
  const auto parsed = parse_date(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Date{});
}

PortfolioId portfolio_id(std::uint8_t number) {
  PortfolioId id;
  id.uuid.bytes[15] = number;
  return id;
}

GoldenCase load_golden(const std::string& name) {
  const std::string folder = "tests/golden/";
  GoldenCase result;
  result.golden = nlohmann::json::parse(read_file(folder + name + ".json"));
  result.as_of = date(result.golden["as_of"].get<std::string>());
  result.portfolio = portfolio_id(1);
  const nlohmann::json& inputs = result.golden["inputs"];
  InputRows& rows = result.inputs;
  // The main price file and the rates are cut to what the cases need (README.md there).
  rows.prices = take(parse_prices(read_file(folder + "prices.csv"), kToday));
  for (const auto& file : inputs["prices"]) {
    const auto path = file.get<std::string>();
    if (path.find('/') == std::string::npos) {
      for (PriceRow& row : take(parse_prices(read_file(folder + path), kToday))) {
        rows.prices.push_back(std::move(row));
      }
    }
  }
  rows.rates = take(parse_rates(read_file(folder + "rates.csv"), kToday));
  rows.sectors = take(parse_sectors(read_file(folder + "sectors.csv")));
  if (inputs.contains("quotes")) {
    rows.quotes =
        take(parse_quotes(read_file(folder + inputs["quotes"].get<std::string>()), kToday));
  }
  if (inputs.contains("splits")) {
    rows.splits =
        take(parse_splits(read_file(folder + inputs["splits"].get<std::string>()), kToday));
  }
  Portfolio portfolio;
  portfolio.id = result.portfolio;
  portfolio.name = name;
  const std::string positions = read_file(folder + inputs["positions"].get<std::string>());
  portfolio.content = sha256(positions);
  portfolio.positions = take(parse_positions(positions, kToday));
  portfolio.equity = inputs["equity"]["amount"].get<double>();
  portfolio.equity_date = date(inputs["equity"]["date"].get<std::string>());
  rows.portfolios.push_back(std::move(portfolio));
  return result;
}

JobOutput run_job(const Calculation& calculation,
                  JobType type,
                  const PortfolioId& portfolio,
                  Date as_of) {
  JobSpec spec;
  spec.type = type;
  spec.portfolio = type == JobType::kMarketDataUpdate ? PortfolioId{} : portfolio;
  spec.as_of = as_of;
  auto result = calculation.run(spec, {}, {});
  if (!result) {
    ADD_FAILURE() << to_string(type) << ": " << result.error().code << " " << result.error().detail;
    return {};
  }
  EXPECT_TRUE(result->finite) << to_string(type) << ": " << result->document;
  return *std::move(result);
}

nlohmann::json run_document(const Calculation& calculation,
                            JobType type,
                            const PortfolioId& portfolio,
                            Date as_of) {
  const JobOutput output = run_job(calculation, type, portfolio, as_of);
  if (output.nothing_to_do) {
    return {{"skipped", to_string(*output.nothing_to_do)}};
  }
  return nlohmann::json::parse(output.document);
}

Inputs& Inputs::prices(const std::string& symbol, Date last, const std::vector<double>& closes) {
  const Calendar& calendar = Calendar::nyse();
  const Session first = calendar.index_of(last) - static_cast<Session>(closes.size()) + 1;
  for (std::size_t i = 0; i < closes.size(); ++i) {
    if (!std::isnan(closes[i])) {
      price(symbol, calendar.date_at(first + static_cast<Session>(i)), closes[i]);
    }
  }
  return *this;
}

Inputs& Inputs::price(const std::string& symbol, Date day, double close) {
  PriceRow row;
  row.symbol = symbol;
  row.date = day;
  row.close = close;
  rows_.prices.push_back(std::move(row));
  return *this;
}

Inputs& Inputs::portfolio(const PortfolioId& id, std::vector<Position> positions) {
  Portfolio portfolio;
  portfolio.id = id;
  portfolio.name = to_string(id);
  portfolio.positions = std::move(positions);
  rows_.portfolios.push_back(std::move(portfolio));
  return *this;
}

Inputs& Inputs::equity(double amount, Date day) {
  rows_.portfolios.back().equity = amount;
  rows_.portfolios.back().equity_date = day;
  return *this;
}

Inputs& Inputs::rate(Date first, Date last, double percent) {
  for (const Date day : Calendar::nyse().sessions(first, last)) {
    RateRow row;
    row.date = day;
    const double wave = 0.05 * std::sin(static_cast<double>(day.time_since_epoch().count()));
    row.percent.fill(percent + wave);
    rows_.rates.push_back(row);
  }
  return *this;
}

Inputs& Inputs::factors(Date last, std::size_t days) {
  unsigned seed = 100;
  for (const FactorFund& fund : kFactorFunds) {
    prices(fund.symbol, last, wiggle(100, days, ++seed));
  }
  return prices(kRatesFund, last, wiggle(100, days, ++seed));
}

std::vector<double> wiggle(double start, std::size_t count, unsigned seed) {
  std::vector<double> values;
  std::uint64_t state = 0x9E3779B97F4A7C15ULL * (seed + 1);
  double value = start;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(value);
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    const double unit = static_cast<double>(state >> 11U) / 9007199254740992.0;
    value *= 1 + 0.02 * (unit - 0.49);
  }
  return values;
}

Position stock(const std::string& symbol, double quantity, double price, Date entry) {
  Position position;
  position.symbol = symbol;
  position.quantity = quantity;
  position.entry_price = price;
  position.entry_date = entry;
  position.investment_class = InvestmentClass::kPublic;
  return position;
}

Position option(const std::string& underlying,
                double quantity,
                double price,
                Date entry,
                double strike,
                Date expiration,
                OptionRight right) {
  Position position = stock("", quantity, price, entry);
  position.investment_class = InvestmentClass::kOptions;
  position.underlying = underlying;
  position.strike = strike;
  position.expiration = expiration;
  position.right = right;
  position.multiplier = 100;
  return position;
}

Inputs make_market(Date last) {
  Inputs inputs;
  inputs.factors(last, 330).rate(last - std::chrono::days{500}, last, 1.2);
  inputs.prices("AAA", last, wiggle(80, 330, 1)).prices("BBB", last, wiggle(60, 330, 2));
  return inputs;
}

}  // namespace runledger::engine::test
