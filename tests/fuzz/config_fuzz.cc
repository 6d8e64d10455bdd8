#include <unistd.h>

#include <string>

#include <sys/mman.h>

#include "schema/invariant.h"
#include "tests/fuzz/fuzz.h"
#include "tools/config_file.h"

// A configuration file: taken, or refused with its path and line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runledger;
  static const int file = memfd_create("runledger.toml", 0);
  RL_ASSERT(file >= 0);
  RL_ASSERT(ftruncate(file, 0) == 0);
  RL_ASSERT(pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  const auto path = "/proc/self/fd/" + std::to_string(file);
  tools::GlobalOptions global;
  tools::ServeOptions serve;
  const auto applied = tools::apply_config_file(path, global, serve);
  if (!applied) {
    RL_ASSERT(applied.error().code == Code::kInvalidArgument);
    RL_ASSERT(applied.error().message.starts_with(path + ":"));
  }
  return 0;
}
