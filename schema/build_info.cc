#include "schema/build_info.h"

namespace runledger {

std::string_view version() noexcept {
  return RUNLEDGER_VERSION;
}

std::string_view build_info() noexcept {
#if defined(__clang__)
  return "runledger " RUNLEDGER_VERSION " (clang " __clang_version__ ")";
#else
  return "runledger " RUNLEDGER_VERSION " (g++ " __VERSION__ ")";
#endif
}

}  // namespace runledger
