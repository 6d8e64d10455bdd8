#include "store/appender.h"

#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "schema/invariant.h"

namespace runledger::store {
namespace {

constexpr std::chrono::seconds kWitnessDelay{1};  // After the last group, if none follows.
constexpr std::uint64_t kWitnessGroups = 32;

}  // namespace

Appender::Appender(GroupCommitter& committer, const AppenderLimits& limits, AppendDriver driver)
    : committer_(committer), limits_(limits), driver_(std::move(driver)) {
  committer_.on_failure([this](const Error& cause) {
    spdlog::critical("event log stopped, open it again to learn what is durable: {}",
                     cause.message);
    const std::lock_guard lock(mutex_);
    health_ = std::unexpected(cause);
  });
  if (driver_) {
    waiting_ = true;
  } else {
    thread_ = std::jthread([this] { run(); });
  }
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
  if (wake && driver_) {
    driver_([this] { step(); });
  } else if (wake) {
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
  if (std::exchange(closed_, true)) {
    return;
  }
  RL_ASSERT(driver_ || thread_.get_id() != std::this_thread::get_id());
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  if (driver_) {
    run();
  } else {
    wake_.notify_one();
    thread_.join();
  }
}

void Appender::run() {
  while (wait_for_request() && commit_group()) {
    witness_now_and_then();
  }
  finish();
}

// While the log grows: once in so many groups, each of which costs a sync itself.
void Appender::witness_now_and_then() {
  if (++groups_ % kWitnessGroups == 0) {
    committer_.witness();
  }
}

// One group, where there is no thread.
void Appender::step() {
  if (commit_group()) {
    witness_now_and_then();
  }
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    more = !queue_.empty();
    waiting_ = !more;
  }
  if (more) {
    driver_([this] { step(); });
  }
}

void Appender::finish() {
  if (!health()) {
    return;
  }
  if (const Status saved = committer_.checkpoint(); !saved) {
    std::vector<PendingAppend> none;
    refuse_all(saved.error(), none);
    return;
  }
  committer_.witness();
}

// False only when the log is closing and nothing is queued.
bool Appender::wait_for_request() {
  std::unique_lock lock(mutex_);
  while (queue_.empty() && !stopping_) {
    waiting_ = true;
    if (committer_.witnessed()) {
      wake_.wait(lock);
    } else if (wake_.wait_for(lock, kWitnessDelay) == std::cv_status::timeout) {
      lock.unlock();
      committer_.witness();
      lock.lock();
    }
  }
  waiting_ = false;
  return !queue_.empty();
}

// False if nothing was queued, or if the log has stopped.
bool Appender::commit_group() {
  std::vector<PendingAppend> taken = take_group();
  if (taken.empty()) {
    return false;
  }
  const Status committed = commit_all(taken);
  if (!committed) {
    refuse_all(committed.error(), taken);
  }
  return committed.has_value();
}

std::vector<PendingAppend> Appender::take_group() {
  const std::lock_guard lock(mutex_);
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
