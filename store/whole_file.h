#pragma once

#include <filesystem>
#include <fstream>
#include <string_view>

#include "schema/error.h"

namespace runledger::store {

/// A file that is there whole or not at all: written beside its name, and synced and named when it
/// is finished. What is not finished goes with the object. Not thread-safe.
class WholeFile {
 public:
  explicit WholeFile(std::filesystem::path path);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  /// Errors: kConflict (a file of this name exists), kIo.
  [[nodiscard]] Status open();
  /// Errors: kExhausted (disk full), kIo.
  [[nodiscard]] Status write(std::string_view bytes);
  /// Makes it durable under its name. Errors: kExhausted, kIo.
  [[nodiscard]] Status finish();

 private:
  std::filesystem::path path_;
  std::filesystem::path partial_;
  std::ofstream out_;
};

}  // namespace runledger::store
