#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace runledger::engine {

/// What is known of the jobs of one type in a run: how many have been computed and how long each
/// took, and how many are still expected to be.
struct WorkOfType {
  double done = 0;             ///< Jobs whose duration is known.
  double seconds = 0;          ///< Sum of their durations.
  double squared_seconds = 0;  ///< Sum of the squares of their durations.
  double left = 0;             ///< Jobs that are expected to be computed still.
};

struct Eta {
  double seconds = 0;  ///< Expected time until the run ends.
  double low = 0;      ///< Bounds of a 95 % band.
  double high = 0;
};

/// Time left = elapsed x work left / work done, where work is the sum of the expected durations of
/// jobs: a job of a type that has been seen is expected to take the mean of its type, one of a type
/// that has not the mean of all. So slow types that come last are not taken for fast ones. The band
/// is the normal one: the spread of what is left about its mean, and the error of the means.
///
/// @param work     one entry a job type.
/// @param elapsed  seconds in which `work` was done, by as many threads as there are.
/// Absent if no job has taken any time yet. Cost: O(types).
[[nodiscard]] std::optional<Eta> estimate_time_left(std::span<const WorkOfType> work,
                                                    double elapsed) noexcept;

}  // namespace runledger::engine
