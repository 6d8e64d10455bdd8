#include <unistd.h>

#include <string>

#include <sys/mman.h>

#include "schema/invariant.h"
#include "store/bundle.h"
#include "tests/fuzz/fuzz.h"

// A bundle, as `import events` reads it: whole, or refused with a reason.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runledger;
  static const int file = memfd_create("bundle.rlb", 0);
  RL_ASSERT(file >= 0);
  RL_ASSERT(ftruncate(file, 0) == 0);
  RL_ASSERT(pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  const auto read = store::read_bundle("/proc/self/fd/" + std::to_string(file), nullptr);
  if (!read) {
    using enum Code;
    const auto code = read.error().code;
    RL_ASSERT(code == kInvalidArgument || code == kUnsupported || code == kCorruption);
    RL_ASSERT(!read.error().message.empty());
  }
  return 0;
}
