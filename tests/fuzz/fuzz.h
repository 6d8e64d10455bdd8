#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// One target a file: a function of bytes that must neither crash nor break what it asserts. Built
/// twice: with libFuzzer by the preset `fuzz`, and as a plain program that runs the checked-in
/// corpus in every test run (corpus_main.cc). A crash that was found becomes a file of the corpus.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
/// What libFuzzer calls before the first input, if a target has it.
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments);

namespace runledger::fuzz {

/// The input as text.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(data), size};
}

/// Takes the first byte off, for targets that are several functions; 0 if there is none.
inline std::uint8_t take_byte(std::string_view& input) noexcept {
  if (input.empty()) {
    return 0;
  }
  const auto byte = static_cast<std::uint8_t>(input.front());
  input.remove_prefix(1);
  return byte;
}

}  // namespace runledger::fuzz
