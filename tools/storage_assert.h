#pragma once

namespace runledger::tools {

/// What becomes of the process when an assertion of a library fails. Debian builds RocksDB with
/// assertions, and some damaged bytes of its files trip one before any checksum is compared.
enum class OnAssert {
  kExit,   ///< Says so and ends with kExitCorruption: no supervisor should try again.
  kAbort,  ///< Says so and aborts: a new process starts from what is durable.
};
/// At the start: kExit. Thread-safe.
void set_on_assert(OnAssert action) noexcept;

}  // namespace runledger::tools
