#include "store/job_blocks.h"

#include <algorithm>

#include "schema/invariant.h"
#include "store/keys.h"

namespace runledger::store {
namespace {

constexpr char kDayKind = 'd';

Error damaged() {
  return {Code::kCorruption, "a row of the job index is damaged"};
}

/// Positions by the prefix of their key. Ordered: the same entries must give the same rows.
using Positions = std::map<std::string, std::vector<std::uint16_t>>;

Positions collect_positions(std::span<const BlockEntry> entries) {
  Positions positions;
  for (const auto& [sequence, head] : entries) {
    const std::uint16_t position = position_of(sequence);
    const auto add = [&](std::string prefix) { positions[std::move(prefix)].push_back(position); };
    add(std::string(kEveryPrefix));
    add(run_prefix(head.run));
    add(portfolio_prefix(head.portfolio));
    add(type_prefix(head.type));
    add(status_prefix(head.status));
    if (head.category) {
      add(category_prefix(*head.category));
    }
    if (!head.triggered_by.empty()) {
      add(trigger_prefix(head.triggered_by));
    }
  }
  return positions;
}

std::string encode_marks(std::span<const BlockEntry> entries) {
  BlockMarks marks{.first = entries.front().head.finished_at,
                   .last = entries.front().head.finished_at,
                   .count = entries.size(),
                   .first_as_of = entries.front().head.as_of,
                   .last_as_of = entries.front().head.as_of};
  for (const auto& [sequence, head] : entries) {
    marks.first = std::min(marks.first, head.finished_at);
    marks.last = std::max(marks.last, head.finished_at);
    marks.first_as_of = std::min(marks.first_as_of, head.as_of);
    marks.last_as_of = std::max(marks.last_as_of, head.as_of);
  }
  std::string bytes;
  put_i64(bytes, marks.first.time_since_epoch().count());
  put_i64(bytes, marks.last.time_since_epoch().count());
  put_u64(bytes, marks.count);
  put_date(bytes, marks.first_as_of);
  put_date(bytes, marks.last_as_of);
  return bytes;
}

std::string encode_dates(std::span<const BlockEntry> entries) {
  std::map<Date, std::vector<std::uint16_t>> dates;
  for (const auto& [sequence, head] : entries) {
    dates[head.as_of].push_back(position_of(sequence));
  }
  std::string bytes;
  for (const auto& [date, positions] : dates) {
    put_date(bytes, date);
    put_text(bytes, encode_positions(positions));
  }
  return bytes;
}

std::string encode_counts(const JobCounts& counts) {
  std::string bytes;
  put_varint(bytes, static_cast<std::uint64_t>(counts.longest.count()));
  put_varint(bytes, static_cast<std::uint64_t>(counts.duration.count()));
  for (const std::uint64_t count :
       {counts.succeeded, counts.with_warnings, counts.failed, counts.skipped, counts.cancelled,
        counts.reused, counts.retried}) {
    put_varint(bytes, count);
  }
  counts.computed.encode(bytes);
  put_varint(bytes, counts.errors.size());
  for (const auto& [error, count] : counts.errors) {
    put_text(bytes, error.first);
    put_u8(bytes, error.second ? static_cast<std::uint8_t>(*error.second) : std::uint8_t{0});
    put_varint(bytes, count);
  }
  return bytes;
}

void put_days(std::span<const BlockEntry> entries, BlockNumber block, TableBatch& rows) {
  std::map<Date, std::map<JobType, JobCounts>> days;
  for (const auto& [sequence, head] : entries) {
    add_job(days[std::chrono::floor<std::chrono::days>(head.finished_at)][head.type], head);
  }
  for (const auto& [day, types] : days) {
    std::string bytes;
    for (const auto& [type, counts] : types) {
      put_u8(bytes, static_cast<std::uint8_t>(type));
      put_text(bytes, encode_counts(counts));
    }
    rows.put(Table::kJobIndex, block_key(day_prefix(day), block), std::move(bytes));
  }
}

std::string encode_pairs(std::span<const BlockEntry> entries) {
  Pairs pairs;
  for (const auto& [sequence, head] : entries) {
    add_job(pairs, head);
  }
  std::string bytes;
  for (const auto& [portfolio, types] : pairs) {
    put_uuid(bytes, portfolio.uuid);
    put_u8(bytes, static_cast<std::uint8_t>(types.size()));
    for (const auto& [type, counts] : types) {
      put_u8(bytes, static_cast<std::uint8_t>(type));
      put_varint(bytes, counts.jobs);
      put_varint(bytes, counts.failed);
      put_varint(bytes, counts.retried);
    }
  }
  return bytes;
}

std::string encode_cells(std::span<const BlockEntry> entries) {
  std::map<PortfolioId, std::map<Date, CellYields>> cells;
  for (const auto& [sequence, head] : entries) {
    if (!head.portfolio.is_nil()) {
      CellYields& yields = cells[head.portfolio][head.as_of];
      yields = fold_yields(yields, yields_of(head));
    }
  }
  std::string bytes;
  for (const auto& [portfolio, dates] : cells) {
    put_uuid(bytes, portfolio.uuid);
    put_u32(bytes, static_cast<std::uint32_t>(dates.size() * kCellBytes));
    for (const auto& [date, yields] : dates) {
      put_date(bytes, date);
      put_u64(bytes, yields);
    }
  }
  return bytes;
}

std::string value_prefix(char kind, std::uint8_t value) {
  std::string key(1, kind);
  put_u8(key, value);
  return key;
}

}  // namespace

void put_block(std::span<const BlockEntry> entries, TableBatch& rows) {
  RL_ASSERT(!entries.empty());
  const BlockNumber block = block_of(entries.front().sequence);
  RL_ASSERT(block_of(entries.back().sequence) == block);
  for (const auto& [prefix, positions] : collect_positions(entries)) {
    rows.put(Table::kJobIndex, block_key(prefix, block), encode_positions(positions));
  }
  rows.put(Table::kJobIndex, block_key(kMarksPrefix, block), encode_marks(entries));
  rows.put(Table::kJobIndex, block_key(kDatesPrefix, block), encode_dates(entries));
  rows.put(Table::kJobIndex, block_key(kPairsPrefix, block), encode_pairs(entries));
  rows.put(Table::kJobIndex, block_key(kCellsPrefix, block), encode_cells(entries));
  put_days(entries, block, rows);
}

void erase_block(std::span<const BlockEntry> entries, TableBatch& rows) {
  TableBatch puts;
  put_block(entries, puts);
  for (const auto& row : puts.operations()) {
    rows.erase(row.table, row.key);
  }
}

Result<Sequence> indexed_before(const TableReader& tables) {
  RL_TRY_ASSIGN(const auto bytes, tables.get(Table::kJobIndex, kIndexedKey));
  if (!bytes) {
    return Sequence{};
  }
  return decode_job_key(*bytes);
}

Result<BlockMarks> decode_marks(std::string_view bytes) {
  FieldReader fields(bytes);
  BlockMarks marks;
  marks.first = UtcTime{nanoseconds{fields.i64()}};
  marks.last = UtcTime{nanoseconds{fields.i64()}};
  marks.count = fields.u64();
  marks.first_as_of = fields.date();
  marks.last_as_of = fields.date();
  if (!fields.done()) {
    return std::unexpected(damaged());
  }
  return marks;
}

std::string run_prefix(const RunId& run) {
  std::string key = "r";
  put_uuid(key, run.uuid);
  return key;
}
std::string portfolio_prefix(const PortfolioId& portfolio) {
  std::string key = "p";
  put_uuid(key, portfolio.uuid);
  return key;
}
std::string type_prefix(JobType type) {
  return value_prefix('t', static_cast<std::uint8_t>(type));
}
std::string status_prefix(JobStatus status) {
  return value_prefix('s', static_cast<std::uint8_t>(status));
}
std::string category_prefix(ErrorCategory category) {
  return value_prefix('g', static_cast<std::uint8_t>(category));
}
std::string trigger_prefix(std::string_view triggered_by) {
  std::string key = "u";
  put_text(key, triggered_by);
  return key;
}

std::string block_key(std::string_view prefix, BlockNumber block) {
  std::string key(prefix);
  put_u64(key, block);
  return key;
}

Result<BlockNumber> block_of_key(std::string_view key) {
  constexpr std::size_t kBlockBytes = 8;
  if (key.size() <= kBlockBytes) {
    return std::unexpected(damaged());
  }
  return FieldReader(key.substr(key.size() - kBlockBytes)).u64();
}

std::string day_prefix(Date day) {
  std::string key(1, kDayKind);
  put_date(key, day);
  return key;
}

Result<std::pair<Date, BlockNumber>> decode_day_key(std::string_view key) {
  FieldReader fields(key);
  (void)fields.u8();
  const Date day = fields.date();
  const BlockNumber block = fields.u64();
  if (!fields.done()) {
    return std::unexpected(damaged());
  }
  return std::pair{day, block};
}

Status insert_dates(std::string_view bytes, Date from, Date to, PositionSet& positions) {
  FieldReader fields(bytes);
  while (!fields.done()) {
    const Date date = fields.date();
    const std::string_view encoded = fields.text();
    if (!fields.ok() || (date >= from && date <= to && !positions.insert_encoded(encoded))) {
      return std::unexpected(damaged());
    }
  }
  return {};
}

Status visit_day(std::string_view bytes,
                 const std::function<Status(JobType, std::string_view)>& visit) {
  FieldReader fields(bytes);
  while (!fields.done()) {
    const JobType type{fields.u8()};
    const std::string_view counts = fields.text();
    if (!fields.ok()) {
      return std::unexpected(damaged());
    }
    RL_TRY(visit(type, counts));
  }
  return {};
}

Status merge_counts(std::string_view bytes, JobCounts& counts) {
  FieldReader fields(bytes);
  counts.longest =
      std::max(counts.longest, nanoseconds{static_cast<std::int64_t>(fields.varint())});
  counts.duration += nanoseconds{static_cast<std::int64_t>(fields.varint())};
  for (std::uint64_t* count :
       {&counts.succeeded, &counts.with_warnings, &counts.failed, &counts.skipped,
        &counts.cancelled, &counts.reused, &counts.retried}) {
    *count += fields.varint();
  }
  counts.computed.merge_encoded(fields);
  const std::uint64_t errors = fields.varint();
  for (std::uint64_t i = 0; i < errors && fields.ok(); ++i) {
    std::string error(fields.text());
    const std::uint8_t value = fields.u8();
    const auto category = value == 0 ? std::nullopt : std::optional(ErrorCategory{value});
    counts.errors[{std::move(error), category}] += fields.varint();
  }
  if (!fields.done()) {
    return std::unexpected(damaged());
  }
  return {};
}

Result<nanoseconds> longest_of(std::string_view bytes) {
  FieldReader fields(bytes);
  const nanoseconds longest{static_cast<std::int64_t>(fields.varint())};
  if (!fields.ok()) {
    return std::unexpected(damaged());
  }
  return longest;
}

void add_job(Pairs& pairs, const JobHead& head) {
  PairCounts& counts = pairs[head.portfolio][head.type];
  ++counts.jobs;
  counts.failed += head.status == JobStatus::kFailed ? 1U : 0U;
  counts.retried += head.retried ? 1U : 0U;
}

Status merge_pairs(std::string_view bytes, Pairs& pairs) {
  FieldReader fields(bytes);
  while (!fields.done()) {
    auto& types = pairs[PortfolioId{fields.uuid()}];
    const std::uint8_t size = fields.u8();
    for (std::uint8_t i = 0; i < size && fields.ok(); ++i) {
      PairCounts& counts = types[JobType{fields.u8()}];
      counts.jobs += fields.varint();
      counts.failed += fields.varint();
      counts.retried += fields.varint();
    }
    if (!fields.ok()) {
      return std::unexpected(damaged());
    }
  }
  return {};
}

CellYields fold_yields(CellYields older, CellYields newer) noexcept {
  if (older == 0) {
    return newer;
  }
  CellYields folded = older;
  for (const JobType type : kAllJobTypes) {
    const unsigned shift = cell_shift(type);
    const CellYields mask = CellYields{0xfU} << shift;
    const CellYields value = newer & mask;
    if (value == 0) {
      continue;
    }
    const bool empty = value == CellYields{static_cast<unsigned>(JobYield::kNoResult)} << shift;
    if (!empty || (older & mask) == 0) {
      folded = (folded & ~mask) | value;
    }
  }
  return folded;
}

CellYields yields_of(const JobHead& head) noexcept {
  return CellYields{static_cast<unsigned>(head.yield)} << cell_shift(head.type);
}

Status visit_cells(std::string_view bytes,
                   const std::function<void(const PortfolioId&, std::string_view)>& visit) {
  FieldReader fields(bytes);
  while (!fields.done()) {
    const PortfolioId portfolio{fields.uuid()};
    const std::string_view cells = fields.text();
    if (!fields.ok() || cells.size() % kCellBytes != 0) {
      return std::unexpected(damaged());
    }
    visit(portfolio, cells);
  }
  return {};
}

std::pair<Date, CellYields> read_cell(std::string_view cell) noexcept {
  FieldReader fields(cell);
  const Date date = fields.date();
  return {date, fields.u64()};
}

}  // namespace runledger::store
