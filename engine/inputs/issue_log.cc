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
  // Those of one line stay in the order of their finding.
  std::vector<std::pair<std::uint32_t, std::size_t>> order;
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    order.emplace_back(errors_[i].line, i);
  }
  std::ranges::sort(order);
  std::vector<ImportIssue> sorted;
  sorted.reserve(errors_.size() + 1);
  for (const auto& [line, index] : order) {
    sorted.push_back(std::move(errors_[index]));
  }
  if (error_count_ > sorted.size()) {
    sorted.push_back({.line = 0,
                      .symbol = {},
                      .code = "ERR_CSV_009",
                      .message = fmt::format("{} more errors are not listed. Correct these first.",
                                             error_count_ - sorted.size()),
                      .field = {}});
  }
  return sorted;
}

}  // namespace runledger::engine
