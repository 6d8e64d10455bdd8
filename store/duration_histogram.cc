#include "store/duration_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace runledger::store {
namespace {

constexpr unsigned kBits = 6;  // 2^6 buckets for each power of two.

std::uint32_t bucket_of(std::uint64_t value) noexcept {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  const unsigned shift = width > kBits + 1 ? width - (kBits + 1) : 0;
  return static_cast<std::uint32_t>((std::uint64_t{shift} << kBits) + (value >> shift));
}

/// The value in the middle of a bucket.
std::uint64_t middle_of(std::uint32_t bucket) noexcept {
  constexpr std::uint32_t kExact = 2U << kBits;
  if (bucket < kExact) {
    return bucket;
  }
  const unsigned shift = (bucket >> kBits) - 1;
  const std::uint64_t begin = std::uint64_t{bucket - (shift << kBits)} << shift;
  return begin + (std::uint64_t{1} << shift) / 2;
}

}  // namespace

void DurationHistogram::add(nanoseconds duration) {
  const std::uint32_t bucket =
      bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)));
  const auto place = std::lower_bound(
      buckets_.begin(), buckets_.end(), bucket,
      [](const auto& entry, std::uint32_t wanted) { return entry.first < wanted; });
  if (place != buckets_.end() && place->first == bucket) {
    ++place->second;
  } else {
    buckets_.insert(place, {bucket, 1});
  }
  ++count_;
}

void DurationHistogram::merge(const DurationHistogram& other) {
  merge(other.buckets_);
}

// Most buckets are there already when many histograms are merged: those are counted in place.
void DurationHistogram::merge(const Buckets& other) {
  Buckets missing;
  auto place = buckets_.begin();
  for (const auto& [bucket, count] : other) {
    while (place != buckets_.end() && place->first < bucket) {
      ++place;
    }
    if (place != buckets_.end() && place->first == bucket) {
      place->second += count;
    } else {
      missing.emplace_back(bucket, count);
    }
    count_ += count;
  }
  if (!missing.empty()) {
    Buckets merged(buckets_.size() + missing.size());
    std::ranges::merge(buckets_, missing, merged.begin());
    buckets_ = std::move(merged);
  }
}

std::optional<nanoseconds> DurationHistogram::quantile(double share) const noexcept {
  if (count_ == 0) {
    return std::nullopt;
  }
  const double wanted = std::ceil(share * static_cast<double>(count_));
  const auto rank =
      std::clamp<std::uint64_t>(wanted < 1 ? 1 : static_cast<std::uint64_t>(wanted), 1, count_);
  std::uint64_t below = 0;
  for (const auto& [bucket, count] : buckets_) {
    below += count;
    if (below >= rank) {
      return nanoseconds{static_cast<std::int64_t>(middle_of(bucket))};
    }
  }
  return std::nullopt;
}

void DurationHistogram::encode(std::string& out) const {
  put_varint(out, buckets_.size());
  std::uint32_t last = 0;
  for (const auto& [bucket, count] : buckets_) {
    put_varint(out, bucket - last);
    put_varint(out, count);
    last = bucket;
  }
}

void DurationHistogram::merge_encoded(FieldReader& fields) {
  const std::uint64_t size = fields.varint();
  Buckets read;
  std::uint64_t bucket = 0;
  for (std::uint64_t i = 0; i < size && fields.ok(); ++i) {
    bucket += fields.varint();
    read.emplace_back(static_cast<std::uint32_t>(bucket), fields.varint());
  }
  merge(read);
}

}  // namespace runledger::store
