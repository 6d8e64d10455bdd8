#include "engine/clock.h"

namespace runledger::engine {

UtcTime SystemClock::wall_now() const {
  return std::chrono::system_clock::now();
}

MonoTime SystemClock::mono_now() const {
  return std::chrono::steady_clock::now();
}

}  // namespace runledger::engine
