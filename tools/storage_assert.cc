#include "tools/storage_assert.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "tools/options.h"

namespace runledger::tools {
namespace {

std::atomic<OnAssert> g_action{OnAssert::kExit};

}  // namespace

void set_on_assert(OnAssert action) noexcept {
  g_action.store(action);
}

}  // namespace runledger::tools

/// In place of the C library's, which knows nothing of stores. Our own code has RL_ASSERT.
extern "C" [[noreturn]] void __assert_fail(  // NOLINT(bugprone-reserved-identifier)
    const char* expression,
    const char* file,
    unsigned line,
    const char* /*function*/) noexcept {
  using runledger::tools::OnAssert;
  const bool ends = runledger::tools::g_action.load() == OnAssert::kExit;
  std::fprintf(
      stderr,
      "runledger: the storage library stopped at %s:%u (%s): %s\n"
      "runledger: copy the data directory, then bring a backup back (runledger restore)%s\n",
      file, line, expression,
      ends ? "a file of the store is damaged" : "a file is damaged, or could not be read",
      ends ? "" : " if it happens again after a restart");
  if (ends) {
    _exit(runledger::tools::kExitCorruption);
  }
  std::abort();
}
