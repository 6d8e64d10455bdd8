#include "schema/invariant.h"

#include <cstdio>
#include <cstdlib>

namespace runledger::detail {

void assertion_failed(const char* expression, std::source_location where) noexcept {
  std::fprintf(stderr, "runledger: broken invariant: %s\n  at %s:%u in %s\n", expression,
               where.file_name(), static_cast<unsigned>(where.line()), where.function_name());
  std::fflush(stderr);
  std::abort();
}

}  // namespace runledger::detail
