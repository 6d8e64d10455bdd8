#pragma once

#include <memory>

#include "store/event_log.h"

namespace runledger::store {

/// The listeners of a log. Thread-safe; a subscription may outlive it.
class CommitListeners {
 public:
  CommitListeners();
  ~CommitListeners();
  CommitListeners(const CommitListeners&) = delete;
  CommitListeners& operator=(const CommitListeners&) = delete;

  /// Registers until the subscription is destroyed. Destroying it waits for a call under way,
  /// unless it is destroyed by that very call.
  [[nodiscard]] std::unique_ptr<Subscription> add(CommitListener listener);
  /// Calls every listener. No lock is held that a listener could need to subscribe another one.
  void notify(Sequence committed);

 private:
  struct State;
  class Registration;
  std::shared_ptr<State> state_;
};

}  // namespace runledger::store
