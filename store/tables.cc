#include "store/tables.h"

#include "schema/invariant.h"

namespace runledger::store {

std::string_view to_string(Table table) noexcept {
  switch (table) {
    case Table::kMeta:
      return "meta";
    case Table::kCommands:
      return "commands";
    case Table::kCheckpoints:
      return "checkpoints";
    case Table::kRuns:
      return "runs";
    case Table::kRunIndex:
      return "run_index";
    case Table::kJobs:
      return "jobs";
    case Table::kJobIndex:
      return "job_index";
    case Table::kLatest:
      return "latest";
    case Table::kPortfolios:
      return "portfolios";
    case Table::kInputs:
      return "input_index";
    case Table::kUsers:
      return "users";
    case Table::kSecrets:
      return "secrets";
    case Table::kSeals:
      return "seals";
    case Table::kQuarantine:
      return "quarantine";
    case Table::kUnknown:
      return "unknown_events";
    case Table::kBase:
      return "base";
  }
  RL_ASSERT(false);
  return {};
}

std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty()) {
    const auto last = static_cast<unsigned char>(end.back());
    if (last != 0xffU) {
      end.back() = static_cast<char>(last + 1U);
      return end;
    }
    end.pop_back();
  }
  return end;
}

}  // namespace runledger::store
