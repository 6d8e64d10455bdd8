#include "tests/engine/jobs/random_market.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <numeric>
#include <utility>

#include "engine/inputs/calendar.h"
#include "engine/jobs/market_data.h"
#include "tests/engine/jobs/support.h"

namespace runledger::engine::test {
namespace {

/// Prices of one symbol as they are damaged; NaN: no row.
using Closes = std::vector<double>;

Closes random_walk(Dice& dice, const std::vector<double>& market, Damage damage) {
  const double beta = dice.between(-0.5, 2.0);
  const double own = dice.chance(0.9) ? dice.between(0.003, 0.03) : 0.0;
  Closes closes;
  double price = damage == Damage::kWild && dice.chance(0.5) ? dice.magnitude(-9, 12)
                                                             : dice.magnitude(0.5, 2.8);
  for (const double move : market) {
    closes.push_back(price);
    price *= std::exp(beta * move + own * dice.normal());
    price = std::clamp(price, 1e-9, 1e12);
  }
  return closes;
}

void damage_closes(Dice& dice, Closes& closes, Damage damage) {
  const double nan = std::nan("");
  const std::size_t n = closes.size();
  if (dice.chance(0.2)) {  // listed late
    std::fill_n(closes.begin(), dice.below(n), nan);
  }
  if (dice.chance(0.1)) {  // trading stops
    std::fill(closes.begin() + static_cast<std::ptrdiff_t>(n - 1 - dice.below(20)), closes.end(),
              nan);
  }
  for (std::size_t gaps = dice.chance(0.4) ? dice.below(30) : 0; gaps > 0; --gaps) {
    closes[dice.below(n)] = nan;
  }
  for (std::size_t ticks = dice.chance(0.3) ? dice.below(4) : 0; ticks > 0; --ticks) {
    const double shifts[] = {0.01, 0.1, 10, 100, 1.5, 0.6};
    const std::size_t recent = n - 1 - dice.below(std::min<std::size_t>(n, 12));
    closes[dice.chance(0.5) ? recent : dice.below(n)] *= shifts[dice.below(6)];
  }
  if (dice.chance(0.1)) {  // a constant price
    std::fill(closes.begin() + static_cast<std::ptrdiff_t>(dice.below(n)), closes.end(), 25.0);
  }
  if (damage == Damage::kWild && dice.chance(0.3)) {
    for (std::size_t i = dice.below(5); i > 0; --i) {
      closes[dice.below(n)] = dice.chance(0.8) ? dice.magnitude(-9, 12) : -dice.magnitude(-3, 3);
    }
  }
}

void add_prices(
    InputRows& rows, Dice& dice, const std::string& symbol, const Closes& closes, Date last) {
  const Calendar& calendar = Calendar::nyse();
  const Session first = calendar.index_of(last) - static_cast<Session>(closes.size()) + 1;
  const bool has_ohlc = dice.chance(0.3);
  for (std::size_t i = 0; i < closes.size(); ++i) {
    if (std::isnan(closes[i])) {
      continue;
    }
    PriceRow row;
    row.symbol = symbol;
    row.date = calendar.date_at(first + static_cast<Session>(i));
    row.close = closes[i];
    if (has_ohlc) {
      row.open = closes[i] * 1.001;
      row.high = closes[i] * (dice.chance(0.01) ? 0.9 : 1.01);
      row.low = closes[i] * 0.99;
    }
    rows.prices.push_back(std::move(row));
  }
}

void add_rates(InputRows& rows, Dice& dice, Date last, Damage damage) {
  if (damage != Damage::kNone && dice.chance(0.1)) {
    return;
  }
  const double least = damage == Damage::kWild && dice.chance(0.3) ? -10 : 0.05;
  const double most = damage == Damage::kWild && dice.chance(0.3) ? 60 : 4;
  double level = dice.between(least, most);
  const double step = dice.chance(0.95) ? 0.04 : 0.0;
  for (const Date day : Calendar::nyse().sessions(last - std::chrono::days{620}, last)) {
    level = std::clamp(level + step * dice.normal(), least, most);
    if (damage != Damage::kNone && dice.chance(0.02)) {
      continue;
    }
    RateRow row;
    row.date = day;
    for (std::size_t i = 0; i < row.percent.size(); ++i) {
      if (damage == Damage::kNone || dice.chance(0.97)) {
        row.percent[i] = level + 0.1 * static_cast<double>(i);
      }
    }
    rows.rates.push_back(row);
  }
}

Position random_stock(Dice& dice, const std::string& symbol, Date last, Damage damage) {
  const double size =
      damage == Damage::kWild ? dice.magnitude(-6, 12) : std::floor(dice.between(1, 2000));
  const double quantity = dice.chance(0.7) ? size : -size;
  const double price =
      damage == Damage::kWild && dice.chance(0.3) ? dice.magnitude(-6, 12) : dice.magnitude(0, 2.5);
  const auto age = std::chrono::days{dice.below(400)};
  Position position = stock(symbol, quantity, price, last - age);
  if (damage == Damage::kNone) {
    return position;
  }
  if (dice.chance(0.15)) {
    position.exit_date = std::min(last, position.entry_date + std::chrono::days{dice.below(500)});
    if (dice.chance(0.6)) {
      position.exit_price = dice.magnitude(0, 2.5);
    }
  }
  if (dice.chance(0.05)) {
    position.investment_class = InvestmentClass::kPrivate;
  }
  return position;
}

void add_quotes(InputRows& rows, Dice& dice, const Position& position, Date last, Damage damage) {
  for (std::size_t i = dice.chance(0.5) ? dice.below(6) : 0; i > 0; --i) {
    QuoteRow row;
    row.date = last - std::chrono::days{dice.below(5)};
    row.underlying = position.underlying;
    row.expiration = position.expiration;
    row.strike = position.strike;
    row.right = position.right;
    const double bid = damage == Damage::kWild ? dice.magnitude(-3, 6) : dice.magnitude(-2, 1.3);
    row.bid = bid;
    row.ask = bid * dice.between(damage == Damage::kNone ? 1.0 : 0.9, 1.3);
    if (dice.chance(0.3)) {
      row.iv = damage == Damage::kWild ? dice.magnitude(-3, 1) : dice.between(0.1, 0.8);
    }
    rows.quotes.push_back(row);
  }
}

void add_options(InputRows& rows, Dice& dice, Date last, std::size_t count, Damage damage) {
  Portfolio& portfolio = rows.portfolios.front();
  const std::size_t stocks = portfolio.positions.size();
  for (std::size_t i = 0; i < count && stocks > 0; ++i) {
    const Position held = portfolio.positions[dice.below(stocks)];
    double near = held.entry_price;
    for (const PriceRow& row : rows.prices) {
      near = row.symbol == held.symbol && row.close > 0 ? row.close : near;
    }
    const double strike =
        near * (damage == Damage::kWild && dice.chance(0.3) ? dice.magnitude(-4, 4)
                                                            : dice.between(0.6, 1.5));
    const Date entry = last - std::chrono::days{dice.below(120)};
    const Date expiration = dice.chance(0.2) ? entry + std::chrono::days{dice.below(120)}
                                             : last + std::chrono::days{dice.below(600)};
    Position position =
        option(held.symbol, dice.chance(0.5) ? 3 : -2, std::max(1e-6, near * 0.05), entry, strike,
               expiration, dice.chance(0.5) ? OptionRight::kCall : OptionRight::kPut);
    position.style = dice.chance(0.8) ? OptionStyle::kAmerican : OptionStyle::kEuropean;
    if (damage != Damage::kNone && dice.chance(0.1)) {
      position.exit_date = std::min(last, entry + std::chrono::days{dice.below(150)});
    }
    add_quotes(rows, dice, position, last, damage);
    portfolio.positions.push_back(std::move(position));
  }
}

void add_book(InputRows& rows,
              Dice& dice,
              const std::vector<std::string>& symbols,
              Date last,
              Damage damage) {
  Portfolio portfolio;
  portfolio.id = portfolio_id(1);
  portfolio.name = "book";
  const std::size_t count = damage == Damage::kNone ? 3 + dice.below(8) : dice.below(14);
  for (std::size_t i = 0; i < count; ++i) {
    const bool unknown = damage != Damage::kNone && dice.chance(0.05);
    portfolio.positions.push_back(random_stock(
        dice, unknown ? "UNKNOWN" : symbols[dice.below(symbols.size())], last, damage));
  }
  if (dice.chance(0.85)) {
    portfolio.equity = damage == Damage::kWild ? dice.magnitude(-2, 12) : dice.magnitude(3, 6);
    portfolio.equity_date =
        Calendar::nyse().on_or_before(last - std::chrono::days{dice.below(100)});
  }
  rows.portfolios.push_back(std::move(portfolio));
  for (std::size_t i = dice.chance(0.3) ? dice.below(4) : 0; i > 0; --i) {
    rows.flows.push_back(
        {"book", last - std::chrono::days{dice.below(120)}, dice.between(-50000, 50000)});
  }
}

}  // namespace

std::vector<std::uint64_t> test_seeds(std::size_t count) {
  const char* first = std::getenv("RUNLEDGER_SEED");
  std::vector<std::uint64_t> seeds(count);
  std::iota(seeds.begin(), seeds.end(), first != nullptr ? std::stoull(first) : 1ULL);
  return seeds;
}

std::uint64_t Dice::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

double Dice::unit() {
  return static_cast<double>(next() >> 11U) / 9007199254740992.0;
}

double Dice::between(double least, double most) {
  return least + (most - least) * unit();
}

std::size_t Dice::below(std::size_t count) {
  return count == 0 ? 0 : static_cast<std::size_t>(next() % count);
}

double Dice::normal() {
  const double radius = std::sqrt(-2 * std::log(1 - unit()));
  return radius * std::cos(2 * std::numbers::pi * unit());
}

double Dice::magnitude(double least, double most) {
  return std::pow(10, between(least, most));
}

void add_random_options(InputRows& rows, Dice& dice, Date last, std::size_t count) {
  add_options(rows, dice, last, count, Damage::kNone);
}

InputRows random_market(std::uint64_t seed, Date last, Damage damage) {
  Dice dice(seed);
  InputRows rows;
  std::vector<double> market(300 + dice.below(120));
  for (double& move : market) {
    move = 0.008 * dice.normal();
  }
  std::vector<std::string> symbols;
  std::vector<std::string> all = {kRatesFund};
  for (const FactorFund& fund : kFactorFunds) {
    all.emplace_back(fund.symbol);
  }
  for (std::size_t i = 3 + dice.below(8); i > 0; --i) {
    symbols.push_back("S" + std::to_string(i));
    all.push_back(symbols.back());
  }
  const std::size_t first_own = all.size() - symbols.size();
  Closes before;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Closes closes = random_walk(dice, market, damage);
    if (damage != Damage::kNone && dice.chance(0.05) && !before.empty()) {
      closes = before;  // exactly collinear
    }
    before = closes;
    if (damage != Damage::kNone && dice.chance(i < first_own ? 0.15 : 0.6)) {
      damage_closes(dice, closes, damage);
    }
    add_prices(rows, dice, all[i], closes, last);
  }
  add_rates(rows, dice, last, damage);
  symbols.emplace_back("SPY");
  symbols.emplace_back("VTV");
  add_book(rows, dice, symbols, last, damage);
  if (dice.chance(0.5)) {
    add_options(rows, dice, last, 1 + dice.below(4), damage);
  }
  if (damage != Damage::kNone && dice.chance(0.3)) {
    rows.splits.push_back({symbols.front(), last - std::chrono::days{dice.below(60)},
                           damage == Damage::kWild ? dice.magnitude(-4, 4) : 7});
  }
  for (const std::string& symbol : symbols) {
    if (dice.chance(0.7)) {
      rows.sectors.push_back({symbol, dice.chance(0.5) ? "Energy" : "Utilities", symbol});
    }
  }
  return rows;
}

}  // namespace runledger::engine::test
