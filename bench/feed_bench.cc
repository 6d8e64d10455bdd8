// The live feed to many subscribers, next to a bare Beast broadcast of the same bytes in the same
// run: events delivered a second when they come as fast as they are taken, the delay from commit to
// receipt when they come at a steady rate, and memory.
//
//     feed_bench [SUBSCRIBERS] [EVENTS] [EVENTS A SECOND]

#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <sys/resource.h>

#include "bench/bare_broadcast.h"
#include "bench/feed_clients.h"
#include "engine/service.h"
#include "http/feed/event_frames.h"
#include "http/server.h"
#include "tests/support/temporary_directory.h"

namespace runledger::bench {
namespace {

struct Options {
  std::size_t subscribers = 1000;
  std::size_t events = 5000;  // Of each measurement.
  std::size_t rate = 500;     // Events a second, for the delay.
};

struct Measured {
  double delivered_per_second = 0;
  double megabytes_per_second = 0;
  double delay_p50_ms = 0;
  double delay_p99_ms = 0;
  double kilobytes_per_subscriber = 0;
};

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::string websocket_request(const std::string& path, const std::string& token) {
  return "GET " + path +
         " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Authorization: Bearer " +
         token + "\r\n\r\n";
}

// A client's frame with a mask of zeros.
std::string masked_frame(const std::string& text) {
  std::string frame = {static_cast<char>(0x81), static_cast<char>(0x80U | text.size())};
  return frame + std::string(4, '\0') + text;
}

// Events about a job, as a run writes most of, appended with many in flight.
class Producer {
 public:
  Producer(store::EventLog& log, SharedTimes& times) : log_(log), times_(times) {
    committed_ = log.notify_committed([this](Sequence committed) {
      const auto now = raw(committed);
      for (auto sequence = seen_.load(); sequence < now; ++sequence) {
        if (sequence >= first_) {
          times_.set_now(sequence - first_);
        }
      }
      seen_ = now;
    });
    seen_ = raw(log.committed());
  }

  void produce(std::size_t count, std::size_t rate) {
    first_ = raw(log_.committed());
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < count; ++i) {
      std::unique_lock lock(mutex_);
      if (rate > 0) {
        const auto due = begin + std::chrono::nanoseconds{1'000'000'000 / rate * i};
        changed_.wait_until(lock, due, [due] { return std::chrono::steady_clock::now() >= due; });
      }
      changed_.wait(lock, [this] { return in_flight_ < 512; });
      ++in_flight_;
      lock.unlock();
      store::AppendRequest request;
      const JobRef job{static_cast<std::uint32_t>(i), JobType::kStressTesting, portfolio_, {}};
      request.events.push_back(
          {{}, run_, {}, JobProgressed{job, i, count, "scenarios", "measured"}});
      const auto accepted = log_.append(std::move(request), [this](const auto& /*receipt*/) {
        const std::lock_guard guard(mutex_);
        --in_flight_;
        changed_.notify_one();
      });
      if (!accepted) {
        throw std::runtime_error(accepted.error().message);
      }
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return in_flight_ == 0; });
  }

 private:
  store::EventLog& log_;
  SharedTimes& times_;
  const RunId run_ = *RunId::parse("01900000-0000-7000-8000-000000000001");
  const PortfolioId portfolio_ = *PortfolioId::parse("01900000-0000-7000-8000-0000000000aa");
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t in_flight_ = 0;
  std::atomic<std::uint64_t> first_{~0ULL};
  std::atomic<std::uint64_t> seen_{0};
  std::unique_ptr<store::Subscription> committed_;
};

// Clients are connected: `produce(count, rate)` must give them `count` events.
template <class Produce>
Measured measure(const Options& options, ClientProcess& clients, Produce produce) {
  Measured measured;
  const auto run = [&](std::size_t events, std::size_t rate) {
    std::int64_t begin = 0;
    std::jthread producer([&] {
      begin = monotonic_ns();
      produce(events, rate);
    });
    const auto delivery = clients.receive(events);
    producer.join();
    if (!delivery.is_complete) {
      throw std::runtime_error("not everything was delivered");
    }
    const double seconds = static_cast<double>(delivery.last_at - begin) / 1e9;
    measured.delivered_per_second = static_cast<double>(delivery.events) / seconds;
    measured.megabytes_per_second = static_cast<double>(delivery.bytes) / seconds / 1e6;
    return delivery;
  };
  const auto paced = run(options.rate * 4, options.rate);
  measured.delay_p50_ms = paced.delay_p50_ms;
  measured.delay_p99_ms = paced.delay_p99_ms;
  run(options.events, 0);
  return measured;
}

Measured measure_feed(const Options& options,
                      ClientProcess& clients,
                      SharedTimes& times,
                      std::string& sample) {
  testing::TemporaryDirectory directory;
  engine::SystemClock clock;
  engine::ServiceOptions service_options;
  service_options.data_directory = directory.path() / "data";
  auto service = std::move(engine::open_service(service_options, clock).value());
  http::Api api(*service);
  if (!api.enable_tokens() ||
      !api.access().users().put({"a@b.c", "long enough", http::Role::kViewer}, {"a", "b"})) {
    throw std::runtime_error("cannot make a user");
  }
  const auto token = api.access().login("a@b.c", "long enough", "bench").value().token;
  http::ServerOptions server_options;
  server_options.port = 0;
  server_options.limits.subscribers_max = options.subscribers;
  server_options.limits.connections_max = options.subscribers + 1;
  // The log belongs to the engine; facts that it has no use for are appended beside it. It listens
  // to commits before the feed does, so that it knows the time of each.
  Producer producer(const_cast<store::EventLog&>(service->log()), times);
  const auto server = http::Server::start(api, server_options).value();
  ::malloc_trim(0);
  const auto before = resident_bytes();
  const auto committed = raw(service->log().committed());
  clients.connect(
      server->port(), options.subscribers, websocket_request("/api/v1/live", token),
      masked_frame(fmt::format(R"({{"type":"subscribe","after_seq":{},"every_progress":true}})",
                               committed)));
  const auto after = resident_bytes();
  auto measured = measure(options, clients, [&producer](std::size_t count, std::size_t rate) {
    producer.produce(count, rate);
  });
  measured.kilobytes_per_subscriber =
      static_cast<double>(after - before) / 1024.0 / static_cast<double>(options.subscribers);
  const auto block = http::read_block(service->log(), Sequence{committed}, {.events_max = 1});
  sample = block.value()->text(0);
  return measured;
}

Measured measure_bare(const Options& options,
                      ClientProcess& clients,
                      SharedTimes& times,
                      BareBroadcast::Writes writes,
                      const std::string& text) {
  BareBroadcast server(writes);
  ::malloc_trim(0);
  const auto before = resident_bytes();
  clients.connect(server.port(), options.subscribers, websocket_request("/", "none"),
                  masked_frame("{}"));
  const auto after = resident_bytes();
  std::mutex mutex;
  std::condition_variable never;
  auto measured = measure(options, clients, [&](std::size_t count, std::size_t rate) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < count; ++i) {
      if (rate > 0) {
        const auto due = begin + std::chrono::nanoseconds{1'000'000'000 / rate * i};
        std::unique_lock lock(mutex);
        never.wait_until(lock, due, [due] { return std::chrono::steady_clock::now() >= due; });
      }
      times.set_now(i);
      server.send(std::make_shared<const std::string>(text));
    }
  });
  measured.kilobytes_per_subscriber =
      static_cast<double>(after - before) / 1024.0 / static_cast<double>(options.subscribers);
  return measured;
}

void print(const char* name, const Measured& measured, const Measured& base) {
  fmt::print("{:<34}{:>12.0f}/s {:>6.2f}x {:>8.0f} MB/s {:>9.2f} ms {:>9.2f} ms {:>8.1f} KB\n",
             name, measured.delivered_per_second,
             measured.delivered_per_second / base.delivered_per_second,
             measured.megabytes_per_second, measured.delay_p50_ms, measured.delay_p99_ms,
             measured.kilobytes_per_subscriber);
}

int run(const Options& options) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  SharedTimes times(std::max(options.events, options.rate * 4));
  // All processes before the first thread.
  ClientProcess of_feed(times);
  ClientProcess of_each(times);
  ClientProcess of_gathered(times);
  std::string sample;
  const auto feed = measure_feed(options, of_feed, times, sample);
  const auto each = measure_bare(options, of_each, times, BareBroadcast::Writes::kOneEach, sample);
  const auto gathered =
      measure_bare(options, of_gathered, times, BareBroadcast::Writes::kGathered, sample);
  fmt::print("{} subscribers, {} events of {} bytes; delays at {} events a second\n",
             options.subscribers, options.events, sample.size(), options.rate);
  fmt::print("{:<34}{:>14} {:>7} {:>13} {:>12} {:>12} {:>11}\n", "", "delivered", "", "", "p50",
             "p99", "RSS each");
  print("bare Beast, a write a message", each, each);
  print("bare Beast, gathered writes", gathered, each);
  print("live feed", feed, each);
  return 0;
}

}  // namespace
}  // namespace runledger::bench

int main(int argc, char** argv) {
  runledger::bench::Options options;
  const auto number = [&](int index, std::size_t value) {
    return argc > index ? std::strtoul(argv[index], nullptr, 10) : value;
  };
  options.subscribers = number(1, options.subscribers);
  options.events = number(2, options.events);
  options.rate = number(3, options.rate);
  try {
    return runledger::bench::run(options);
  } catch (const std::exception& exception) {
    fmt::print(stderr, "{}\n", exception.what());
    return 1;
  }
}
