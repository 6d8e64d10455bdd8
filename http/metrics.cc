#include "http/metrics.h"

#include <fmt/format.h>

namespace runledger::http {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

void write_durations(PrometheusText& text, const Metrics& metrics) {
  constexpr std::string_view kName = "runledger_http_request_duration_seconds";
  text.family(kName, "histogram", "Time from the routed request to its answer.");
  for (const auto& operation : metrics.operations()) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < operation.by_duration.size(); ++i) {
      total += operation.by_duration[i].load(kRelaxed);
      const auto bound = i < Metrics::kBuckets.size() ? fmt::format("{}", Metrics::kBuckets[i])
                                                      : std::string("+Inf");
      text.sample(fmt::format("{}_bucket", kName),
                  fmt::format("operation=\"{}\",le=\"{}\"", operation.name, bound),
                  static_cast<double>(total));
    }
    const auto label = fmt::format("operation=\"{}\"", operation.name);
    text.sample(fmt::format("{}_sum", kName), label,
                static_cast<double>(operation.nanoseconds.load(kRelaxed)) / 1e9);
    text.sample(fmt::format("{}_count", kName), label, static_cast<double>(total));
  }
}

template <class Number>
void write_one(PrometheusText& text,
               std::string_view name,
               std::string_view type,
               std::string_view help,
               const std::atomic<Number>& value) {
  text.family(name, type, help);
  text.sample(name, "", static_cast<double>(value.load(kRelaxed)));
}

}  // namespace

void Metrics::record(std::size_t operation,
                     unsigned status,
                     std::chrono::nanoseconds duration) noexcept {
  auto& counters = operations_[operation];
  counters.by_status_class[status / 100 % counters.by_status_class.size()].fetch_add(1, kRelaxed);
  const double seconds = std::chrono::duration<double>(duration).count();
  std::size_t bucket = 0;
  while (bucket < kBuckets.size() && seconds > kBuckets[bucket]) {
    ++bucket;
  }
  counters.by_duration[bucket].fetch_add(1, kRelaxed);
  counters.nanoseconds.fetch_add(static_cast<std::uint64_t>(duration.count()), kRelaxed);
}

void PrometheusText::family(std::string_view name, std::string_view type, std::string_view help) {
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void PrometheusText::sample(std::string_view name, std::string_view labels, double value) {
  text_ += labels.empty() ? fmt::format("{} {}\n", name, value)
                          : fmt::format("{}{{{}}} {}\n", name, labels, value);
}

void write_metrics(PrometheusText& text, const Metrics& metrics) {
  text.family("runledger_http_requests_total", "counter", "Answers by operation and status class.");
  for (const auto& operation : metrics.operations()) {
    for (std::size_t i = 1; i < operation.by_status_class.size(); ++i) {
      if (const auto count = operation.by_status_class[i].load(kRelaxed); count > 0) {
        text.sample("runledger_http_requests_total",
                    fmt::format("operation=\"{}\",code=\"{}xx\"", operation.name, i),
                    static_cast<double>(count));
      }
    }
  }
  write_durations(text, metrics);
  write_one(text, "runledger_http_requests_unrouted_total", "counter",
            "Requests that no route answers.", metrics.requests_unrouted);
  write_one(text, "runledger_http_connections", "gauge", "Open connections.", metrics.connections);
  write_one(text, "runledger_http_connections_accepted_total", "counter", "Connections accepted.",
            metrics.connections_accepted);
  write_one(text, "runledger_http_connections_refused_total", "counter",
            "Connections refused because of the limit.", metrics.connections_refused);
  write_one(text, "runledger_feed_subscribers", "gauge", "Subscribers of the live feed.",
            metrics.feed_subscribers);
  write_one(text, "runledger_feed_frames_total", "counter", "Frames sent to subscribers.",
            metrics.feed_frames);
  write_one(text, "runledger_feed_direct_reads_total", "counter",
            "Reads of the log for subscribers that are behind.", metrics.feed_direct_reads);
  write_one(text, "runledger_feed_stalled_total", "counter",
            "Subscribers that were closed because they read nothing.", metrics.feed_stalled);
  write_one(text, "runledger_feed_shared_bytes", "gauge",
            "Memory of the rendered events that subscribers share.", metrics.feed_shared_bytes);
  write_one(text, "runledger_feed_held_bytes", "gauge",
            "Rests of frames that wait for the sockets of subscribers.", metrics.feed_held_bytes);
}

}  // namespace runledger::http
