#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include <spdlog/spdlog.h>

#include "tests/support/simulation.h"

// Plays histories of the engine from seeds. Exit 1 at the first one that breaks a promise, or after
// as many as are asked for.

namespace runledger::testing {
namespace {

struct Arguments {
  std::uint64_t seeds = 1000;
  std::uint64_t first = 1;
  std::uint64_t threads = 1;
  std::uint64_t failures = 1;
  std::optional<std::uint64_t> seed;
  SimOptions options;
};

constexpr char kUsage[] =
    "usage: simulate [--seeds N] [--first S] [--threads T] [--log memory|rocksdb|mixed]\n"
    "                [--failures N]\n"
    "       simulate --seed S [--log memory|rocksdb|mixed]     one seed, with what happens in it\n";

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && rest == text.data() + text.size() ? std::optional(value)
                                                                   : std::nullopt;
}

bool take_log(std::string_view name, SimLog& log) {
  if (name == "memory") {
    log = SimLog::kMemory;
  } else if (name == "rocksdb") {
    log = SimLog::kRocks;
  } else if (name == "mixed") {
    log = SimLog::kMixed;
  } else {
    return false;
  }
  return true;
}

std::optional<Arguments> parse(int count, char** texts) {
  Arguments arguments;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = texts[i];
    const std::string_view text = texts[i + 1];
    const auto value = number(text);
    if (name == "--log") {
      if (!take_log(text, arguments.options.log)) {
        return std::nullopt;
      }
      continue;
    }
    if (!value) {
      return std::nullopt;
    }
    if (name == "--seeds") {
      arguments.seeds = *value;
    } else if (name == "--first") {
      arguments.first = *value;
    } else if (name == "--threads" && *value > 0) {
      arguments.threads = *value;
    } else if (name == "--failures" && *value > 0) {
      arguments.failures = *value;
    } else if (name == "--seed") {
      arguments.seed = *value;
    } else {
      return std::nullopt;
    }
  }
  return count % 2 == 1 ? std::optional(arguments) : std::nullopt;
}

void print_counts(const SimCounts& counts) {
  for (std::size_t i = 0; i < kSimCounts; ++i) {
    const auto what = static_cast<SimCount>(i);
    const auto name = to_string(what);
    std::printf("%14llu  %.*s%s\n", static_cast<unsigned long long>(counts[what]),
                static_cast<int>(name.size()), name.data(), counts[what] == 0 ? "   <- never" : "");
  }
}

void print_failure(const SimReport& report) {
  std::printf("\nseed %llu: %s\nrepeat it: %s\n", static_cast<unsigned long long>(report.seed),
              report.failure->c_str(), repeat_command(report).c_str());
}

int run_one(const Arguments& arguments) {
  auto options = arguments.options;
  options.verbose = true;
  const auto report = simulate(*arguments.seed, options);
  std::printf("\n");
  print_counts(report.counts);
  std::printf("history %s\n", to_string(report.history).c_str());
  if (report.failure) {
    print_failure(report);
    return 1;
  }
  return 0;
}

int run_many(const Arguments& arguments) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> failures{0};
  std::mutex mutex;
  SimCounts total;
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < arguments.threads; ++t) {
      threads.emplace_back([&] {
        for (auto i = next++; i < arguments.seeds && failures < arguments.failures; i = next++) {
          const auto report = simulate(arguments.first + i, arguments.options);
          const std::lock_guard lock(mutex);
          total += report.counts;
          if (report.failure && failures++ < arguments.failures) {
            print_failure(report);
          }
          const auto done = total[SimCount::kSeeds];
          if (done % 1000 == 0) {
            std::printf("%llu of %llu seeds, %llu events\n", static_cast<unsigned long long>(done),
                        static_cast<unsigned long long>(arguments.seeds),
                        static_cast<unsigned long long>(total[SimCount::kEvents]));
            (void)std::fflush(stdout);
          }
        }
      });
    }
  }
  std::printf("\n");
  print_counts(total);
  return failures > 0 ? 1 : 0;
}

int run(int count, char** texts) {
  const auto arguments = parse(count, texts);
  if (!arguments) {
    (void)std::fputs(kUsage, stderr);
    return 2;
  }
  spdlog::set_level(spdlog::level::off);
  return arguments->seed ? run_one(*arguments) : run_many(*arguments);
}

}  // namespace
}  // namespace runledger::testing

int main(int count, char** texts) {
  return runledger::testing::run(count, texts);
}
