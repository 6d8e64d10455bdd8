#include "engine/random.h"

#include <random>

namespace runledger::engine {

Random Random::from_system() {
  std::random_device device;
  return Random{(std::uint64_t{device()} << 32U) | device()};
}

std::uint64_t Random::next() noexcept {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

double Random::uniform() noexcept {
  return static_cast<double>(next() >> 11U) * 0x1.0p-53;
}

}  // namespace runledger::engine
