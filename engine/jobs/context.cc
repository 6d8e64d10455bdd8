#include "engine/jobs/context.h"

#include <algorithm>
#include <cmath>

#include "engine/risk/option.h"
#include "schema/ids.h"

namespace runledger::engine {
namespace {

constexpr double kCoverageFull = 0.99;
constexpr double kCoverageFailed = 0.5;
constexpr double kMoveFloor = -0.99;

risk::Computed<double> exposure_of(const Context& context,
                                   const PositionValue& position,
                                   OptionGreeksKnown greeks_known) {
  const Holding& holding = context.book().holdings[position.holding];
  if (!holding.is_option) {
    return position.market_value;
  }
  if (greeks_known == OptionGreeksKnown::kNo) {
    return risk::unknown(NullReason::kDependencyFailed);
  }
  const Contract contract = contract_of(holding, context.market(), context.session());
  const ContractGreeks& inputs = context.day().greeks(contract);
  if (!inputs.greeks) {
    return risk::unknown(inputs.greeks.error());
  }
  return inputs.greeks->delta * position.quantity * holding.multiplier * inputs.spot->price;
}

PnlSeries make_series(const Context& context) {
  const Exposures& exposures = context.exposures();
  const std::size_t window_size = context.market().window();
  PnlSeries series;
  series.rows.assign(window_size, true);
  series.aligned.assign(window_size, 0.0);
  double gross = 0;
  for (const UnderlyingExposure& underlying : exposures.underlyings) {
    if (underlying.exposed == 0) {
      continue;
    }
    if (!context.day().window(underlying.id).takes_part()) {
      series.left_out.push_back(underlying.id);
      continue;
    }
    const FilledWindow& window = context.day().filled(underlying.id);
    series.members.push_back(&underlying);
    series.filled_returns += window.filled;
    gross += std::abs(underlying.exposure);
    if (!window.complete) {
      for (std::size_t t = 0; t < window_size; ++t) {
        series.rows[t] = series.rows[t] && !std::isnan(window.returns[t]);
      }
    }
    Eigen::Map<Eigen::VectorXd> pnl(series.aligned.data(), static_cast<Eigen::Index>(window_size));
    pnl += underlying.exposure * Eigen::Map<const Eigen::VectorXd>(
                                     window.returns.data(), static_cast<Eigen::Index>(window_size));
  }
  if (exposures.gross > 0) {
    series.coverage = gross / exposures.gross;
  } else if (exposures.active > 0) {
    series.coverage = risk::unknown(exposures.no_gross_reason());
  }
  if (!series.members.empty()) {
    series.complete.reserve(window_size);
    for (std::size_t t = 0; t < window_size; ++t) {
      if (series.rows[t]) {
        series.complete.push_back(series.aligned[t]);
      }
    }
  }
  return series;
}

/// What is doubtful about the prices of `id` that was not known the session before.
void warn_of_suspicions(const Day& day, SymbolId id, std::vector<std::string>& warnings) {
  for (const Suspicion& suspicion : day.suspicions(id)) {
    if (suspicion.found == day.session()) {
      warnings.push_back(day.market().name(id) + ": " + describe(suspicion));
    }
  }
}

}  // namespace

Exposures make_exposures(const Context& context, OptionGreeksKnown greeks) {
  const Valuation& valuation = context.valuation();
  Exposures exposures;
  exposures.positions.reserve(valuation.positions.size());
  for (const PositionValue& position : valuation.positions) {
    if (position.exited) {
      continue;
    }
    const SymbolId id = context.book().holdings[position.holding].underlying;
    const auto place = std::lower_bound(
        exposures.underlyings.begin(), exposures.underlyings.end(), id,
        [](const UnderlyingExposure& a, SymbolId wanted) { return a.id < wanted; });
    const auto found = place != exposures.underlyings.end() && place->id == id
                           ? place
                           : exposures.underlyings.insert(place, UnderlyingExposure{.id = id});
    const risk::Computed<double> exposure = exposure_of(context, position, greeks);
    exposures.positions.push_back(exposure);
    ++exposures.active;
    ++found->positions;
    if (position.market_value) {
      ++found->valued;
      found->market_value += *position.market_value;
    }
    if (exposure) {
      ++found->exposed;
      ++exposures.exposed;
      found->exposure += *exposure;
    }
  }
  for (const UnderlyingExposure& underlying : exposures.underlyings) {
    exposures.gross += std::abs(underlying.exposure);
    exposures.net += underlying.exposure;
  }
  return exposures;
}

risk::Computed<std::vector<double>> option_convexity(const Context& context,
                                                     std::span<const double> moves) {
  std::vector<double> sums(moves.size(), 0.0);
  std::vector<double> spots(moves.size());
  for (const PositionValue& position : context.valuation().positions) {
    const Holding& holding = context.book().holdings[position.holding];
    if (position.exited || !holding.is_option) {
      continue;
    }
    const Contract contract = contract_of(holding, context.market(), context.session());
    const ContractGreeks& inputs = context.day().greeks(contract);
    if (!inputs.greeks) {
      continue;
    }
    const SymbolBetas::Fit& beta = context.day().betas(holding.underlying).market;
    if (!beta) {
      return risk::unknown(beta.error());
    }
    const risk::OptionTerms terms = option_terms(contract, inputs);
    for (std::size_t i = 0; i < moves.size(); ++i) {
      spots[i] = terms.spot * (1 + std::max(kMoveFloor, clamp_beta(beta->beta) * moves[i]));
    }
    const std::vector<double> moved = risk::option_prices(contract.style, terms, spots);
    for (std::size_t i = 0; i < moves.size(); ++i) {
      const double linear = inputs.greeks->price + inputs.greeks->delta * (spots[i] - terms.spot);
      sums[i] += (moved[i] - linear) * position.quantity * holding.multiplier;
    }
  }
  return sums;
}

Context::Context(const Inputs& inputs, Session session)
    : inputs_(inputs), session_(session), day_(inputs.days.get(session)) {}

const Day& Context::before() const {
  std::call_once(before_once_, [&] { before_ = inputs_.days.get(session_ - 1); });
  return *before_;
}

const Valuation& Context::valuation() const {
  std::call_once(valuation_once_, [&] {
    const Day* before_day = book().has_options ? &before() : nullptr;
    valuation_ = value_positions({book(), market(), day_.get(), before_day}, session_);
  });
  return valuation_;
}

const Exposures& Context::exposures() const {
  std::call_once(exposures_once_,
                 [&] { exposures_ = make_exposures(*this, OptionGreeksKnown::kYes); });
  return exposures_;
}

const PnlSeries& Context::series() const {
  std::call_once(series_once_, [&] { series_ = make_series(*this); });
  return series_;
}

const risk::Computed<EquityState>& Context::equity() const {
  std::call_once(equity_once_, [&] { equity_ = inputs_.tracks.at(inputs_.book_index, session_); });
  return equity_;
}

risk::Computed<double> Context::positive_equity() const {
  const risk::Computed<EquityState>& state = equity();
  if (!state || !(state->equity >= kEquityLeast)) {
    return risk::unknown(NullReason::kNoEquity);
  }
  return state->equity;
}

bool Context::holds_options() const noexcept {
  return std::any_of(book().holdings.begin(), book().holdings.end(), [&](const Holding& holding) {
    return holding.is_option && holding.is_active(session_);
  });
}

void Context::fill_history() const {
  std::vector<SymbolId> symbols;
  for (const Holding& holding : book().holdings) {
    if (!holding.is_private && (holding.is_active(session_) || holding.exits_on(session_))) {
      symbols.push_back(holding.underlying);
    }
  }
  std::sort(symbols.begin(), symbols.end());
  symbols.erase(std::unique(symbols.begin(), symbols.end()), symbols.end());
  double days = 0;
  for (const SymbolId id : symbols) {
    const SymbolWindow& window = day().window(id);
    days += static_cast<double>(window.n_closes);
    short_history_ = short_history_ || !window.takes_part();
  }
  average_history_days_ = symbols.empty() ? 0.0 : days / static_cast<double>(symbols.size());
}

DataQuality Context::quality(double coverage) const {
  std::call_once(history_once_, [&] { fill_history(); });
  DataQuality quality;
  quality.coverage = coverage;
  quality.average_history_days = average_history_days_;
  if (coverage < kCoverageFailed) {
    quality.flag = QualityFlag::kFailed;
  } else if (coverage >= kCoverageFull && !short_history_) {
    quality.flag = QualityFlag::kFull;
  } else {
    quality.flag = QualityFlag::kLimited;
  }
  return quality;
}

const std::vector<std::string>& Context::warnings() const {
  std::call_once(warnings_once_, [&] { warnings_ = make_warnings(); });
  return warnings_;
}

std::vector<std::string> Context::make_warnings() const {
  std::vector<std::string> warnings;
  const Calendar& calendar = Calendar::nyse();
  std::vector<SymbolId> seen;
  for (const PositionValue& position : valuation().positions) {
    const Holding& holding = book().holdings[position.holding];
    const std::string label = holding.symbol + " (position " + holding.label + ")";
    if (!position.price) {
      warnings.push_back(label + ": " + std::string(to_string(position.price.error())));
    } else if (!position.exited && !holding.is_private && position.price_session < session_) {
      warnings.push_back(label + ": price is of " +
                         format_date(calendar.date_at(position.price_session)));
    }
    if (holding.is_private || position.exited) {
      continue;
    }
    if (holding.is_option) {
      const ContractGreeks& greeks = day().greeks(contract_of(holding, market(), session_));
      if (!greeks.greeks) {
        warnings.push_back(label + ": no Greeks, " + std::string(to_string(greeks.greeks.error())));
      }
    }
    seen.push_back(holding.underlying);
  }
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  for (const SymbolId id : seen) {
    const SymbolWindow& window = day().window(id);
    if (!window.takes_part()) {
      warnings.push_back(market().name(id) + ": short_history, " +
                         std::to_string(window.n_returns) + " of " +
                         std::to_string(market().window()) + " returns");
    }
    warn_of_suspicions(day(), id, warnings);
  }
  return warnings;
}

const std::vector<std::string>& Context::factor_warnings() const {
  std::call_once(factor_warnings_once_, [&] {
    std::vector<std::string_view> funds = {kRatesFund};
    for (const FactorFund& fund : kFactorFunds) {
      funds.emplace_back(fund.symbol);
    }
    for (const std::string_view fund : funds) {
      const SymbolId id = market().id(fund);
      const bool held = std::any_of(
          valuation().positions.begin(), valuation().positions.end(), [&](const PositionValue& p) {
            return !p.exited && book().holdings[p.holding].underlying == id;
          });
      if (!held) {  // else it is among warnings()
        warn_of_suspicions(day(), id, factor_warnings_);
      }
    }
  });
  return factor_warnings_;
}

const Digest& Context::prices_digest() const {
  std::call_once(prices_once_, [&] {
    Hasher hasher;
    hasher.add(book().content);
    for (const SymbolId id : book().symbols) {
      hasher.add(day().digest(id));
    }
    prices_digest_ = hasher.finish();
  });
  return prices_digest_;
}

const Digest& Context::options_digest() const {
  std::call_once(options_once_, [&] {
    Hasher hasher;
    if (book().has_options) {
      hasher.add(day().rates_digest());
      for (const SymbolId id : book().symbols) {
        hasher.add(market().quotes_digest(id, session_));
      }
    }
    options_digest_ = hasher.finish();
  });
  return options_digest_;
}

const Digest& Context::equity_digest() const {
  std::call_once(money_once_, [&] {
    Hasher hasher;
    hasher.add(static_cast<std::uint64_t>(book().equity ? 1 : 0));
    if (book().equity && book().equity_session <= session_) {
      hasher.add(*book().equity).add(static_cast<std::uint64_t>(book().equity_session));
      for (const Book::Flow& flow : book().flows) {
        if (flow.session > book().equity_session && flow.session <= session_) {
          hasher.add(static_cast<std::uint64_t>(flow.session)).add(flow.amount);
        }
      }
    }
    money_digest_ = hasher.finish();
  });
  return money_digest_;
}

const Digest& Context::sectors_digest() const {
  std::call_once(sectors_once_, [&] {
    Hasher hasher;
    for (const SymbolId id : book().symbols) {
      hasher.add(std::string_view(market().series(id).sector));
    }
    sectors_digest_ = hasher.finish();
  });
  return sectors_digest_;
}

}  // namespace runledger::engine
