#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "store/event_log.h"
#include "tests/support/sim_world.h"

namespace runledger::testing {

/// What may go wrong with a FaultyEventLog. Chances are per append, or per group where it says so.
struct LogFaults {
  std::chrono::microseconds sync_max{2'000};  ///< Longest time that a group takes.
  double slow = 0;                            ///< A group takes up to a second.
  double refused = 0;           ///< append() answers kExhausted, as if its queue were full.
  double failed_lost = 0;       ///< A group fails with unknown outcome; it is not there.
  double failed_written = 0;    ///< A group fails with unknown outcome; it is there.
  double late = 0;              ///< A group is visible well before its callers hear of it.
  double written_at_crash = 0;  ///< A group under way at a crash is there, and nobody was told.
  std::size_t queued_max = 64;
  std::size_t group_max = 16;  ///< Requests in one group.
};

/// What of it has happened.
struct LogFaultCounts {
  std::uint64_t slow = 0;
  std::uint64_t refused = 0;
  std::uint64_t full = 0;
  std::uint64_t failed_lost = 0;
  std::uint64_t failed_written = 0;
  std::uint64_t late = 0;
  std::uint64_t written_at_crash = 0;
  std::uint64_t lost_at_crash = 0;
};

/// The event log of one simulated process on top of a log that outlives it: appends wait in a
/// queue, a group of them becomes durable after some virtual time, all or nothing, and is answered
/// then. Once a group has failed it is fail-stop, as the contract says, until a new one is made.
/// Confined to the simulation.
class FaultyEventLog final : public store::EventLog {
 public:
  /// All must outlive this object.
  FaultyEventLog(store::EventLog& durable,
                 SimWorld& world,
                 engine::Random random,
                 const LogFaults& faults,
                 LogFaultCounts& counts);
  /// As crash().
  ~FaultyEventLog() override;
  FaultyEventLog(const FaultyEventLog&) = delete;
  FaultyEventLog& operator=(const FaultyEventLog&) = delete;

  /// The process has died: what is queued is lost, what is being written is there or not.
  void crash();

  [[nodiscard]] Status append(store::AppendRequest request, store::AppendCallback done) override;
  [[nodiscard]] Result<std::vector<store::RecordedEvent>> read(
      Sequence after, store::ReadLimits limits) const override {
    return durable_.read(after, limits);
  }
  [[nodiscard]] Result<EventBytes> find_event(Sequence sequence) const override {
    return durable_.find_event(sequence);
  }
  [[nodiscard]] Result<Range> run_range(const RunId& run) const override {
    return durable_.run_range(run);
  }
  [[nodiscard]] Result<std::optional<store::AppendReceipt>> find_command(
      const store::CommandKey& key) const override {
    return durable_.find_command(key);
  }
  [[nodiscard]] Sequence committed() const noexcept override { return durable_.committed(); }
  [[nodiscard]] Sequence pruned() const noexcept override { return durable_.pruned(); }
  [[nodiscard]] std::unique_ptr<store::Subscription> notify_committed(
      store::CommitListener listener) const override {
    return durable_.notify_committed(std::move(listener));
  }
  [[nodiscard]] Result<std::string> blob(store::BlobKind kind,
                                         const Digest& digest) const override {
    return durable_.blob(kind, digest);
  }
  [[nodiscard]] const store::TableReader& tables() const noexcept override {
    return durable_.tables();
  }
  [[nodiscard]] Result<std::uint64_t> bytes_on_disk() const override {
    return durable_.bytes_on_disk();
  }
  [[nodiscard]] store::Maintenance* maintenance() noexcept override { return nullptr; }
  [[nodiscard]] Status health() const override { return health_; }
  [[nodiscard]] StoreId store_id() const noexcept override { return durable_.store_id(); }
  /// Writes what is queued, without faults.
  void close() override;

 private:
  struct Pending {
    store::AppendRequest request;
    store::AppendCallback done;
  };
  struct Answer {
    store::AppendCallback done;
    Result<store::AppendReceipt> result;
  };

  [[nodiscard]] bool draw(double chance);
  void begin_group();
  void end_group();
  [[nodiscard]] std::vector<Answer> write(std::vector<Pending> group);
  void fail_stop(std::vector<Pending> group, bool written);
  void answer(std::vector<Answer> answers);

  store::EventLog& durable_;
  SimWorld& world_;
  engine::Random random_;
  const LogFaults& faults_;
  LogFaultCounts& counts_;
  std::deque<Pending> queue_;
  std::vector<Pending> group_;  ///< Being written.
  bool busy_ = false;
  bool closed_ = false;
  Status health_;
};

}  // namespace runledger::testing
