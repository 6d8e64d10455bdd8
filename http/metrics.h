#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace runledger::http {

/// Counters of the front. Thread-safe; relaxed atomics.
class Metrics {
 public:
  /// Upper bounds of the request-duration buckets, in seconds.
  static constexpr std::array kBuckets = {0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0};

  struct Operation {
    explicit Operation(std::string_view operation_name) : name(operation_name) {}
    std::string_view name;
    std::array<std::atomic<std::uint64_t>, 6> by_status_class{};  ///< [2] counts 2xx.
    std::array<std::atomic<std::uint64_t>, kBuckets.size() + 1> by_duration{};
    std::atomic<std::uint64_t> nanoseconds{0};
  };

  /// Declares the operations; index i is that of route i. Call once, before any other.
  void declare(std::string_view operation) { operations_.emplace_back(operation); }
  void record(std::size_t operation, unsigned status, std::chrono::nanoseconds duration) noexcept;

  [[nodiscard]] const std::deque<Operation>& operations() const noexcept { return operations_; }

  std::atomic<std::uint64_t> requests_unrouted{0};  ///< 404, 405, malformed.
  std::atomic<std::int64_t> connections{0};
  std::atomic<std::uint64_t> connections_accepted{0};
  std::atomic<std::uint64_t> connections_refused{0};
  std::atomic<std::int64_t> feed_subscribers{0};
  std::atomic<std::uint64_t> feed_frames{0};
  std::atomic<std::uint64_t> feed_direct_reads{0};  ///< Reads for subscribers that are behind.
  std::atomic<std::uint64_t> feed_stalled{0};       ///< Closed because they read nothing.
  std::atomic<std::int64_t> feed_shared_bytes{0};   ///< Rendered events that subscribers share.
  std::atomic<std::int64_t> feed_held_bytes{0};     ///< Rests of frames that wait for a socket.

 private:
  std::deque<Operation> operations_;
};

/// Writes samples in the text format of Prometheus, version 0.0.4.
class PrometheusText {
 public:
  /// HELP and TYPE lines; call before the samples of `name`.
  void family(std::string_view name, std::string_view type, std::string_view help);
  /// @param labels  `operation="x",code="2xx"` or empty.
  void sample(std::string_view name, std::string_view labels, double value);
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// The samples of `metrics`.
void write_metrics(PrometheusText& text, const Metrics& metrics);

}  // namespace runledger::http
