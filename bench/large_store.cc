// Makes a store of years of nights, for what shows or reads much of it: real portfolios and prices,
// every transition of every job through the whole engine, but jobs that calculate nothing. A job in
// a hundred fails, one in twenty has warnings.
// Usage: large_store DIRECTORY [portfolios] [trading days]; prints what it made, as JSON.

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/bare_engine.h"
#include "engine/inputs/calendar.h"
#include "engine/service.h"
#include "tests/support/toy_calculation.h"

namespace runledger {
namespace {

constexpr std::int32_t kDaysOfRun = 20;

[[noreturn]] void stop(const std::string& why) {
  fmt::print(stderr, "large_store: {}\n", why);
  std::exit(1);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Imported {
  std::vector<PlannedPortfolio> portfolios;
  Date last{};  ///< Newest trading day with prices.
};

Imported import_inputs(const std::filesystem::path& directory, std::uint32_t portfolios) {
  const engine::SystemClock clock;
  engine::ServiceOptions options;
  options.data_directory = directory;
  auto opened = engine::open_service(options, clock);
  if (!opened) {
    stop(opened.error().message);
  }
  auto& service = **opened;
  const std::string data = RUNLEDGER_SOURCE_DIR "/data/";
  for (const auto& [kind, name] :
       {std::pair{InputKind::kPrices, "prices.csv"}, std::pair{InputKind::kRates, "rates.csv"},
        std::pair{InputKind::kSectors, "sectors.csv"}}) {
    if (!service.import_input(kind, name, read_file(data + name))) {
      stop(fmt::format("the shipped {} cannot be imported", name));
    }
  }
  Imported imported;
  for (std::uint32_t i = 0; i < portfolios; ++i) {
    const auto name = fmt::format("Fund {:04d}", i + 1);
    const auto one = service.import_portfolio(
        {.id = {},
         .name = name,
         .file_name = "positions.csv",
         .bytes = fmt::format("Symbol,Quantity,Entry Price Per Share,Entry Date\n"
                              "SPY,{},196.56,2015-01-02\nAAPL,{},100,2015-01-02\n",
                              100 + i, 200 + i),
         .equity = 1e6,
         .equity_date = parse_date("2015-01-02")});
    if (!one) {
      stop(one.error().issues.at(0).message);
    }
    const auto& portfolio = std::get<PortfolioImported>(one->imported);
    imported.portfolios.push_back({portfolio.portfolio, name, portfolio.content});
  }
  imported.last = service.last_price_date().value();
  return imported;
}

std::expected<engine::JobOutput, engine::JobError> drawn_result(const engine::JobSpec& spec,
                                                                const std::stop_token& /*stop*/,
                                                                const engine::JobProgress& /*p*/) {
  std::mt19937_64 random(
      std::hash<std::string>{}(to_string(spec.portfolio) + format_date(spec.as_of)) +
      static_cast<std::uint64_t>(spec.type));
  const auto fate = random() % 100;
  if (fate == 0 && spec.type != JobType::kMarketDataUpdate) {
    return std::unexpected(engine::JobError{ErrorCategory::kData, "no_price", "SPY has no price"});
  }
  auto output = testing::toy_output(spec);
  output.document = "{}";  // One stored result for all.
  if (fate <= 5) {
    output.warnings = {"short history: XLRE"};
    output.quality.flag = QualityFlag::kLimited;
  }
  return output;
}

/// Plans toy jobs for portfolios that there are.
class PortfolioPlanner final : public engine::Planner {
 public:
  explicit PortfolioPlanner(std::vector<PlannedPortfolio> portfolios)
      : portfolios_(std::move(portfolios)),
        toy_(static_cast<std::uint32_t>(portfolios_.size()), drawn_result) {}
  [[nodiscard]] Result<std::shared_ptr<const engine::Calculation>> calculation(
      Sequence through) override {
    return toy_.calculation(through);
  }
  [[nodiscard]] Result<RunPlanned> plan(const RunScope& scope, Sequence through) override {
    RL_TRY_ASSIGN(auto planned, toy_.plan(scope, through));
    planned.portfolios = portfolios_;
    return planned;
  }

 private:
  std::vector<PlannedPortfolio> portfolios_;
  testing::ToyPlanner toy_;
};

int make(const std::filesystem::path& directory, std::uint32_t portfolios, std::int32_t days) {
  auto imported = import_inputs(directory, portfolios);
  PortfolioPlanner planner(std::move(imported.portfolios));
  bench::BareEngine engine(directory, planner, 2);
  const auto& calendar = engine::Calendar::nyse();
  const auto last = calendar.index_on_or_before(imported.last);
  const auto first = std::max(0, last - days + 1);
  std::uint64_t jobs = 0;
  for (auto day = first; day <= last; day += kDaysOfRun) {
    RunScope scope;
    scope.from = calendar.date_at(day);
    scope.to = calendar.date_at(std::min(last, day + kDaysOfRun - 1));
    const auto done = engine.run(scope);
    if (done == 0) {
      stop("a run did not end");
    }
    jobs += done;
  }
  fmt::print("{{\"portfolios\":{},\"from\":\"{}\",\"to\":\"{}\",\"jobs\":{}}}\n", portfolios,
             format_date(calendar.date_at(first)), format_date(imported.last), jobs);
  return 0;
}

}  // namespace
}  // namespace runledger

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: large_store DIRECTORY [portfolios] [trading days]\n");
    return 2;
  }
  const auto number = [&](int at, int fallback) {
    return argc > at ? std::max(1, std::atoi(argv[at])) : fallback;
  };
  return runledger::make(argv[1], static_cast<std::uint32_t>(number(2, 1000)), number(3, 1000));
}
