#include "store/commit_listeners.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace runledger::store {
namespace {

struct Entry {
  explicit Entry(CommitListener call) : listener(std::move(call)) {}

  // Recursive, so that a listener may drop its own subscription.
  std::recursive_mutex calling;
  bool active = true;
  CommitListener listener;
};

}  // namespace

struct CommitListeners::State {
  std::mutex mutex;
  std::vector<std::shared_ptr<Entry>> entries;
};

class CommitListeners::Registration final : public Subscription {
 public:
  Registration(std::shared_ptr<State> state, std::shared_ptr<Entry> entry)
      : state_(std::move(state)), entry_(std::move(entry)) {}
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  ~Registration() override {
    {
      const std::lock_guard lock(state_->mutex);
      std::erase(state_->entries, entry_);
    }
    const std::lock_guard lock(entry_->calling);
    entry_->active = false;
  }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Entry> entry_;
};

CommitListeners::CommitListeners() : state_(std::make_shared<State>()) {}
CommitListeners::~CommitListeners() = default;

std::unique_ptr<Subscription> CommitListeners::add(CommitListener listener) {
  auto entry = std::make_shared<Entry>(std::move(listener));
  {
    const std::lock_guard lock(state_->mutex);
    state_->entries.push_back(entry);
  }
  return std::make_unique<Registration>(state_, std::move(entry));
}

void CommitListeners::notify(Sequence committed) {
  std::vector<std::shared_ptr<Entry>> entries;
  {
    const std::lock_guard lock(state_->mutex);
    entries = state_->entries;
  }
  for (const auto& entry : entries) {
    const std::lock_guard lock(entry->calling);
    if (entry->active) {
      entry->listener(committed);
    }
  }
}

}  // namespace runledger::store
