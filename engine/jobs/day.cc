#include "engine/jobs/day.h"

#include <algorithm>
#include <cmath>

#include "engine/jobs/betas_json.h"
#include "engine/risk/ridge.h"
#include "schema/invariant.h"

namespace runledger::engine {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kBetaMax = 5;

/// Regressor of each spread as positions in kFactorFunds: long minus short.
struct Spread {
  std::size_t long_leg;
  std::size_t short_leg;
};
constexpr std::array<Spread, kSpreadNames.size()> kSpreads = {{{2, 1}, {3, 0}, {5, 0}, {4, 0}}};

std::size_t count_present(std::span<const double> values) {
  return static_cast<std::size_t>(
      std::count_if(values.begin(), values.end(), [](double value) { return !std::isnan(value); }));
}

/// The fit, with the missing benchmark named if it is that which is too short.
SymbolBetas::Fit regress(std::span<const double> y, std::span<const double> x, std::size_t least) {
  SymbolBetas::Fit fit = risk::simple_regression(y, x, least);
  if (!fit && fit.error() == NullReason::kShortHistory && count_present(x) < least) {
    return risk::unknown(NullReason::kNoBenchmark);
  }
  return fit;
}

bool is_all(const std::vector<bool>& rows) {
  return std::find(rows.begin(), rows.end(), false) == rows.end();
}

}  // namespace

double clamp_beta(double beta_raw) noexcept {
  return std::clamp(beta_raw, -kBetaMax, kBetaMax);
}

struct Day::Slot {
  std::once_flag logs_once, window_once, betas_once, filled_once, suspicions_once, json_once,
      digest_once;
  SymbolWindow window;
  std::vector<double> window_copy;  ///< If the window is not a piece of the series.
  SymbolBetas betas;
  FilledWindow filled;
  std::vector<double> filled_copy;
  std::vector<double> logs;
  std::vector<Suspicion> suspicions;
  std::string json;
  Digest digest;
};

struct Day::ContractSlot {
  std::once_flag price_once, greeks_once;
  ContractPrice price;
  ContractGreeks greeks;
};

struct Day::Shared {
  std::once_flag joint_once, stress_once, factors_digest_once, rates_digest_once;
  std::shared_ptr<const JointFactors> joint;
  std::shared_ptr<const StressFactors> stress;
  Digest factors_digest;
  Digest rates_digest;
};

Day::Day(const MarketData& market, Session session)
    : market_(market),
      session_(session),
      slots_(std::make_unique<Slot[]>(market.symbols())),
      shared_(std::make_unique<Shared>()) {
  for (std::size_t k = 0; k < kFactors; ++k) {
    factor_ids_[k] = market.id(kFactorFunds[k].symbol);
  }
  rates_id_ = market.id(kRatesFund);
}

Day::~Day() = default;

Day::Slot& Day::slot(SymbolId id) const {
  RL_ASSERT(id < market_.symbols());
  return slots_[id];
}

Day::ContractSlot& Day::slot(const Contract& contract) const {
  const std::lock_guard lock(contracts_mutex_);
  std::unique_ptr<ContractSlot>& place = contracts_[contract];
  if (!place) {
    place = std::make_unique<ContractSlot>();
  }
  return *place;
}

void Day::fill_window(SymbolId id, Slot& slot) const {
  const SymbolSeries& series = market_.series(id);
  const std::size_t size = market_.window();
  const Session first = session_ - static_cast<Session>(size) + 1;
  const bool inside = first >= series.first && session_ < series.end();
  const auto& spikes = series.returns.spikes;
  const bool newest_is_spike =
      inside && std::any_of(spikes.begin(), spikes.end(), [&](const risk::Returns::Spike& spike) {
        return spike.index == static_cast<std::size_t>(session_ - series.first);
      });
  if (inside && !newest_is_spike) {
    const std::span<const double> all(series.returns.clean);
    slot.window.returns = all.subspan(static_cast<std::size_t>(first - series.first), size);
  } else {
    slot.window_copy.resize(size);
    market_.copy_returns(id, session_, slot.window_copy);
    slot.window.returns = slot.window_copy;
  }
  slot.window.n_returns = count_present(slot.window.returns);
  for (Session day = session_ - static_cast<Session>(kYearSessions) + 1; day <= session_; ++day) {
    slot.window.n_closes += std::isnan(series.close_at(day)) ? 0U : 1U;
  }
}

const SymbolWindow& Day::window(SymbolId id) const {
  Slot& place = slot(id);
  std::call_once(place.window_once, [&] { fill_window(id, place); });
  return place.window;
}

void Day::fill_betas(SymbolId id, Slot& slot) const {
  SymbolBetas& betas = slot.betas;
  const std::span<const double> y = window(id).returns;
  std::array<std::span<const double>, kFactors> x;
  for (std::size_t k = 0; k < kFactors; ++k) {
    x[k] = window(factor_ids_[k]).returns;
  }
  const Parameters& parameters = market_.parameters();
  betas.market = regress(y.last(parameters.beta_window), x[0].last(parameters.beta_window),
                         parameters.beta_least);
  betas.rate =
      regress(y.last(parameters.beta_window),
              window(rates_id_).returns.last(parameters.beta_window), parameters.beta_least);
  std::vector<double> spread(parameters.spread_window);
  for (std::size_t s = 0; s < kSpreads.size(); ++s) {
    for (std::size_t t = 0; t < spread.size(); ++t) {
      const std::size_t row = market_.window() - spread.size() + t;
      spread[t] = x[kSpreads[s].long_leg][row] - x[kSpreads[s].short_leg][row];
    }
    betas.spreads[s] = regress(y.last(spread.size()), spread, parameters.spread_least);
  }
  fill_styles(y, x, betas);
}

void Day::fill_styles(std::span<const double> y,
                      const std::array<std::span<const double>, kFactors>& x,
                      SymbolBetas& betas) const {
  const Parameters& parameters = market_.parameters();
  Eigen::MatrixXd styles(static_cast<Eigen::Index>(parameters.style_window), kStyles);
  Eigen::VectorXd returns(styles.rows());
  Eigen::Index rows = 0;
  std::size_t benchmark_rows = 0;
  for (std::size_t t = y.size() - parameters.style_window; t < y.size(); ++t) {
    bool complete = true;
    for (std::size_t k = 0; k < kStyles; ++k) {
      styles(rows, static_cast<Eigen::Index>(k)) = x[k + 1][t];
      complete = complete && !std::isnan(x[k + 1][t]);
    }
    benchmark_rows += complete ? 1 : 0;
    if (complete && !std::isnan(y[t])) {
      returns(rows++) = y[t];
    }
  }
  betas.style_n_obs = static_cast<std::size_t>(rows);
  if (betas.style_n_obs < parameters.style_least) {
    betas.styles =
        risk::unknown(benchmark_rows < parameters.style_least ? NullReason::kNoBenchmark
                                                              : NullReason::kShortHistory);
    return;
  }
  const risk::Computed<Eigen::VectorXd> slopes =
      risk::ridge_slopes(returns.head(rows), styles.topRows(rows), parameters.ridge_penalty);
  if (!slopes) {
    betas.styles = risk::unknown(slopes.error());
    return;
  }
  std::array<double, kStyles> values{};
  std::copy(slopes->begin(), slopes->end(), values.begin());
  betas.styles = values;
}

const SymbolBetas& Day::betas(SymbolId id) const {
  Slot& place = slot(id);
  std::call_once(place.betas_once, [&] { fill_betas(id, place); });
  return place.betas;
}

void Day::fill_gaps(SymbolId id, Slot& slot) const {
  const SymbolWindow& own = window(id);
  slot.filled.returns = own.returns;
  slot.filled.complete = own.n_returns == own.returns.size();
  if (slot.filled.complete || !own.takes_part()) {
    return;
  }
  const SymbolBetas::Fit& beta = betas(id).market;
  if (!beta) {
    return;
  }
  const std::span<const double> market_returns = window(factor_ids_[0]).returns;
  slot.filled_copy.assign(own.returns.begin(), own.returns.end());
  slot.filled.complete = true;
  for (std::size_t t = 0; t < slot.filled_copy.size(); ++t) {
    if (std::isnan(slot.filled_copy[t])) {
      slot.filled_copy[t] = beta->beta * market_returns[t];
      const bool known = !std::isnan(slot.filled_copy[t]);
      slot.filled.filled += known ? 1 : 0;
      slot.filled.complete = slot.filled.complete && known;
    }
  }
  slot.filled.returns = slot.filled_copy;
}

const FilledWindow& Day::filled(SymbolId id) const {
  Slot& place = slot(id);
  std::call_once(place.filled_once, [&] { fill_gaps(id, place); });
  return place.filled;
}

std::span<const Suspicion> Day::suspicions(SymbolId id) const {
  Slot& place = slot(id);
  std::call_once(place.suspicions_once,
                 [&] { place.suspicions = find_suspicions(market_.series(id), session_); });
  return place.suspicions;
}

std::span<const double> Day::log_returns(SymbolId id) const {
  Slot& place = slot(id);
  std::call_once(place.logs_once, [&] {
    for (const double simple : window(id).returns.last(market_.parameters().correlation_window)) {
      place.logs.push_back(std::log1p(simple));
    }
  });
  return place.logs;
}

risk::PairCorrelation Day::correlation(SymbolId a, SymbolId b) const {
  {
    const std::lock_guard lock(pairs_mutex_);
    if (const auto found = pairs_.find({a, b}); found != pairs_.end()) {
      return found->second;
    }
  }
  // Two threads may both compute it: to the same bits.
  const risk::PairCorrelation pair = risk::pair_correlation(log_returns(a), log_returns(b),
                                                            market_.parameters().correlation_least);
  const std::lock_guard lock(pairs_mutex_);
  return pairs_.emplace(std::pair(a, b), pair).first->second;
}

risk::PairwiseCorrelations Day::correlations(std::span<const SymbolId> ids) const {
  return risk::correlation_matrix(
      static_cast<Eigen::Index>(ids.size()), [&](Eigen::Index i, Eigen::Index j) {
        return correlation(ids[static_cast<std::size_t>(i)], ids[static_cast<std::size_t>(j)]);
      });
}

const std::string& Day::betas_json(SymbolId id) const {
  Slot& place = slot(id);
  std::call_once(place.json_once, [&] { place.json = render_betas(market_.name(id), betas(id)); });
  return place.json;
}

const Digest& Day::digest(SymbolId id) const {
  Slot& place = slot(id);
  std::call_once(place.digest_once, [&] { place.digest = market_.prices_digest(id, session_); });
  return place.digest;
}

const Digest& Day::factors_digest() const {
  std::call_once(shared_->factors_digest_once, [&] {
    Hasher hasher;
    for (const SymbolId id : factor_ids_) {
      hasher.add(digest(id));
    }
    shared_->factors_digest = hasher.add(digest(rates_id_)).finish();
  });
  return shared_->factors_digest;
}

const Digest& Day::rates_digest() const {
  std::call_once(shared_->rates_digest_once,
                 [&] { shared_->rates_digest = market_.rates_digest(session_); });
  return shared_->rates_digest;
}

const ContractPrice& Day::price(const Contract& contract) const {
  ContractSlot& place = slot(contract);
  std::call_once(place.price_once,
                 [&] { place.price = price_contract(market_, contract, session_); });
  return place.price;
}

const ContractGreeks& Day::greeks(const Contract& contract) const {
  ContractSlot& place = slot(contract);
  std::call_once(place.greeks_once,
                 [&] { place.greeks = contract_greeks(market_, contract, session_); });
  return place.greeks;
}

JointFactors Day::make_joint(const std::vector<bool>& pnl_rows) const {
  JointFactors joint;
  Eigen::MatrixXd factors(static_cast<Eigen::Index>(pnl_rows.size()), kFactors);
  Eigen::Index rows = 0;
  for (std::size_t t = 0; t < pnl_rows.size(); ++t) {
    bool complete = pnl_rows[t];
    for (std::size_t k = 0; k < kFactors; ++k) {
      const double value = window(factor_ids_[k]).returns[t];
      factors(rows, static_cast<Eigen::Index>(k)) = value;
      complete = complete && !std::isnan(value);
    }
    if (complete) {
      joint.rows.push_back(t);
      ++rows;
      if (rows == factors.rows()) {
        break;
      }
    }
  }
  if (joint.rows.size() < market_.parameters().window_least) {
    return joint;
  }
  factors.conservativeResize(rows, Eigen::NoChange);
  joint.collinearity = risk::collinearity(factors);
  joint.design = joint.collinearity ? risk::Design::make(factors, risk::Intercept::kYes)
                                    : risk::unknown(NullReason::kSingular);
  joint.covariance = risk::sample_covariance(factors) * risk::kTradingDaysPerYear;
  return joint;
}

StressFactors Day::make_stress(const std::vector<bool>& pnl_rows) const {
  StressFactors stress;
  constexpr std::size_t kAll = risk::kStressFactors;
  static_assert(kAll == kFactors + 1);
  const std::size_t size = pnl_rows.size();
  std::vector<double> yields(size + 1);
  for (std::size_t t = 0; t <= size; ++t) {
    const Session day = session_ - static_cast<Session>(size - t);
    yields[t] = day >= 0 ? market_.ten_year(day) : kNan;
  }
  Eigen::MatrixXd factors(static_cast<Eigen::Index>(size), kAll);
  Eigen::Index rows = 0;
  for (std::size_t t = 0; t < size; ++t) {
    std::array<double, kAll> values{};
    for (std::size_t k = 0; k < kFactors; ++k) {
      values[k] = window(factor_ids_[k]).returns[t];
    }
    values[kFactors] = (yields[t + 1] - yields[t]) / 100;
    const bool complete = pnl_rows[t] && std::none_of(values.begin(), values.end(),
                                                      [](double v) { return std::isnan(v); });
    if (complete) {
      std::copy(values.begin(), values.end(), factors.row(rows).begin());
      stress.rows.push_back(t);
      ++rows;
    }
  }
  if (stress.rows.size() < market_.parameters().window_least) {
    return stress;
  }
  factors.conservativeResize(rows, Eigen::NoChange);
  stress.factors = std::move(factors);
  const risk::Computed<risk::FactorModel> model = risk::make_factor_model(stress.factors);
  if (!model) {
    stress.shapes = risk::unknown(model.error());
    return stress;
  }
  std::vector<risk::Computed<risk::ScenarioShape>> shapes;
  for (const risk::Scenario& scenario : risk::built_in_scenarios()) {
    shapes.push_back(risk::shape_scenario(*model, scenario));
  }
  stress.shapes = std::move(shapes);
  return stress;
}

std::shared_ptr<const JointFactors> Day::joint_factors(const std::vector<bool>& pnl_rows) const {
  RL_ASSERT(pnl_rows.size() == market_.window());
  if (!is_all(pnl_rows)) {
    return std::make_shared<const JointFactors>(make_joint(pnl_rows));
  }
  std::call_once(shared_->joint_once, [&] {
    shared_->joint = std::make_shared<const JointFactors>(make_joint(pnl_rows));
  });
  return shared_->joint;
}

std::shared_ptr<const StressFactors> Day::stress_factors(const std::vector<bool>& pnl_rows) const {
  RL_ASSERT(pnl_rows.size() == market_.window());
  if (!is_all(pnl_rows)) {
    return std::make_shared<const StressFactors>(make_stress(pnl_rows));
  }
  std::call_once(shared_->stress_once, [&] {
    shared_->stress = std::make_shared<const StressFactors>(make_stress(pnl_rows));
  });
  return shared_->stress;
}

std::shared_ptr<const Day> Days::get(Session session) const {
  const std::lock_guard lock(mutex_);
  if (const auto found = days_.find(session); found != days_.end()) {
    uses_.splice(uses_.begin(), uses_, found->second.use);
    return found->second.day;
  }
  while (days_.size() >= days_max_) {
    days_.erase(uses_.back());
    uses_.pop_back();
  }
  uses_.push_front(session);
  const auto day = std::make_shared<const Day>(market_, session);
  days_.emplace(session, Entry{day, uses_.begin()});
  return day;
}

std::shared_ptr<const Day> Days::peek(Session session) const {
  const std::lock_guard lock(mutex_);
  const auto found = days_.find(session);
  return found != days_.end() ? found->second.day : nullptr;
}

}  // namespace runledger::engine
