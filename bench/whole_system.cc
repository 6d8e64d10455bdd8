// One night of a whole system: generated portfolios of 25 positions from the shipped symbols, all
// jobs, a range of trading days, through the service as the command runs it.
// Usage: whole_system [portfolios] [trading days] [threads]; prints one line of figures.

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>

#include "engine/inputs/calendar.h"
#include "engine/random.h"
#include "engine/service.h"
#include "store/run_history.h"
#include "tests/support/temporary_directory.h"

namespace runledger {
namespace {

constexpr std::size_t kPositions = 25;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Symbols of the shipped prices, with their close on the first shipped date.
std::map<std::string, std::string> first_closes(const std::string& csv) {
  std::map<std::string, std::string> closes;
  std::size_t begin = csv.find('\n') + 1;
  while (begin < csv.size()) {
    const auto end = csv.find('\n', begin);
    std::vector<std::string> cells(1);
    for (const char c : csv.substr(begin, end - begin)) {
      c == ',' ? cells.emplace_back().clear() : cells.back().push_back(c);
    }
    closes.try_emplace(cells.at(0), cells.at(5));
    begin = end + 1;
  }
  return closes;
}

std::string make_portfolio(const std::map<std::string, std::string>& closes,
                           const std::string& entry_date,
                           engine::Random& random) {
  std::string csv = "Symbol,Quantity,Entry Price Per Share,Entry Date\n";
  std::vector<std::pair<std::string, std::string>> symbols(closes.begin(), closes.end());
  for (std::size_t i = 0; i < kPositions; ++i) {
    std::swap(symbols[i], symbols[i + random.next() % (symbols.size() - i)]);
    const auto quantity = static_cast<int>(random.next() % 900) + 100;
    csv +=
        fmt::format("{},{},{},{}\n", symbols[i].first,
                    random.uniform() < 0.2 ? -quantity : quantity, symbols[i].second, entry_date);
  }
  return csv;
}

int run(std::uint32_t portfolios, std::uint32_t days, unsigned threads) {
  const testing::TemporaryDirectory directory;
  const engine::SystemClock clock;
  engine::ServiceOptions options;
  options.data_directory = directory.path();
  options.compute_threads = threads;
  auto opened = engine::open_service(options, clock);
  if (!opened) {
    fmt::print(stderr, "{}\n", opened.error().message);
    return 1;
  }
  auto& service = **opened;
  const std::string data = RUNLEDGER_SOURCE_DIR "/data/";
  const auto prices = read_file(data + "prices.csv");
  const auto closes = first_closes(prices);
  if (!service.import_input(InputKind::kPrices, "prices.csv", prices) ||
      !service.import_input(InputKind::kRates, "rates.csv", read_file(data + "rates.csv")) ||
      !service.import_input(InputKind::kSectors, "sectors.csv", read_file(data + "sectors.csv"))) {
    fmt::print(stderr, "the shipped data cannot be imported\n");
    return 1;
  }
  const auto last = service.last_price_date().value();
  auto first = last;
  for (std::uint32_t i = 1; i < days; ++i) {
    first = engine::Calendar::nyse().previous(first);
  }
  engine::Random random(20171110);
  const auto import_begin = clock.mono_now();
  for (std::uint32_t i = 0; i < portfolios; ++i) {
    const auto imported =
        service.import_portfolio({.id = {},
                                  .name = fmt::format("generated-{:04d}", i),
                                  .file_name = "generated.csv",
                                  .bytes = make_portfolio(closes, "2014-11-10", random),
                                  .equity = 1e6,
                                  .equity_date = first});
    if (!imported) {
      fmt::print(stderr, "{}\n", imported.error().issues.at(0).message);
      return 1;
    }
  }
  const auto begin = clock.mono_now();
  const auto started = service.start_run(
      {.portfolios = {}, .as_of = {}, .from = first, .to = last, .triggered_by = "bench"},
      std::nullopt);
  if (!started || !service.wait_until_idle(std::chrono::hours{1})) {
    fmt::print(stderr, "the run did not end\n");
    return 1;
  }
  const auto seconds = std::chrono::duration<double>(clock.mono_now() - begin).count();
  const auto row = store::find_run(service.log().tables(), started->run).value();
  struct rusage usage {};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print(
      "portfolios {} days {} jobs {} status {} seconds {:.2f} jobs/s {:.0f} import_seconds {:.2f} "
      "cpu_seconds {:.1f} max_rss_mb {} events {}\n",
      portfolios, days, row.jobs_total, to_string(row.status), seconds, row.jobs_total / seconds,
      std::chrono::duration<double>(begin - import_begin).count(),
      static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec), usage.ru_maxrss / 1024,
      raw(service.log().committed()));
  for (const auto& count : row.summary->by_job_type) {
    fmt::print(
        "  {:<24} {:>7} jobs {:>9.1f} us each\n", to_string(count.type), count.succeeded,
        count.succeeded > 0
            ? std::chrono::duration<double, std::micro>(count.duration).count() / count.succeeded
            : 0.0);
  }
  return row.status == RunStatus::kFailed ? 1 : 0;
}

}  // namespace
}  // namespace runledger

int main(int argc, char** argv) {
  const auto number = [&](int at, unsigned fallback) {
    return argc > at ? static_cast<unsigned>(std::strtoul(argv[at], nullptr, 10)) : fallback;
  };
  return runledger::run(number(1, 1000), number(2, 20), number(3, 0));
}
