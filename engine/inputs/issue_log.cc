#include "engine/inputs/issue_log.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace runledger::engine {

void IssueLog::error(ImportIssue issue) {
  ++error_count_;
  if (errors_.size() < kIssuesMax) {
    errors_.push_back(std::move(issue));
  }
}

void IssueLog::note(ImportIssue issue) {
  if (notes_.size() < kIssuesMax) {
    notes_.push_back(std::move(issue));
  }
}

std::vector<ImportIssue> IssueLog::take_errors() {
  std::ranges::stable_sort(errors_, {}, &ImportIssue::line);
  if (error_count_ > errors_.size()) {
    errors_.push_back({.line = 0,
                       .symbol = {},
                       .code = "ERR_CSV_009",
                       .message = fmt::format("{} more errors are not listed. Correct these first.",
                                              error_count_ - errors_.size()),
                       .field = {}});
  }
  return std::move(errors_);
}

}  // namespace runledger::engine
