#include "engine/eta.h"

#include <algorithm>
#include <cmath>

namespace runledger::engine {
namespace {

constexpr double kNormal95 = 1.959964;

// Of the durations of some jobs.
struct Moments {
  double mean = 0;
  double variance = 0;  // Of one duration, about the mean; needs two.
};

Moments moments_of(const WorkOfType& work) noexcept {
  const double mean = work.seconds / work.done;
  const double squares = work.squared_seconds - work.done * mean * mean;
  // One job says nothing about the spread: as much as the mean is a careful guess.
  return {mean, work.done > 1 ? std::max(squares, 0.0) / (work.done - 1) : mean * mean};
}

}  // namespace

std::optional<Eta> estimate_time_left(std::span<const WorkOfType> work, double elapsed) noexcept {
  WorkOfType all;
  for (const auto& type : work) {
    all.done += type.done;
    all.seconds += type.seconds;
    all.squared_seconds += type.squared_seconds;
  }
  if (all.done <= 0 || all.seconds <= 0) {
    return std::nullopt;
  }
  const Moments overall = moments_of(all);
  double left = 0;
  double variance = 0;
  for (const auto& type : work) {
    const Moments one = type.done > 0 ? moments_of(type) : overall;
    left += type.left * one.mean;
    variance +=
        type.left * one.variance + type.left * type.left * one.variance / std::max(type.done, 1.0);
  }
  const double scale = elapsed / all.seconds;
  const double margin = kNormal95 * std::sqrt(variance) * scale;
  return Eta{left * scale, std::max(0.0, left * scale - margin), left * scale + margin};
}

}  // namespace runledger::engine
