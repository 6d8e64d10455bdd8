#include "engine/jobs/market_data.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include "schema/ids.h"
#include "schema/invariant.h"

namespace runledger::engine {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kStrikeTolerance = 0.005;
constexpr std::chrono::days kCurveAgeMax{7};
constexpr std::size_t kTenYearTenor = 8;
static_assert(kTenorYears[kTenYearTenor] == 10);

std::uint8_t marks_of(const PriceRow& row) {
  const auto not_positive = [](const std::optional<double>& price) {
    return price && !(*price >= kPriceLeast);
  };
  unsigned marks = 0;
  if (!(row.close >= kPriceLeast) || not_positive(row.open) || not_positive(row.high) ||
      not_positive(row.low) || not_positive(row.adj_close)) {
    marks |= SymbolSeries::kNonPositive;
  }
  const double low = row.low.value_or(row.close);
  const double high = row.high.value_or(row.close);
  const double open = row.open.value_or(row.close);
  if (low > high || low > std::min(open, row.close) || high < std::max(open, row.close)) {
    marks |= SymbolSeries::kOhlcInconsistent;
  }
  if (!row.adj_close) {
    marks |= SymbolSeries::kRawClose;
  }
  return static_cast<std::uint8_t>(marks);
}

/// Puts `entry` in its place; one of the same ex-date is replaced.
template <class Entry>
void insert_by_ex_date(std::vector<Entry>& entries, const Entry& entry) {
  const auto place = std::lower_bound(entries.begin(), entries.end(), entry.ex,
                                      [](const Entry& a, Session ex) { return a.ex < ex; });
  if (place != entries.end() && place->ex == entry.ex) {
    *place = entry;
  } else {
    entries.insert(place, entry);
  }
}

auto contract_key(const OptionQuote& quote) {
  return std::tuple(quote.underlying, quote.session, quote.expiry, quote.right);
}

std::string_view bytes_of(std::span<const double> values) {
  const auto bytes = std::as_bytes(values);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Session session_on_or_after(Date date) {
  const Calendar& calendar = Calendar::nyse();
  const Date inside = std::clamp(date, calendar.first(), calendar.last());
  return calendar.index_of(calendar.on_or_after(inside));
}

Session session_on_or_before(Date date) {
  const Calendar& calendar = Calendar::nyse();
  return calendar.index_on_or_before(std::clamp(date, calendar.first(), calendar.last()));
}

MarketData::MarketData(const InputRows& rows) : parameters_(make_parameters(rows.parameters)) {
  intern(rows);
  load_prices(rows.prices);
  load_rates(rows.rates);
  load_quotes(rows.quotes);
  load_splits(rows.splits);
  load_dividends(rows.dividends);
  adjust_raw_closes();
  for (SymbolSeries& series : series_) {
    series.returns = risk::make_returns(series.adjusted);
  }
  for (const SectorRow& row : rows.sectors) {
    if (const auto found = ids_.find(row.symbol); found != ids_.end()) {
      series_[found->second].sector = row.sector;
    }
  }
}

void MarketData::intern(const InputRows& rows) {
  std::set<std::string_view> seen;
  std::string_view last;
  for (const PriceRow& row : rows.prices) {
    if (row.symbol != last) {  // files are mostly grouped by symbol
      last = row.symbol;
      seen.insert(last);
    }
  }
  for (const Portfolio& portfolio : rows.portfolios) {
    for (const Position& position : portfolio.positions) {
      seen.insert(position.is_option() ? position.underlying : position.symbol);
    }
  }
  for (const FactorFund& fund : kFactorFunds) {
    seen.insert(fund.symbol);
  }
  seen.insert(kRatesFund);
  names_.assign(seen.begin(), seen.end());
  for (SymbolId id = 0; id < names_.size(); ++id) {
    ids_.emplace(names_[id], id);
  }
  series_.resize(names_.size());
}

SymbolId MarketData::id(std::string_view name) const {
  const auto found = ids_.find(name);
  RL_ASSERT(found != ids_.end());
  return found->second;
}

void MarketData::load_prices(const std::vector<PriceRow>& rows) {
  const Calendar& calendar = Calendar::nyse();
  struct Place {
    SymbolId id;
    Session session;
  };
  std::vector<Place> places(rows.size(), Place{0, kNever});
  std::vector<std::pair<Session, Session>> ranges(series_.size(), {kNever, -1});
  SymbolId id = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].date < calendar.first() || rows[i].date > calendar.last() ||
        !calendar.is_trading_day(rows[i].date)) {
      continue;
    }
    if (i == 0 || rows[i].symbol != names_[id]) {
      id = this->id(rows[i].symbol);
    }
    const Session session = calendar.index_of(rows[i].date);
    places[i] = {id, session};
    ranges[id].first = std::min(ranges[id].first, session);
    ranges[id].second = std::max(ranges[id].second, session);
  }
  for (SymbolId symbol = 0; symbol < series_.size(); ++symbol) {
    if (ranges[symbol].second < 0) {
      continue;
    }
    const auto size = static_cast<std::size_t>(ranges[symbol].second - ranges[symbol].first + 1);
    series_[symbol].first = ranges[symbol].first;
    series_[symbol].close.assign(size, kNan);
    series_[symbol].adjusted.assign(size, kNan);
    series_[symbol].marks.assign(size, 0);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {  // in order: a later row replaces an earlier one
    if (places[i].session == kNever) {
      continue;
    }
    SymbolSeries& series = series_[places[i].id];
    const auto index = static_cast<std::size_t>(places[i].session - series.first);
    const double adjusted = rows[i].adj_close.value_or(rows[i].close);
    series.close[index] = rows[i].close >= kPriceLeast ? rows[i].close : kNan;
    series.adjusted[index] = adjusted >= kPriceLeast ? adjusted : kNan;
    series.marks[index] = marks_of(rows[i]);
  }
}

void MarketData::load_rates(const std::vector<RateRow>& rows) {
  std::vector<const RateRow*> sorted;
  sorted.reserve(rows.size());
  for (const RateRow& row : rows) {
    sorted.push_back(&row);
  }
  std::sort(sorted.begin(), sorted.end(), [](const RateRow* a, const RateRow* b) {
    return std::pair(a->date, a) < std::pair(b->date, b);  // of equals the later row comes last
  });
  for (const RateRow* row : sorted) {
    Curve curve{row->date, {}};
    for (std::size_t i = 0; i < kTenorYears.size(); ++i) {
      if (row->percent[i]) {
        curve.points.push_back({kTenorYears[i], *row->percent[i]});
      }
    }
    if (!curves_.empty() && curves_.back().date == curve.date) {
      curves_.back() = std::move(curve);
    } else {
      curves_.push_back(std::move(curve));
    }
  }
  std::erase_if(curves_, [](const Curve& curve) { return curve.points.empty(); });
}

void MarketData::load_quotes(const std::vector<QuoteRow>& rows) {
  const Calendar& calendar = Calendar::nyse();
  quotes_.reserve(rows.size());
  for (const QuoteRow& row : rows) {
    const auto underlying = ids_.find(row.underlying);
    if (underlying == ids_.end() || row.date < calendar.first() || row.date > calendar.last() ||
        !calendar.is_trading_day(row.date)) {
      continue;
    }
    OptionQuote quote;
    quote.row = static_cast<std::size_t>(&row - rows.data());
    quote.underlying = underlying->second;
    quote.session = calendar.index_of(row.date);
    quote.expiry = session_on_or_before(row.expiration);
    quote.strike = row.strike;
    quote.right = row.right;
    if (row.bid && row.ask && *row.bid > 0 && *row.ask >= *row.bid) {
      quote.mid = (*row.bid + *row.ask) / 2;
    }
    if (row.iv && *row.iv > 0) {
      quote.iv = row.iv;
    }
    quotes_.push_back(quote);
  }
  std::sort(quotes_.begin(), quotes_.end(), [](const auto& a, const auto& b) {
    return std::tuple(contract_key(a), a.row) < std::tuple(contract_key(b), b.row);
  });
}

void MarketData::load_splits(const std::vector<SplitRow>& rows) {
  for (const SplitRow& row : rows) {
    const auto found = ids_.find(row.symbol);
    if (found == ids_.end() || !(row.ratio >= 1 / kSplitRatioMost) ||
        !(row.ratio <= kSplitRatioMost)) {
      continue;
    }
    insert_by_ex_date(series_[found->second].splits,
                      SymbolSeries::Split{session_on_or_after(row.ex_date), row.ratio});
  }
}

void MarketData::load_dividends(const std::vector<DividendRow>& rows) {
  for (const DividendRow& row : rows) {
    const auto found = ids_.find(row.symbol);
    if (found == ids_.end()) {
      continue;
    }
    insert_by_ex_date(series_[found->second].dividends,
                      SymbolSeries::Dividend{session_on_or_after(row.ex_date), row.amount});
  }
}

void MarketData::adjust_raw_closes() {
  for (SymbolSeries& series : series_) {
    if (series.splits.empty() && series.dividends.empty()) {
      continue;
    }
    std::vector<risk::ShareAction> splits;
    std::vector<risk::ShareAction> dividends;
    // What went ex up to the first close has changed nothing in the series.
    const auto counts = [&](Session ex) { return ex > series.first; };
    const auto place = [&](Session ex) { return static_cast<std::size_t>(ex - series.first); };
    for (const SymbolSeries::Split& split : series.splits) {
      if (counts(split.ex)) {
        splits.push_back({place(split.ex), split.ratio, 0});
      }
    }
    for (const SymbolSeries::Dividend& dividend : series.dividends) {
      if (counts(dividend.ex)) {
        dividends.push_back({place(dividend.ex), 1, dividend.amount});
      }
    }
    // Of one day the split comes first.
    std::vector<risk::ShareAction> actions(splits.size() + dividends.size());
    const auto earlier = [](const auto& x, const auto& y) { return x.index < y.index; };
    std::ranges::merge(splits, dividends, actions.begin(), earlier);
    std::vector<bool> raw(series.marks.size());
    for (std::size_t t = 0; t < raw.size(); ++t) {
      raw[t] = (series.marks[t] & SymbolSeries::kRawClose) != 0;
    }
    risk::adjust_forward(series.adjusted, raw, actions);
  }
}

double MarketData::dividends(SymbolId id, Session after, Session upto) const {
  double sum = 0;
  for (const SymbolSeries::Dividend& dividend : series_[id].dividends) {
    if (dividend.ex > after && dividend.ex <= upto) {
      sum += dividend.amount * split_ratio(id, after, dividend.ex);
    }
  }
  return sum;
}

std::optional<double> MarketData::trailing_dividends(SymbolId id, Session as_of) const {
  const std::vector<SymbolSeries::Dividend>& dividends = series_[id].dividends;
  if (dividends.empty() || dividends.front().ex > as_of) {
    return std::nullopt;
  }
  const Calendar& calendar = Calendar::nyse();
  const Date oldest = calendar.date_at(as_of) - std::chrono::days{365};
  double sum = 0;
  for (const SymbolSeries::Dividend& dividend : dividends) {
    if (dividend.ex <= as_of && calendar.date_at(dividend.ex) > oldest) {
      sum += dividend.amount / split_ratio(id, dividend.ex, as_of);
    }
  }
  return sum;
}

double MarketData::split_ratio(SymbolId id, Session after, Session upto) const {
  double ratio = 1;
  for (const SymbolSeries::Split& split : series_[id].splits) {
    if (split.ex > after && split.ex <= upto) {
      ratio *= split.ratio;
    }
  }
  return ratio;
}

std::optional<PricePoint> MarketData::price(SymbolId id,
                                            Session as_of,
                                            std::int32_t sessions_max) const {
  const SymbolSeries& series = series_[id];
  const Session newest = std::min(as_of, series.end() - 1);
  const Session oldest = std::max(series.first, as_of - std::min(as_of, sessions_max));
  for (Session session = newest; session >= oldest; --session) {
    const double close = series.close_at(session);
    if (!std::isnan(close)) {
      return PricePoint{series.splits.empty() ? close : close / split_ratio(id, session, as_of),
                        session};
    }
  }
  return std::nullopt;
}

void MarketData::copy_returns(SymbolId id, Session as_of, std::span<double> out) const {
  const SymbolSeries& series = series_[id];
  const Session first = as_of - static_cast<Session>(out.size()) + 1;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = series.at(series.returns.clean, first + static_cast<Session>(i));
  }
  // The newest return may be one that only its reversal, a day later, shows to be a spike.
  const auto& spikes = series.returns.spikes;
  const Session index = as_of - series.first;
  if (!out.empty() && index >= 0) {
    const auto spike = std::lower_bound(
        spikes.begin(), spikes.end(), static_cast<std::size_t>(index),
        [](const risk::Returns::Spike& a, std::size_t wanted) { return a.index < wanted; });
    if (spike != spikes.end() && spike->index == static_cast<std::size_t>(index)) {
      out.back() = spike->value;
    }
  }
}

std::span<const risk::YieldPoint> MarketData::curve(Session as_of) const {
  const Date date = Calendar::nyse().date_at(as_of);
  auto after = std::upper_bound(curves_.begin(), curves_.end(), date,
                                [](Date d, const Curve& curve) { return d < curve.date; });
  if (after == curves_.begin() || date - std::prev(after)->date > kCurveAgeMax) {
    return {};
  }
  return std::prev(after)->points;
}

double MarketData::ten_year(Session session) const {
  const Date date = Calendar::nyse().date_at(session);
  const auto found = std::lower_bound(curves_.begin(), curves_.end(), date,
                                      [](const Curve& curve, Date d) { return curve.date < d; });
  if (found != curves_.end() && found->date == date) {
    for (const risk::YieldPoint& point : found->points) {
      if (point.t_years == kTenorYears[kTenYearTenor]) {
        return point.percent;
      }
    }
  }
  return kNan;
}

const OptionQuote* MarketData::quote(const OptionQuote& contract) const {
  const auto [begin, end] = std::equal_range(
      quotes_.begin(), quotes_.end(), contract,
      [](const auto& a, const auto& b) { return contract_key(a) < contract_key(b); });
  const OptionQuote* found = nullptr;
  for (auto quote = begin; quote != end; ++quote) {  // the last of equals is the newest import
    if (std::abs(quote->strike - contract.strike) <= kStrikeTolerance) {
      found = &*quote;
    }
  }
  return found;
}

Digest MarketData::rates_digest(Session as_of) const {
  const Date date = Calendar::nyse().date_at(as_of);
  Hasher hasher;
  for (const Curve& curve : curves_) {
    if (curve.date > date) {
      break;
    }
    hasher.add(static_cast<std::uint64_t>(curve.date.time_since_epoch().count()));
    for (const risk::YieldPoint& point : curve.points) {
      hasher.add(point.t_years).add(point.percent);
    }
  }
  return hasher.finish();
}

Digest MarketData::quotes_digest(SymbolId underlying, Session as_of) const {
  Hasher hasher;
  auto quote = std::lower_bound(quotes_.begin(), quotes_.end(), underlying,
                                [](const auto& a, SymbolId id) { return a.underlying < id; });
  for (; quote != quotes_.end() && quote->underlying == underlying && quote->session <= as_of;
       ++quote) {
    hasher.add(static_cast<std::uint64_t>(quote->session))
        .add(static_cast<std::uint64_t>(quote->expiry))
        .add(static_cast<std::uint64_t>(quote->right))
        .add(quote->strike)
        .add(quote->mid.value_or(0.0))
        .add(quote->iv.value_or(0.0));
  }
  return hasher.finish();
}

Digest MarketData::prices_digest(SymbolId id, Session as_of) const {
  const SymbolSeries& series = series_[id];
  Hasher hasher;
  hasher.add(std::string_view(names_[id]));
  std::size_t days = 0;
  if (as_of >= series.first) {
    days = std::min(series.close.size(), static_cast<std::size_t>(as_of - series.first) + 1);
  }
  // That a day has no price shows only by what comes later: it must not show here.
  while (days > 0 && std::isnan(series.close[days - 1]) && std::isnan(series.adjusted[days - 1]) &&
         series.marks[days - 1] == 0) {
    --days;
  }
  if (days > 0) {
    hasher.add(static_cast<std::uint64_t>(series.first));
    // NaN has one bit pattern here, so that bytes are as good as numbers.
    hasher.add(bytes_of(std::span(series.close).first(days)));
    hasher.add(bytes_of(std::span(series.adjusted).first(days)));
    hasher.add(std::string_view(reinterpret_cast<const char*>(series.marks.data()), days));
  }
  for (const SymbolSeries::Split& split : series.splits) {
    if (split.ex <= as_of) {
      hasher.add(static_cast<std::uint64_t>(split.ex)).add(split.ratio);
    }
  }
  hasher.add(std::string_view("dividends"));
  for (const SymbolSeries::Dividend& dividend : series.dividends) {
    if (dividend.ex <= as_of) {
      hasher.add(static_cast<std::uint64_t>(dividend.ex)).add(dividend.amount);
    }
  }
  return hasher.finish();
}

}  // namespace runledger::engine
