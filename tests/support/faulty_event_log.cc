#include "tests/support/faulty_event_log.h"

#include <utility>

#include "store/event_chain.h"

namespace runledger::testing {

FaultyEventLog::FaultyEventLog(store::EventLog& durable,
                               SimWorld& world,
                               engine::Random random,
                               const LogFaults& faults,
                               LogFaultCounts& counts)
    : durable_(durable), world_(world), random_(random), faults_(faults), counts_(counts) {}

FaultyEventLog::~FaultyEventLog() {
  crash();
}

bool FaultyEventLog::draw(double chance) {
  return chance > 0 && random_.uniform() < chance;
}

void FaultyEventLog::crash() {
  if (std::exchange(closed_, true)) {
    return;
  }
  counts_.lost_at_crash += queue_.size();
  queue_.clear();
  auto group = std::exchange(group_, {});
  if (!group.empty() && draw(faults_.written_at_crash)) {
    ++counts_.written_at_crash;
    (void)write(std::move(group));
  } else {
    counts_.lost_at_crash += group.size();
  }
}

Status FaultyEventLog::append(store::AppendRequest request, store::AppendCallback done) {
  RL_TRY(store::validate(request));
  if (!health_) {
    return fail(Code::kUnavailable, "the log has stopped: " + health_.error().message);
  }
  if (closed_) {
    return fail(Code::kUnavailable, "the log is closed");
  }
  if (queue_.size() >= faults_.queued_max) {
    ++counts_.full;
    return fail(Code::kExhausted, "too many appends are waiting");
  }
  if (draw(faults_.refused)) {
    ++counts_.refused;
    return fail(Code::kExhausted, "too many appends are waiting");
  }
  queue_.push_back({std::move(request), std::move(done)});
  begin_group();
  return {};
}

void FaultyEventLog::begin_group() {
  if (busy_ || queue_.empty() || closed_) {
    return;
  }
  busy_ = true;
  auto longest = nanoseconds(faults_.sync_max);
  if (draw(faults_.slow)) {
    ++counts_.slow;
    longest = std::chrono::seconds{1};
  }
  const auto takes = static_cast<double>(longest.count()) * random_.uniform();
  while (!queue_.empty() && group_.size() < faults_.group_max) {
    group_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  world_.after(nanoseconds{static_cast<std::int64_t>(takes)}, [this] { end_group(); });
}

void FaultyEventLog::end_group() {
  if (closed_) {
    return;
  }
  auto group = std::exchange(group_, {});
  if (draw(faults_.failed_lost)) {
    ++counts_.failed_lost;
    return fail_stop(std::move(group), false);
  }
  if (draw(faults_.failed_written)) {
    ++counts_.failed_written;
    return fail_stop(std::move(group), true);
  }
  auto answers = write(std::move(group));
  if (draw(faults_.late)) {
    ++counts_.late;
    const auto takes = nanoseconds(std::chrono::milliseconds{100 + random_.next() % 400});
    world_.after(takes,
                 [this, answers = std::move(answers)]() mutable { answer(std::move(answers)); });
  } else {
    answer(std::move(answers));
  }
}

std::vector<FaultyEventLog::Answer> FaultyEventLog::write(std::vector<Pending> group) {
  std::vector<Answer> answers;
  for (Pending& pending : group) {
    Result<store::AppendReceipt> result = fail(Code::kInternal, "no answer came");
    const Status queued =
        durable_.append(std::move(pending.request),
                        [&result](Result<store::AppendReceipt> got) { result = std::move(got); });
    if (!queued) {
      result = std::unexpected(queued.error());
    }
    answers.push_back({std::move(pending.done), std::move(result)});
  }
  return answers;
}

void FaultyEventLog::answer(std::vector<Answer> answers) {
  for (Answer& one : answers) {
    one.done(std::move(one.result));
  }
  busy_ = false;
  begin_group();
}

void FaultyEventLog::fail_stop(std::vector<Pending> group, bool written) {
  health_ = fail(Code::kIo, "the sync failed");
  std::vector<store::AppendCallback> unknown;
  if (written) {
    for (auto answers = write(std::move(group)); Answer & one : answers) {
      unknown.push_back(std::move(one.done));
    }
  } else {
    for (Pending& pending : group) {
      unknown.push_back(std::move(pending.done));
    }
  }
  auto queued = std::exchange(queue_, {});
  for (auto& done : unknown) {
    done(fail(Code::kUnknownOutcome, "the sync failed"));
  }
  for (Pending& pending : queued) {
    pending.done(fail(Code::kUnavailable, "not appended: the sync failed"));
  }
}

void FaultyEventLog::close() {
  if (std::exchange(closed_, true) || !health_) {
    return;
  }
  auto group = std::exchange(group_, {});
  for (Pending& pending : queue_) {
    group.push_back(std::move(pending));
  }
  queue_.clear();
  for (auto answers = write(std::move(group)); Answer & one : answers) {
    one.done(std::move(one.result));
  }
}

}  // namespace runledger::testing
