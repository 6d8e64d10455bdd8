#include <utility>

#include <spdlog/spdlog.h>

#include "engine/coordinator.h"
#include "schema/failpoint.h"
#include "schema/invariant.h"

// What the coordinator has of the log: appends under way, their answers, and the end when one
// fails.

namespace runledger::engine {

Status Coordinator::health() const {
  const std::lock_guard lock(health_mutex_);
  return health_;
}

// Fail-stop: whatever is under way is given up, and whoever waits hears of it.
void Coordinator::stop_for(Error cause) {
  {
    const std::lock_guard lock(health_mutex_);
    health_ = std::unexpected(cause);
  }
  failure_ = std::move(cause);
  spdlog::critical("the engine has stopped: {}", failure_->message);
  inbox_->close();
  for (auto& [index, attempt] : attempts_) {
    attempt->request_stop(kStopCancelled);
  }
  attempts_.clear();
  if (auto start = std::exchange(queued_, std::nullopt)) {
    start->done(std::unexpected(accepting().error()));
  }
  for (auto& [target, then] : std::exchange(until_durable_, {})) {
    then(fail(Code::kUnknownOutcome, failure_->message));
  }
}

Result<std::optional<store::AppendReceipt>> Coordinator::earlier(
    const store::CommandKey& key) const {
  const auto found = keys_in_flight_.find(key.id);
  if (found == keys_in_flight_.end()) {
    return deps_.log.find_command(key);
  }
  if (found->second.first != key.content) {
    return fail(Code::kInvalidArgument,
                "the idempotency key was used before for a different request");
  }
  auto receipt = found->second.second;
  receipt.duplicate = true;
  return receipt;
}

void Coordinator::when_durable(std::move_only_function<void(Status)> then) {
  if (appends_in_flight_ == 0) {
    return then({});
  }
  until_durable_.emplace_back(appends_answered_ + appends_in_flight_, std::move(then));
}

void Coordinator::answer_durable() {
  while (!until_durable_.empty() && until_durable_.front().first <= appends_answered_) {
    auto then = std::move(until_durable_.front().second);
    until_durable_.pop_front();
    then({});
  }
}

void Coordinator::flush(Receipt done) {
  if (batch_.events.empty()) {
    RL_ASSERT(!done);
    return;
  }
  auto request = std::exchange(batch_, {});
  blob_bytes_in_batch_ = 0;
  if (failure_) {
    // It would follow on something that is not in the log.
    if (done) {
      done(std::unexpected(accepting().error()));
    }
    return;
  }
  const auto first = batch_first_;
  if (request.command) {
    keys_in_flight_[request.command->id] = {
        request.command->content,
        store::AppendReceipt{first, Sequence{raw(next_sequence_) - 1}, false}};
  }
  const auto key = request.command;
  ++appends_in_flight_;
  auto returned = std::make_shared<Receipt>(std::move(done));
  RL_FAILPOINT("coordinator.before_append");
  const auto status = deps_.log.append(
      std::move(request), [this, first, key, returned](Result<store::AppendReceipt> receipt) {
        deps_.executor.post([this, first, key, returned, receipt = std::move(receipt)]() mutable {
          if (key) {
            keys_in_flight_.erase(key->id);
          }
          on_appended(std::move(receipt), first, std::move(*returned));
        });
      });
  if (!status) {
    // Nothing may be sent after it. Its answer comes later, as that of any other append, so that
    // nothing happens behind the back of whoever flushes.
    stop_for(status.error());
    deps_.executor.post([this, first, key, returned, error = status.error()]() mutable {
      if (key) {
        keys_in_flight_.erase(key->id);
      }
      on_appended(std::unexpected(std::move(error)), first, std::move(*returned));
    });
  }
}

void Coordinator::on_appended(Result<store::AppendReceipt> receipt,
                              Sequence expected,
                              Receipt done) {
  --appends_in_flight_;
  ++appends_answered_;
  if (receipt) {
    // The causations recorded so far rest on this: nobody else appends to the log.
    RL_ASSERT(receipt->first == expected);
  } else if (!failure_) {
    stop_for(receipt.error());
  }
  if (done) {
    RL_FAILPOINT("coordinator.before_answer");
    done(std::move(receipt));
  }
  answer_durable();
  pump();
  check_drained();
}

}  // namespace runledger::engine
