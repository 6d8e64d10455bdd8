#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/inputs/calendar.h"
#include "engine/jobs/market_data.h"
#include "engine/jobs/risk_calculation.h"
#include "engine/risk/american.h"

/// How long does the arithmetic of a night take, without the log?
namespace runledger::engine {
namespace {

constexpr std::size_t kSymbols = 200;
constexpr std::size_t kSessions = 420;
constexpr std::size_t kPositions = 25;
constexpr std::size_t kDates = 20;

const Date kLast = Date{std::chrono::year{2017} / 11 / 10};

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  double unit() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return static_cast<double>(state_ >> 11U) / 9007199254740992.0;
  }
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(unit() * static_cast<double>(bound));
  }

 private:
  std::uint64_t state_;
};

std::vector<std::string> symbol_names() {
  std::vector<std::string> names;
  for (const FactorFund& fund : kFactorFunds) {
    names.emplace_back(fund.symbol);
  }
  names.emplace_back(kRatesFund);
  for (std::size_t i = names.size(); i < kSymbols; ++i) {
    names.push_back("S" + std::to_string(1000 + i));
  }
  return names;
}

PortfolioId portfolio_id(std::size_t number) {
  PortfolioId id;
  id.uuid.bytes[14] = static_cast<std::uint8_t>(number >> 8U);
  id.uuid.bytes[15] = static_cast<std::uint8_t>(number & 0xFFU);
  return id;
}

Portfolio make_portfolio(std::size_t number, const std::vector<std::string>& names, bool options) {
  Random random(number * 7919 + 17);
  Portfolio portfolio;
  portfolio.id = portfolio_id(number);
  portfolio.name = "P" + std::to_string(number);
  portfolio.equity = 1e6;
  portfolio.equity_date = kLast - std::chrono::days{60};
  for (std::size_t i = 0; i < kPositions; ++i) {
    Position position;
    position.symbol = names[random.below(names.size())];
    position.quantity = std::round(10 + 500 * random.unit()) * (random.unit() < 0.2 ? -1 : 1);
    position.entry_price = 50 + 100 * random.unit();
    position.entry_date = kLast - std::chrono::days{200};
    if (options && i % 5 == 0) {
      position.investment_class = InvestmentClass::kOptions;
      position.underlying = position.symbol;
      position.symbol.clear();
      position.quantity = std::round(position.quantity / 100) + 1;
      position.strike = std::round(80 + 40 * random.unit());
      position.expiration = kLast + std::chrono::days{70};
      position.right = i % 2 == 0 ? OptionRight::kPut : OptionRight::kCall;
      position.multiplier = 100;
    }
    portfolio.positions.push_back(std::move(position));
  }
  return portfolio;
}

InputRows make_inputs(std::size_t portfolios, bool options) {
  const Calendar& calendar = Calendar::nyse();
  const Session first = calendar.index_of(kLast) - static_cast<Session>(kSessions) + 1;
  const std::vector<std::string> names = symbol_names();
  InputRows rows;
  for (std::size_t s = 0; s < names.size(); ++s) {
    Random random(s + 1);
    double price = 100;
    for (std::size_t t = 0; t < kSessions; ++t) {
      price *= 1 + 0.02 * (random.unit() - 0.49);
      PriceRow row;
      row.symbol = names[s];
      row.date = calendar.date_at(first + static_cast<Session>(t));
      row.close = price;
      rows.prices.push_back(std::move(row));
    }
  }
  Random random(99);
  for (std::size_t t = 0; t < kSessions; ++t) {
    RateRow row;
    row.date = calendar.date_at(first + static_cast<Session>(t));
    row.percent.fill(1.5 + random.unit() / 10);
    rows.rates.push_back(row);
  }
  for (std::size_t p = 0; p < portfolios; ++p) {
    rows.portfolios.push_back(make_portfolio(p, names, options));
  }
  return rows;
}

/// All jobs of `portfolios` on kDates dates, as a backfill orders them: date by date.
void run_backfill(benchmark::State& state, bool options) {
  const auto portfolios = static_cast<std::size_t>(state.range(0));
  const InputRows rows = make_inputs(portfolios, options);
  const std::vector<Date> all = Calendar::nyse().sessions(kLast - std::chrono::days{60}, kLast);
  const std::vector<Date> dates(all.end() - static_cast<std::ptrdiff_t>(kDates), all.end());
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    const auto calculation = make_risk_calculation(rows);
    for (const Date day : dates) {
      JobSpec spec;
      spec.as_of = day;
      spec.type = JobType::kMarketDataUpdate;
      benchmark::DoNotOptimize(calculation->run(spec, {}, {}));
      for (const Portfolio& portfolio : rows.portfolios) {
        spec.portfolio = portfolio.id;
        for (const JobType type : kAllJobTypes) {
          if (type == JobType::kMarketDataUpdate || type == JobType::kPositionCorrelations) {
            continue;
          }
          spec.type = type;
          const auto result = calculation->run(spec, {}, {});
          bytes += result ? result->document.size() : 0;
        }
        calculation->release(portfolio.id, day);
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(portfolios * kDates));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void BM_BackfillOfStocks(benchmark::State& state) {
  run_backfill(state, false);
}
BENCHMARK(BM_BackfillOfStocks)->ArgName("portfolios")->Arg(50)->Unit(benchmark::kMillisecond);

void BM_BackfillWithOptions(benchmark::State& state) {
  run_backfill(state, true);
}
BENCHMARK(BM_BackfillWithOptions)->ArgName("portfolios")->Arg(10)->Unit(benchmark::kMillisecond);

void BM_OneJob(benchmark::State& state) {
  const auto type = static_cast<JobType>(state.range(0));
  const InputRows rows = make_inputs(1, false);
  const auto calculation = make_risk_calculation(rows);
  JobSpec spec;
  spec.as_of = kLast;
  spec.type = type;
  spec.portfolio = rows.portfolios.front().id;
  for (auto _ : state) {
    benchmark::DoNotOptimize(calculation->run(spec, {}, {}));
  }
  state.SetLabel(std::string(to_string(type)));
}
BENCHMARK(BM_OneJob)->DenseRange(2, 11);

void BM_AmericanPrice(benchmark::State& state) {
  risk::OptionTerms terms{risk::OptionKind::kPut, 95, 100, 0.5, 0.02, 0, 0.25};
  for (auto _ : state) {
    terms.spot = terms.spot < 105 ? terms.spot + 0.01 : 95;
    benchmark::DoNotOptimize(risk::american_price(terms));
  }
}
BENCHMARK(BM_AmericanPrice);

}  // namespace
}  // namespace runledger::engine

BENCHMARK_MAIN();
