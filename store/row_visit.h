#pragma once

#include <string_view>

#include "schema/error.h"
#include "store/tables.h"

namespace runledger::store {

/// Calls `visit(key, value)`, which gives a Status, for the rows with begin <= key < end (an empty
/// `end` is the end of the table), in order, up to the first error. Errors: that one; kIo,
/// kCorruption of the scan.
template <class Visit>
[[nodiscard]] Status visit_rows(const TableReader& rows,
                                Table table,
                                std::string_view begin,
                                std::string_view end,
                                Visit visit) {
  Status visited;
  RL_TRY(rows.scan(table, begin, end, ScanOrder::kAscending,
                   [&](std::string_view key, std::string_view value) {
                     visited = visit(key, value);
                     return visited.has_value();
                   }));
  return visited;
}

}  // namespace runledger::store
