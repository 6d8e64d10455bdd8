#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/clock.h"
#include "engine/decide.h"
#include "engine/earlier_results.h"
#include "engine/executor.h"
#include "engine/job.h"
#include "store/event_log.h"

namespace runledger::engine {

/// What a worker gives back.
struct AttemptOutcome {
  EndAttempt command;
  std::optional<store::Blob> blob;  ///< The packed result.
};

/// Where workers leave outcomes. Wakes the coordinator once for any number of them. Thread-safe.
class AttemptInbox {
 public:
  explicit AttemptInbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void put(AttemptOutcome outcome);
  [[nodiscard]] std::vector<AttemptOutcome> take();
  /// Nothing is woken or kept after this.
  void close();

 private:
  std::mutex mutex_;
  std::vector<AttemptOutcome> outcomes_;
  std::function<void()> wake_;
};

/// Progress of an attempt as last seen.
struct AttemptProgress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  const char* unit = "";
};

/// One attempt on its way through a worker. run() is called once, on a worker; the rest is called
/// on the coordinator's executor.
class AttemptRunner {
 public:
  struct Work {
    std::shared_ptr<const Calculation> calculation;
    const EarlierResults* earlier = nullptr;  ///< Null: compute in any case.
    JobSpec spec;
    std::uint32_t job = 0;
    Attempt attempt{};
    Epoch epoch{};
  };

  AttemptRunner(Work work, const Clock& clock, std::shared_ptr<AttemptInbox> inbox);

  void run() noexcept;

  void request_stop(const char* why) noexcept;
  [[nodiscard]] const char* stop_reason() const noexcept { return stop_reason_.load(); }
  /// When a worker took it up, if one did.
  [[nodiscard]] std::optional<MonoTime> started() const noexcept;
  [[nodiscard]] AttemptProgress progress() const noexcept;
  [[nodiscard]] const Work& work() const noexcept { return work_; }

  /// Of the coordinator: how long it has seen the attempt run.
  nanoseconds ran_for{0};
  /// Of the coordinator: when progress was last recorded and what it was.
  MonoTime reported_at{};
  std::uint64_t reported_done = 0;

 private:
  /// The result of an earlier job, if it would be computed again.
  [[nodiscard]] std::optional<AttemptResult> reuse() const noexcept;
  [[nodiscard]] AttemptOutcome compute() noexcept;
  [[nodiscard]] std::expected<JobOutput, JobError> calculate() noexcept;

  Work work_;
  const Clock& clock_;
  std::shared_ptr<AttemptInbox> inbox_;
  std::stop_source stop_;
  std::atomic<const char*> stop_reason_{nullptr};
  std::atomic<std::int64_t> started_ns_{0};
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> total_{0};
  std::atomic<const char*> unit_{""};
};

inline constexpr const char* kStopDeadline = "deadline_exceeded";
inline constexpr const char* kStopCancelled = "cancelled";

}  // namespace runledger::engine
