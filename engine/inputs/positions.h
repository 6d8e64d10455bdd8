#pragma once

#include <string_view>
#include <vector>

#include "engine/inputs/import.h"

namespace runledger::engine {

/// Days on which a position may have been entered.
struct EntryDates {
  Date oldest;
  Date newest;
};

/// As parse_positions of import.h, which derives the days from today.
[[nodiscard]] Parsed<std::vector<Position>> parse_positions(std::string_view text,
                                                            const EntryDates& allowed);

}  // namespace runledger::engine
