#include "tests/support/temporary_directory.h"

#include <cstdlib>
#include <string>

#include "schema/invariant.h"

namespace runledger::testing {

TemporaryDirectory::TemporaryDirectory() {
  auto pattern = (std::filesystem::temp_directory_path() / "runledger-XXXXXX").string();
  RL_ASSERT(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace runledger::testing
