#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "store/event_log.h"
#include "store/group_committer.h"

namespace runledger::store {

/// The thread that owns all writes. Requests queue up while a group is being synced and make the
/// next group, so there is no timer and an idle log answers after one sync. Thread-safe.
class Appender {
 public:
  /// Starts the thread. `committer` must outlive this object and belongs to its thread until
  /// close() has returned.
  Appender(GroupCommitter& committer, const AppenderLimits& limits);
  /// Closes.
  ~Appender();
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  /// See EventLog::append.
  [[nodiscard]] Status append(AppendRequest request, AppendCallback done);
  /// Ok, or the error that stopped the log.
  [[nodiscard]] Status health() const;
  /// Refuses new requests, finishes those that are queued, writes checkpoints and ends the thread.
  /// Idempotent. Must not be called by a callback, an observer or a listener.
  void close();

 private:
  void run();
  [[nodiscard]] std::vector<PendingAppend> take_group();
  [[nodiscard]] Status commit_all(std::vector<PendingAppend>& taken);
  void refuse_all(const Error& cause, std::vector<PendingAppend>& taken);

  GroupCommitter& committer_;
  const AppenderLimits limits_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<PendingAppend> queue_;
  bool waiting_ = false;
  bool stopping_ = false;
  Status health_;

  std::mutex closing_;
  std::jthread thread_;
};

}  // namespace runledger::store
