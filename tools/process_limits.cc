#include "tools/process_limits.h"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include "tools/options.h"

namespace runledger::tools {
namespace {

// The tables that RocksDB keeps open (store/rocks_options.cc), its other files, logs, pipes.
constexpr std::size_t kOfTheStore = 512 + 64;
constexpr std::size_t kConnectionsMin = 16;

}  // namespace

Result<std::size_t> descriptors_for_connections() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return fail(Code::kIo, "the limit of open files cannot be read");
  }
  // More than this is of no use, and an unlimited number is no number.
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65'536);
  static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
  getrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t files = limit.rlim_cur;
  if (files < kOfTheStore + kConnectionsMin) {
    return fail(
        Code::kExhausted,
        fmt::format("this process may open {} files, and needs at least {}: raise the limit "
                    "(ulimit -n, or LimitNOFILE of its service)",
                    files, kOfTheStore + kConnectionsMin));
  }
  return files - kOfTheStore;
}

ExitDeadline::ExitDeadline(std::chrono::milliseconds patience)
    : thread_([this, patience] {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, patience, [this] { return called_off_; })) {
          spdlog::warn("a thread does not end: the process ends without it; nothing is lost");
          spdlog::default_logger()->flush();
          _exit(kExitDone);
        }
      }) {}

ExitDeadline::~ExitDeadline() {
  {
    const std::lock_guard lock(mutex_);
    called_off_ = true;
  }
  changed_.notify_all();
}

}  // namespace runledger::tools
