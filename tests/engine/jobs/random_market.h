#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/inputs/rows.h"

/// Random markets and books, the same for a seed on every machine.
namespace runledger::engine::test {

/// A small generator of random choices (SplitMix64).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  /// Uniform in [0, 1).
  [[nodiscard]] double unit();
  [[nodiscard]] double between(double least, double most);
  /// Uniform in [0, count).
  [[nodiscard]] std::size_t below(std::size_t count);
  [[nodiscard]] bool chance(double probability) { return unit() < probability; }
  /// Standard normal.
  [[nodiscard]] double normal();
  /// 10^u with u uniform in [least, most].
  [[nodiscard]] double magnitude(double least, double most);

 private:
  std::uint64_t next();

  std::uint64_t state_;
};

/// Seeds of a property test: `count` of them from 1 on, or from the environment variable
/// RUNLEDGER_SEED on, to repeat a failure or to look further.
[[nodiscard]] std::vector<std::uint64_t> test_seeds(std::size_t count);

/// How badly the data may be damaged.
enum class Damage : std::uint8_t {
  kNone,  ///< Complete prices of ordinary size, ordinary books.
  kReal,  ///< What real files have: gaps, late listings, bad ticks, splits, old prices.
  kWild,  ///< The above, and prices and quantities of 1e-9 .. 1e12, rates and quotes of any size.
};

/// One portfolio (portfolio_id(1)) over its own market: the factor funds and 3 to 10 other symbols,
/// prices that move together by one common factor, 300 to 420 sessions up to `last`; rates; often
/// options with and without quotes, splits, flows and equity.
[[nodiscard]] InputRows random_market(std::uint64_t seed, Date last, Damage damage);

/// The same number and kind of option positions in `rows` as asked for: adds `count` options on the
/// symbols that the first portfolio holds.
void add_random_options(InputRows& rows, Dice& dice, Date last, std::size_t count);

}  // namespace runledger::engine::test
