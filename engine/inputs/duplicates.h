#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace runledger::engine {

/// Calls `report(row, line, first_line)` for each row whose key an earlier row of the file has.
///
/// @param rows  rows of a file, in its order.
/// @param lines  one line number a row.
/// @param key  from a row to something with <.
/// Cost: O(rows) if they are in the order of their keys, else O(rows log rows) comparisons.
template <class Row, class Key, class Report>
void find_duplicates(const std::vector<Row>& rows,
                     const std::vector<std::uint32_t>& lines,
                     Key key,
                     Report report) {
  const auto not_increasing = [&](const Row& a, const Row& b) { return !(key(a) < key(b)); };
  if (std::ranges::adjacent_find(rows, not_increasing) == rows.end()) {
    return;
  }
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const auto& key_a = key(rows[a]);
    const auto& key_b = key(rows[b]);
    return key_a < key_b || (!(key_b < key_a) && a < b);
  });
  std::size_t first = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (key(rows[order[first]]) < key(rows[order[i]])) {
      first = i;
    } else {
      report(rows[order[i]], lines[order[i]], lines[order[first]]);
    }
  }
}

}  // namespace runledger::engine
