#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "engine/inputs/import.h"

/// What the tests of this folder share.
namespace runledger::engine {

inline Date date(std::string_view text) {
  return parse_date(text).value();
}

/// The day on which the tests take place, a Monday.
inline const Date kToday = date("2017-11-13");

/// "7 ERR_POS_005 Quantity", one for each issue.
inline std::vector<std::string> briefs(const std::vector<ImportIssue>& issues) {
  std::vector<std::string> result;
  for (const ImportIssue& issue : issues) {
    std::string text = std::to_string(issue.line) + " " + issue.code;
    result.push_back(issue.field.empty() ? text : text + " " + issue.field);
  }
  return result;
}

/// A file of the repository.
inline std::string file_of_repository(const std::string& name) {
  std::ifstream file(std::string(RUNLEDGER_SOURCE_DIR) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace runledger::engine
