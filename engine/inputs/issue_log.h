#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/inputs/import.h"

namespace runledger::engine {

/// Collects what is found about one file: every error up to kIssuesMax, and all notes.
/// Not thread-safe.
class IssueLog {
 public:
  /// Records an error of `line` (0: of the whole file).
  void error(ImportIssue issue);
  /// Records something that the importer did by itself and that a person should know; the first
  /// kIssuesMax are kept.
  void note(ImportIssue issue);

  /// Errors so far, those beyond the cap included.
  [[nodiscard]] std::uint64_t error_count() const noexcept { return error_count_; }

  /// Moves the errors, in order of their lines and with the cap's own entry last, and the notes
  /// into `parsed`. Rows of a file with errors are dropped, so that nobody uses half a file.
  template <class Rows>
  void finish(Parsed<Rows>& parsed) {
    parsed.errors = take_errors();
    parsed.notes = std::move(notes_);
    if (!parsed.ok()) {
      parsed.rows = Rows{};
    }
  }

 private:
  [[nodiscard]] std::vector<ImportIssue> take_errors();

  std::vector<ImportIssue> errors_;
  std::vector<ImportIssue> notes_;
  std::uint64_t error_count_ = 0;
};

}  // namespace runledger::engine
