#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "schema/error.h"

namespace runledger::store {

/// A file that is there whole or not at all: written beside its name, and synced and named when it
/// is finished. What is not finished goes with the object. Not thread-safe.
class WholeFile {
 public:
  /// What happens to a file of this name that is there already.
  enum class Existing : std::uint8_t { kRefuse, kReplace };

  explicit WholeFile(std::filesystem::path path, Existing existing = Existing::kRefuse);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  /// Errors: kConflict (a file of this name exists and is not to be replaced), kIo.
  [[nodiscard]] Status open();
  /// Errors: kExhausted (disk full), kIo.
  [[nodiscard]] Status write(std::string_view bytes);
  /// Makes it durable under its name. Errors: kExhausted, kIo.
  [[nodiscard]] Status finish();

 private:
  std::filesystem::path path_;
  std::filesystem::path partial_;
  Existing existing_;
  std::ofstream out_;
};

}  // namespace runledger::store
