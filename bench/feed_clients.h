#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

namespace runledger::bench {

/// When each event was committed, in nanoseconds of CLOCK_MONOTONIC: memory shared with a child.
class SharedTimes {
 public:
  explicit SharedTimes(std::size_t count);
  ~SharedTimes();
  SharedTimes(const SharedTimes&) = delete;
  SharedTimes& operator=(const SharedTimes&) = delete;

  void set_now(std::size_t index) noexcept;
  [[nodiscard]] std::int64_t get(std::size_t index) const noexcept;
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  std::int64_t* times_ = nullptr;
  std::size_t count_ = 0;
};

[[nodiscard]] std::int64_t monotonic_ns() noexcept;

/// What the clients measured.
struct Delivery {
  std::uint64_t events = 0;  ///< All clients together.
  std::uint64_t bytes = 0;
  std::int64_t last_at = 0;  ///< CLOCK_MONOTONIC, ns.
  double delay_p50_ms = 0;   ///< From SharedTimes to the end of the read that brought the event.
  double delay_p99_ms = 0;
  bool is_complete = false;
};

/// Many WebSocket clients in a process of their own, over one epoll. It reads no more of a frame
/// than where the next one begins. Fork before the first thread is started.
class ClientProcess {
 public:
  /// `times` must outlive the child.
  explicit ClientProcess(const SharedTimes& times);
  ~ClientProcess();
  ClientProcess(const ClientProcess&) = delete;
  ClientProcess& operator=(const ClientProcess&) = delete;

  /// Connects `clients` and sends `first_frame` on each. Returns when each has got one frame.
  void connect(std::uint16_t port,
               std::size_t clients,
               const std::string& request,
               const std::string& first_frame);
  /// Waits until each client has got `events` more frames.
  [[nodiscard]] Delivery receive(std::size_t events);

 private:
  pid_t child_ = -1;
  int to_child_ = -1;
  int from_child_ = -1;
};

}  // namespace runledger::bench
