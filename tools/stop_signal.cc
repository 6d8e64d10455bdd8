#include "tools/stop_signal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>

#include "schema/invariant.h"

namespace runledger::tools {
namespace {

// A signal handler reaches nothing but statics. The pipe becomes readable with the first signal and
// stays so.
std::atomic<int> signals_seen{0};
std::array<int, 2> stop_pipe{-1, -1};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void on_stop_signal(int number) {
  if (signals_seen.fetch_add(1) > 0) {
    _exit(128 + number);
  }
  const char byte = 1;
  static_cast<void>(!write(stop_pipe[1], &byte, 1));
}

}  // namespace

StopSignal::StopSignal() {
  RL_ASSERT(stop_pipe[0] == -1);
  RL_ASSERT(pipe2(stop_pipe.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

StopSignal::~StopSignal() {
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  close(stop_pipe[0]);
  close(stop_pipe[1]);
  stop_pipe = {-1, -1};
  signals_seen = 0;
}

bool StopSignal::stopped() const noexcept {
  return signals_seen.load() > 0;
}

bool StopSignal::wait_for(std::chrono::milliseconds time) const noexcept {
  pollfd waiting{stop_pipe[0], POLLIN, 0};
  poll(&waiting, 1, static_cast<int>(time.count()));
  return stopped();
}

void StopSignal::wait() const noexcept {
  while (!stopped()) {
    pollfd waiting{stop_pipe[0], POLLIN, 0};
    poll(&waiting, 1, -1);
  }
}

}  // namespace runledger::tools
