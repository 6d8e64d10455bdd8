#include "store/appender.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "schema/invariant.h"

namespace runledger::store {

Appender::Appender(GroupCommitter& committer, const AppenderLimits& limits)
    : committer_(committer), limits_(limits) {
  committer_.on_failure([this](const Error& cause) {
    spdlog::critical("event log stopped, open it again to learn what is durable: {}",
                     cause.message);
    const std::lock_guard lock(mutex_);
    health_ = std::unexpected(cause);
  });
  thread_ = std::jthread([this] { run(); });
}

Appender::~Appender() {
  close();
}

Status Appender::append(AppendRequest request, AppendCallback done) {
  RL_TRY(validate(request));
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (!health_) {
      return fail(Code::kUnavailable, "the log has stopped: " + health_.error().message);
    }
    if (stopping_) {
      return fail(Code::kUnavailable, "the log is closed");
    }
    if (queue_.size() >= limits_.requests_queued_max) {
      return fail(Code::kExhausted,
                  "too many appends are waiting: " + std::to_string(limits_.requests_queued_max));
    }
    queue_.push_back({std::move(request), std::move(done)});
    wake = std::exchange(waiting_, false);
  }
  if (wake) {
    wake_.notify_one();
  }
  return {};
}

Status Appender::health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

void Appender::close() {
  const std::lock_guard closing(closing_);
  if (!thread_.joinable()) {
    return;
  }
  RL_ASSERT(thread_.get_id() != std::this_thread::get_id());
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Appender::run() {
  for (;;) {
    std::vector<PendingAppend> taken = take_group();
    if (taken.empty()) {
      break;
    }
    if (const Status committed = commit_all(taken); !committed) {
      refuse_all(committed.error(), taken);
      return;
    }
  }
  if (const Status saved = committer_.checkpoint(); !saved) {
    std::vector<PendingAppend> none;
    refuse_all(saved.error(), none);
  }
}

// Empty only when the log is closing and nothing is queued.
std::vector<PendingAppend> Appender::take_group() {
  std::unique_lock lock(mutex_);
  while (queue_.empty() && !stopping_) {
    waiting_ = true;
    wake_.wait(lock);
  }
  waiting_ = false;
  std::vector<PendingAppend> taken;
  std::size_t events = 0;
  while (!queue_.empty()) {
    events += queue_.front().request.events.size();
    if (!taken.empty() && events > limits_.group_events_max) {
      break;
    }
    taken.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return taken;
}

Status Appender::commit_all(std::vector<PendingAppend>& taken) {
  for (PendingAppend& pending : taken) {
    RL_TRY(committer_.add(std::exchange(pending, {})));
  }
  return committer_.commit();
}

void Appender::refuse_all(const Error& cause, std::vector<PendingAppend>& taken) {
  std::deque<PendingAppend> queued;
  {
    const std::lock_guard lock(mutex_);
    queued.swap(queue_);
  }
  const auto refuse = [&cause](PendingAppend& pending) {
    if (pending.done) {
      pending.done(fail(Code::kUnavailable, "not appended: " + cause.message));
    }
  };
  for (PendingAppend& pending : taken) {
    refuse(pending);
  }
  for (PendingAppend& pending : queued) {
    refuse(pending);
  }
}

}  // namespace runledger::store
