#include <array>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "engine/inputs/duplicates.h"
#include "engine/inputs/fields.h"
#include "engine/inputs/row_checks.h"

namespace runledger::engine {
namespace {

enum Column : std::size_t { kSymbol, kSector, kName };
constexpr std::array<CsvColumn, 3> kColumns = {{
    {.name = "symbol", .required = true, .alias = "ticker"},
    {.name = "sector", .required = true},
    {.name = "name"},
}};
constexpr CsvLayout kLayout = {.columns = kColumns, .bytes_max = kInputFileBytesMax};

constexpr std::size_t kTextLengthMax = 100;

std::string read_text(RowChecks& checks, std::size_t column) {
  const std::string_view text = checks.text(column);
  if (count_characters(text) > kTextLengthMax || has_control_character(text)) {
    checks.error("ERR_SECTOR_003", column,
                 fmt::format("{} must be a single line of at most {} characters.", shown(text),
                             kTextLengthMax));
  }
  return std::string(text);
}

}  // namespace

Parsed<std::vector<SectorRow>> parse_sectors(std::string_view text) {
  Parsed<std::vector<SectorRow>> parsed;
  std::vector<std::uint32_t> lines;
  IssueLog log;
  RowChecks checks(kLayout, Date{}, log);

  parsed.data_rows = read_csv(text, kLayout, log, [&](const CsvRow& cells) {
    checks.begin(cells, kSymbol);
    SectorRow row;
    row.symbol = checks.symbol(kSymbol, "ERR_SECTOR_001");
    if (checks.text(kSector).empty()) {
      checks.error("ERR_SECTOR_002", kSector, "The sector is missing.");
    }
    row.sector = read_text(checks, kSector);
    row.name = read_text(checks, kName);
    if (checks.ok()) {
      parsed.rows.push_back(std::move(row));
      lines.push_back(cells.line);
    }
  });

  find_duplicates(
      parsed.rows, lines, [](const SectorRow& row) { return std::string_view(row.symbol); },
      [&](const SectorRow& row, std::uint32_t line, std::uint32_t first) {
        log.error({.line = line,
                   .symbol = row.symbol,
                   .code = "ERR_SECTOR_004",
                   .message = fmt::format("{} is in line {} already.", row.symbol, first),
                   .field = "symbol"});
      });
  log.finish(parsed);
  return parsed;
}

}  // namespace runledger::engine
