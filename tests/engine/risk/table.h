#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/risk/black_scholes.h"

namespace runledger::risk::test {

/// Rows of a small comma-separated file under tests/data, without the header.
inline std::vector<std::vector<std::string>> read_table(const std::string& path) {
  std::ifstream file(std::string(RUNLEDGER_SOURCE_DIR) + "/tests/data/" + path);
  EXPECT_TRUE(file.good()) << path;
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::istringstream cell_stream(line);
    std::string cell;
    while (std::getline(cell_stream, cell, ',')) {
      cells.push_back(cell);
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

/// The option of a row: kind (C or P), strike, spot, yield, rate, years, volatility.
inline OptionTerms terms_of(const std::vector<std::string>& cells) {
  return {cells[0] == "C" ? OptionKind::kCall : OptionKind::kPut,
          std::stod(cells[2]),
          std::stod(cells[1]),
          std::stod(cells[5]),
          std::stod(cells[4]),
          std::stod(cells[3]),
          std::stod(cells[6])};
}

}  // namespace runledger::risk::test
