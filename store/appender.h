#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "store/event_log.h"
#include "store/group_committer.h"

namespace runledger::store {

/// Stands in for the appending thread: is handed a step, and runs it once, later, never inside the
/// call. Steps are handed out one at a time; one that comes after close() does nothing.
using AppendDriver = std::function<void(std::move_only_function<void()> step)>;

/// The one that owns all writes. Requests queue up while a group is being synced and make the next
/// group, so there is no timer and an idle log answers after one sync. Thread-safe.
class Appender {
 public:
  /// Starts the thread, or, with a `driver`, leaves the work to the steps that the driver is given.
  /// `committer` must outlive this object and belongs to the thread or the steps until close() has
  /// returned.
  Appender(GroupCommitter& committer, const AppenderLimits& limits, AppendDriver driver = {});
  /// Closes.
  ~Appender();
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  /// See EventLog::append.
  [[nodiscard]] Status append(AppendRequest request, AppendCallback done);
  /// Ok, or the error that stopped the log.
  [[nodiscard]] Status health() const;
  /// Refuses new requests, finishes those that are queued, writes checkpoints and ends the thread;
  /// with a driver all of that is done in this call, and a step that still comes does nothing.
  /// Idempotent. Must not be called by a callback, an observer or a listener.
  void close();

 private:
  void run();
  void step();
  void finish();
  void witness_now_and_then();
  [[nodiscard]] bool wait_for_request();
  [[nodiscard]] bool commit_group();
  [[nodiscard]] std::vector<PendingAppend> take_group();
  [[nodiscard]] Status commit_all(std::vector<PendingAppend>& taken);
  void refuse_all(const Error& cause, std::vector<PendingAppend>& taken);

  GroupCommitter& committer_;
  const AppenderLimits limits_;
  const AppendDriver driver_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<PendingAppend> queue_;
  bool waiting_ = false;  ///< The next request must wake the thread or ask for a step.
  bool stopping_ = false;
  Status health_;

  std::uint64_t groups_ = 0;  ///< Committed; of the thread or the steps.

  std::mutex closing_;
  bool closed_ = false;
  std::jthread thread_;
};

}  // namespace runledger::store
