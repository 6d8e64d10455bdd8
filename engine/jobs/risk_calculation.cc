#include "engine/jobs/risk_calculation.h"

#include <algorithm>
#include <array>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "engine/jobs/book.h"
#include "engine/jobs/context.h"
#include "engine/jobs/day.h"
#include "engine/jobs/equity.h"
#include "engine/jobs/job_inputs.h"
#include "engine/jobs/job_run.h"
#include "engine/jobs/market_data.h"
#include "engine/risk/version.h"

namespace runledger::engine {
namespace {

constexpr std::size_t kDayCacheBytes = std::size_t{256} << 20U;
constexpr std::size_t kBytesPerSymbolDay = 5000;  // mostly the rendered betas
constexpr std::size_t kDaysMin = 4;
constexpr std::size_t kDaysMax = 128;
constexpr std::size_t kContextsPerShard = 256;

std::size_t days_to_keep(std::size_t symbols) {
  return std::clamp(kDayCacheBytes / (kBytesPerSymbolDay * std::max<std::size_t>(symbols, 1)),
                    kDaysMin, kDaysMax);
}

/// The contexts in use, by (portfolio, session); the oldest go first beyond a bound. Sharded, so
/// that threads rarely wait for each other.
class Contexts {
 public:
  using Key = std::pair<std::size_t, Session>;

  template <class Make>
  std::shared_ptr<const Context> get(Key key, Make make) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    for (const Entry& entry : shard.entries) {
      if (entry.key == key) {
        return entry.context;
      }
    }
    if (shard.entries.size() >= kContextsPerShard) {
      shard.entries.pop_front();
    }
    shard.entries.push_back({key, make()});
    return shard.entries.back().context;
  }

  void release(Key key) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    std::erase_if(shard.entries, [&](const Entry& entry) { return entry.key == key; });
  }

 private:
  struct Entry {
    Key key;
    std::shared_ptr<const Context> context;
  };
  struct Shard {
    std::mutex mutex;
    std::deque<Entry> entries;
  };

  Shard& shard_of(const Key& key) {
    return shards_[(key.first * 31 + static_cast<std::size_t>(key.second)) % shards_.size()];
  }

  std::array<Shard, 16> shards_;
};

JobResult run_portfolio_job(const JobRun& run) {
  switch (run.spec.type) {
    case JobType::kMarketDataUpdate:
      break;
    case JobType::kPositionValuesUpdate:
      return run_position_values(run);
    case JobType::kGreeksCalculation:
      return run_greeks(run);
    case JobType::kPortfolioAggregation:
      return run_aggregation(run);
    case JobType::kFactorAnalysis:
      return run_factor_analysis(run);
    case JobType::kMarketRiskScenarios:
      return run_market_risk(run);
    case JobType::kVolatilityAnalytics:
      return run_volatility(run);
    case JobType::kSectorConcentration:
      return run_sector_concentration(run);
    case JobType::kStressTesting:
      return run_stress(run);
    case JobType::kPortfolioSnapshot:
      return run_snapshot(run);
    case JobType::kPositionCorrelations:
      return run_correlations(run);
  }
  return std::unexpected(
      JobError{ErrorCategory::kInternal, "wrong_scope", "not a job of a portfolio"});
}

class RiskCalculation final : public Calculation {
 public:
  explicit RiskCalculation(const InputRows& inputs)
      : market_(inputs),
        books_(make_books(inputs, market_)),
        days_(market_, days_to_keep(market_.symbols())),
        tracks_(market_, days_, books_) {
    for (std::size_t i = 0; i < books_.size(); ++i) {
      indexes_.insert_or_assign(books_[i].id, i);
    }
  }

  [[nodiscard]] JobResult run(const JobSpec& spec,
                              const std::stop_token& stop,
                              const JobProgress& progress) const override {
    const std::optional<Session> session = session_of(spec.as_of);
    if (!session) {
      return std::unexpected(JobError{ErrorCategory::kPermanent, "not_a_trading_day",
                                      format_date(spec.as_of) + " is not a trading day"});
    }
    if (stop.stop_requested()) {
      return stopped();
    }
    if (spec.type == JobType::kMarketDataUpdate) {
      const std::shared_ptr<const Day> day = days_.get(*session);
      return run_market_data({books_, *day, stop, progress});
    }
    const auto index = indexes_.find(spec.portfolio);
    if (index == indexes_.end()) {
      return std::unexpected(JobError{ErrorCategory::kPermanent, "unknown_portfolio",
                                      "no portfolio " + to_string(spec.portfolio)});
    }
    const std::shared_ptr<const Context> context = context_of(index->second, *session);
    return run_portfolio_job({*context, spec, stop, progress});
  }

  [[nodiscard]] std::optional<Digest> input_hash(const JobSpec& spec) const override {
    const std::optional<Session> session = session_of(spec.as_of);
    if (!session) {
      return std::nullopt;
    }
    if (spec.type == JobType::kMarketDataUpdate) {
      return market_input_hash(books_, *days_.get(*session));
    }
    const auto index = indexes_.find(spec.portfolio);
    if (index == indexes_.end()) {
      return std::nullopt;
    }
    return engine::input_hash(*context_of(index->second, *session), spec);
  }

  [[nodiscard]] bool holds_options(const PortfolioId& portfolio, Date as_of) const override {
    const auto index = indexes_.find(portfolio);
    const std::optional<Session> session = session_of(as_of);
    if (index == indexes_.end() || !session) {
      return false;
    }
    const std::vector<Holding>& holdings = books_[index->second].holdings;
    return std::any_of(holdings.begin(), holdings.end(), [&](const Holding& holding) {
      return holding.is_option && holding.is_active(*session);
    });
  }

  void release(const PortfolioId& portfolio, Date as_of) const override {
    const auto index = indexes_.find(portfolio);
    const std::optional<Session> session = session_of(as_of);
    if (index != indexes_.end() && session) {
      contexts_.release({index->second, *session});
    }
  }

  [[nodiscard]] std::uint32_t formula_version(JobType /*type*/) const noexcept override {
    return risk::kFormulaVersion;
  }

 private:
  /// The session of a trading day that has one before it.
  static std::optional<Session> session_of(Date date) {
    const Calendar& calendar = Calendar::nyse();
    if (date <= calendar.first() || date > calendar.last() || !calendar.is_trading_day(date)) {
      return std::nullopt;
    }
    return calendar.index_of(date);
  }

  std::shared_ptr<const Context> context_of(std::size_t book, Session session) const {
    return contexts_.get({book, session}, [&] {
      return std::make_shared<const Context>(
          Context::Inputs{books_[book], book, days_, tracks_, market_}, session);
    });
  }

  MarketData market_;
  std::vector<Book> books_;
  std::unordered_map<PortfolioId, std::size_t> indexes_;
  Days days_;
  EquityTracks tracks_;
  mutable Contexts contexts_;
};

}  // namespace

std::shared_ptr<const Calculation> make_risk_calculation(InputRows inputs) {
  return std::make_shared<const RiskCalculation>(inputs);
}

}  // namespace runledger::engine
