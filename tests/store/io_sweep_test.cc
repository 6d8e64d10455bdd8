#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "tests/store/sweep_store.h"

// As SQLite does it: one fixed scenario, in which the n-th operation on the disk fails, for n = 1,
// 2, 3 ... until the scenario passes untouched. By default every so-many-th n is tried, so that the
// tests stay short; RUNLEDGER_SWEEP=7 tries every seventh, RUNLEDGER_SWEEP=all tries all of them,
// and every byte is flipped.
namespace runledger::store::testing {
namespace {

using ::runledger::testing::SimFault;
using ::runledger::testing::SimFaultPlan;
using ::runledger::testing::SimOp;
using ::runledger::testing::SimTail;

/// How many operations or bytes to go on by, if that was asked for.
std::optional<std::uint64_t> wanted_stride() {
  const char* const given = std::getenv("RUNLEDGER_SWEEP");  // NOLINT(concurrency-mt-unsafe)
  if (given == nullptr) {
    return std::nullopt;
  }
  const auto stride = std::strtoull(given, nullptr, 10);
  return std::max<std::uint64_t>(stride, 1);  // "all" is no number.
}

class QuietLog : public ::testing::Test {
 protected:
  QuietLog() : level_(spdlog::get_level()) { spdlog::set_level(spdlog::level::off); }
  ~QuietLog() override { spdlog::set_level(level_); }

 private:
  spdlog::level::level_enum level_;
};

struct Sweep {
  const char* name;
  SimFault fault;
  bool persistent;
  std::optional<SimOp> only;
  std::optional<SimTail> crash;  ///< The process dies of it, and the power fails.
};

std::ostream& operator<<(std::ostream& out, const Sweep& sweep) {
  return out << sweep.name;
}

class IoSweep : public QuietLog, public ::testing::WithParamInterface<Sweep> {};

TEST_P(IoSweep, KeepsItsPromisesWhicheverOperationFails) {
  const Sweep& sweep = GetParam();
  const bool few = sweep.only || sweep.fault == SimFault::kLastDurable;
  const std::uint64_t stride = wanted_stride().value_or(few ? 47 : 131);
  std::uint64_t tried = 0;
  SweepStore::Answers answers;
  for (std::uint64_t n = 1; !HasFailure(); n += stride) {
    SweepStore store(sweep.fault == SimFault::kLastDurable ? SweepStore::Where::kBackground
                                                           : SweepStore::Where::kForeground);
    store.files().arm({.at = n,
                       .persistent = sweep.persistent,
                       .fault = sweep.fault,
                       .only = sweep.only,
                       .suffix = ""});
    store.play();
    store.files().pause(false);
    const bool fired = store.files().fired() > 0;
    const auto got = store.answers();
    answers.acknowledged += got.acknowledged;
    answers.refused += got.refused;
    answers.unknown += got.unknown;
    if (sweep.crash) {
      store.files().power_off();
      store.end();
      engine::Random random(n);
      store.files().crash(*sweep.crash, random);
    } else {
      store.end();
      store.files().disarm();
    }

    const auto broken = store.check();

    EXPECT_FALSE(broken.has_value()) << "operation " << n << ": " << *broken;
    if (!fired) {
      break;
    }
    ++tried;
  }
  std::printf("%s: failed %llu operations; %zu acknowledged, %zu refused, %zu unknown\n",
              sweep.name, static_cast<unsigned long long>(tried), answers.acknowledged,
              answers.refused, answers.unknown);
  EXPECT_GT(tried, 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Faults,
    IoSweep,
    ::testing::Values(
        Sweep{"any_once", SimFault::kError, false, std::nullopt, std::nullopt},
        Sweep{"any_for_ever", SimFault::kError, true, std::nullopt, std::nullopt},
        Sweep{"read_once", SimFault::kError, false, SimOp::kRead, std::nullopt},
        Sweep{"read_for_ever", SimFault::kError, true, SimOp::kRead, std::nullopt},
        Sweep{"write_once", SimFault::kError, false, SimOp::kWrite, std::nullopt},
        Sweep{"write_for_ever", SimFault::kError, true, SimOp::kWrite, std::nullopt},
        Sweep{"short_write_once", SimFault::kShortWrite, false, SimOp::kWrite, std::nullopt},
        Sweep{"short_write_for_ever", SimFault::kShortWrite, true, SimOp::kWrite, std::nullopt},
        Sweep{"full_once", SimFault::kNoSpace, false, SimOp::kWrite, std::nullopt},
        Sweep{"full_for_ever", SimFault::kNoSpace, true, std::nullopt, std::nullopt},
        Sweep{"sync_once", SimFault::kError, false, SimOp::kSync, std::nullopt},
        Sweep{"sync_for_ever", SimFault::kError, true, SimOp::kSync, std::nullopt},
        Sweep{"sync_once_then_power", SimFault::kError, false, SimOp::kSync, SimTail::kDropped},
        Sweep{"power_before_dropped", SimFault::kPowerOff, false, std::nullopt, SimTail::kDropped},
        Sweep{"power_before_torn", SimFault::kPowerOff, false, std::nullopt, SimTail::kTorn},
        Sweep{"power_before_garbled", SimFault::kPowerOff, false, std::nullopt, SimTail::kGarbled},
        Sweep{"power_behind_dropped", SimFault::kPowerOffBehind, false, std::nullopt,
              SimTail::kDropped},
        Sweep{"power_in_compaction_dropped", SimFault::kLastDurable, false, std::nullopt,
              SimTail::kDropped},
        Sweep{"power_in_compaction_torn", SimFault::kLastDurable, false, std::nullopt,
              SimTail::kTorn},
        Sweep{"power_behind_torn", SimFault::kPowerOffBehind, false, std::nullopt, SimTail::kTorn},
        Sweep{"power_behind_garbled", SimFault::kPowerOffBehind, false, std::nullopt,
              SimTail::kGarbled}),
    [](const auto& tested) { return std::string(tested.param.name); });

std::string kind_of(const std::string& name) {
  const auto base = name.substr(name.rfind('/') + 1);
  const auto dot = base.rfind('.');
  if (dot != std::string::npos) {
    return base.substr(dot);
  }
  return base.substr(0, base.find('-'));
}

/// What became of the flips of one kind of file.
struct Flips {
  std::size_t named = 0;      ///< An error said that something is wrong.
  std::size_t harmless = 0;   ///< Exactly the original content.
  std::size_t shortened = 0;  ///< The newest events are missing, and nothing said so.
};

/// Debian's RocksDB asserts on some flips before it looks at a checksum, and takes the test with it
/// (the program itself then exits with 3: tests/tools/store_commands.py). Such a flip is printed
/// with its number; RUNLEDGER_FLIP_FROM=N goes on with the one of that number.
class BitFlip : public QuietLog {
 protected:
  BitFlip() { std::signal(SIGABRT, &BitFlip::tell); }
  ~BitFlip() override { std::signal(SIGABRT, SIG_DFL); }

  /// Whether this flip is to be tried.
  static bool begin_flip() {
    static const char* const from = std::getenv("RUNLEDGER_FLIP_FROM");  // NOLINT
    return ++number_ >= (from != nullptr ? std::strtoull(from, nullptr, 10) : 0);
  }

 private:
  static void tell(int /*signal*/) {
    std::fprintf(stderr, "flip %llu stopped the process\n",
                 static_cast<unsigned long long>(number_));
  }

  static inline std::uint64_t number_ = 0;
};

bool is_prefix(const StoreContent& content, const StoreContent& whole) {
  return content.events.size() < whole.events.size() &&
         std::equal(content.events.begin(), content.events.end(), whole.events.begin());
}

TEST_F(BitFlip, IsNamedOrHarmlessInEveryKindOfFile) {
  SweepStore store;
  store.play();
  store.append_tail();
  const auto image = store.files().image();
  const auto whole = store.read_everything();
  ASSERT_TRUE(whole.has_value()) << whole.error().message;
  ASSERT_EQ(whole->events.size(), 34U);
  store.end();
  std::map<std::string, Flips> flips;
  for (const auto& [name, bytes] : image) {
    const std::size_t stride = wanted_stride().value_or(std::max<std::size_t>(1, bytes.size() / 4));
    for (std::size_t offset = 0; offset < bytes.size() && !HasFailure(); offset += stride) {
      if (!begin_flip()) {
        continue;
      }
      store.files().restore(image);
      ASSERT_TRUE(store.files().flip(name, offset, static_cast<std::uint8_t>(1U << (offset % 8))));

      const auto content = store.read_everything();

      store.end();
      Flips& kind = flips[kind_of(name)];
      if (!content) {
        ++kind.named;
        EXPECT_THAT(content.error().code,
                    ::testing::AnyOf(Code::kCorruption, Code::kIo, Code::kUnsupported,
                                     Code::kInvalidArgument))
            << name << " at " << offset << ": " << content.error().message;
      } else if (*content == *whole) {
        ++kind.harmless;
      } else {
        // The one hole: what looks like the torn end of a write-ahead log is forgiven, so the
        // newest requests can go without a word. Never anything else, and never in the middle.
        ++kind.shortened;
        EXPECT_TRUE(kind_of(name) == ".log" && is_prefix(*content, *whole))
            << name << " at " << offset << " gives other content";
      }
    }
  }
  for (const auto& [kind, seen] : flips) {
    std::printf("%-10s %zu flips named, %zu harmless, %zu cut the end of the log\n", kind.c_str(),
                seen.named, seen.harmless, seen.shortened);
  }
  EXPECT_GT(flips[".sst"].named, 0U);
  EXPECT_GT(flips[".log"].named + flips[".log"].harmless + flips[".log"].shortened, 0U);
  EXPECT_GT(flips[".blob"].named, 0U);
  EXPECT_GT(flips["MANIFEST"].named, 0U);
}

}  // namespace
}  // namespace runledger::store::testing
