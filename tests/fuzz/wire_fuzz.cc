#include "schema/invariant.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/served_store.h"

// Bytes of a connection to the real server, as they are: it answers or closes, and goes on serving.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runledger;
  auto& store = fuzz::ServedStore::instance();
  const auto answer = store.exchange(store.with_token(fuzz::text_of(data, size)));
  RL_ASSERT(answer.empty() || answer.starts_with("HTTP/1."));
  RL_ASSERT(!answer.starts_with("HTTP/1.1 500"));
  return 0;
}

// The store is made before the clock of the first input runs.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  static_cast<void>(runledger::fuzz::ServedStore::instance());
  return 0;
}
