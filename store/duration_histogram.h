#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/time.h"
#include "store/keys.h"

namespace runledger::store {

/// Counts of durations in buckets that grow with the duration: those up to 127 ns are exact, each
/// power of two above has 64 buckets. A quantile is the middle of its bucket: it is off by 1/128
/// (0.8 %) of the true one at most. Only whole numbers are used, so that the same durations give
/// the same bytes everywhere; merging histograms loses nothing.
class DurationHistogram {
 public:
  /// A duration below 0 counts as 0.
  void add(nanoseconds duration);
  void merge(const DurationHistogram& other);
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// The smallest duration that at least `share` (0..1) of all are not above; absent if there are
  /// none.
  [[nodiscard]] std::optional<nanoseconds> quantile(double share) const noexcept;

  void encode(std::string& out) const;
  /// Adds what encode() wrote; the fields are not ok() if they are no such thing.
  void merge_encoded(FieldReader& fields);

 private:
  using Buckets = std::vector<std::pair<std::uint32_t, std::uint64_t>>;
  void merge(const Buckets& other);

  Buckets buckets_;  // By number; none is empty.
  std::uint64_t count_ = 0;
};

}  // namespace runledger::store
