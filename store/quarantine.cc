#include "store/quarantine.h"

#include <exception>
#include <utility>

#include <spdlog/spdlog.h>

#include "store/keys.h"
#include "store/row_visit.h"

// kQuarantine: projection 0 sequence -> reason.
namespace runledger::store {
namespace {

Status apply_guarded(Projection& projection, const Event& event, TableBatch& rows) noexcept {
  try {
    return projection.apply(event, rows);
  } catch (const std::exception& thrown) {
    return fail(Code::kInternal, thrown.what());
  } catch (...) {
    return fail(Code::kInternal, "unknown exception");
  }
}

Result<QuarantinedEvent> decode(std::string_view key, std::string_view value) {
  QuarantinedEvent event;
  const std::size_t end = key.find('\0');
  FieldReader fields(end == std::string_view::npos ? std::string_view() : key.substr(end + 1));
  event.sequence = fields.sequence();
  if (!fields.done()) {
    return fail(Code::kCorruption, "a row of the quarantine is damaged");
  }
  event.projection = key.substr(0, end);
  event.reason = value;
  return event;
}

}  // namespace

std::string quarantine_prefix(std::string_view projection) {
  std::string prefix(projection);
  prefix.push_back('\0');
  return prefix;
}

void apply_event(Projection& projection, const Event& event, TableBatch& rows) noexcept {
  Status applied = apply_guarded(projection, event, rows);
  if (applied) {
    return;
  }
  spdlog::error("event {} cannot be applied to {} and is in quarantine: {}", raw(event.sequence),
                projection.name(), applied.error().message);
  rows.put(Table::kQuarantine, quarantine_prefix(projection.name()) + sequence_key(event.sequence),
           std::move(applied).error().message);
}

Result<std::vector<QuarantinedEvent>> list_quarantine(const TableReader& tables) {
  std::vector<QuarantinedEvent> events;
  RL_TRY(visit_rows(tables, Table::kQuarantine, "", "",
                    [&](std::string_view key, std::string_view value) -> Status {
                      RL_TRY_ASSIGN(auto event, decode(key, value));
                      events.push_back(std::move(event));
                      return {};
                    }));
  return events;
}

Status forget_quarantine(Sequence through, const TableReader& rows, TableBatch& changes) {
  RL_TRY_ASSIGN(const auto events, list_quarantine(rows));
  for (const QuarantinedEvent& event : events) {
    if (event.sequence <= through) {
      changes.erase(Table::kQuarantine,
                    quarantine_prefix(event.projection) + sequence_key(event.sequence));
    }
  }
  return {};
}

}  // namespace runledger::store
