#include "tests/support/sim_thread.h"

#include <utility>

namespace runledger::testing {
namespace {

thread_local SimThread* current_thread = nullptr;

}  // namespace

SimThread::SimThread(engine::Task work)
    : thread_([this, work = std::move(work)]() mutable {
        current_thread = this;
        {
          std::unique_lock lock(mutex_);
          passed_.wait(lock, [this] { return baton_ == Baton::kWork; });
        }
        if (!killed_) {
          work();
        }
        work = nullptr;
        const std::lock_guard lock(mutex_);
        done_ = true;
        baton_ = Baton::kOwner;
        passed_.notify_one();
      }) {}

SimThread::~SimThread() {
  kill();
}

SimThread* SimThread::current() noexcept {
  return current_thread;
}

void SimThread::pass(Baton to) {
  std::unique_lock lock(mutex_);
  baton_ = to;
  passed_.notify_one();
  passed_.wait(lock, [this, to] { return baton_ != to; });
}

void SimThread::resume() {
  if (!done_) {
    pass(Baton::kWork);
  }
}

void SimThread::kill() {
  killed_ = true;
  while (!done_) {
    pass(Baton::kWork);
  }
}

void SimThread::yield() {
  pass(Baton::kOwner);
  if (killed_) {
    throw ProcessDied{};
  }
}

}  // namespace runledger::testing
