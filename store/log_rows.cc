#include "store/log_rows.h"

#include "store/keys.h"

namespace runledger::store {

std::string command_key(const CommandId& id) {
  std::string key;
  put_uuid(key, id.uuid);
  return key;
}

std::string encode_command(const CommandRow& row) {
  std::string bytes;
  put_digest(bytes, row.content);
  put_sequence(bytes, row.first);
  put_sequence(bytes, row.last);
  return bytes;
}

Result<CommandRow> decode_command(std::string_view bytes) {
  FieldReader fields(bytes);
  CommandRow row;
  row.content = fields.digest();
  row.first = fields.sequence();
  row.last = fields.sequence();
  if (!fields.done()) {
    return fail(Code::kCorruption, "a row of the command index is damaged");
  }
  return row;
}

Result<std::optional<AppendReceipt>> find_receipt(const TableReader& tables,
                                                  const CommandKey& key) {
  RL_TRY_ASSIGN(const auto bytes, tables.get(Table::kCommands, command_key(key.id)));
  if (!bytes) {
    return std::nullopt;
  }
  RL_TRY_ASSIGN(const CommandRow row, decode_command(*bytes));
  if (row.content != key.content) {
    return fail(Code::kInvalidArgument,
                "command " + to_string(key.id) + " was used before for something else");
  }
  return AppendReceipt{row.first, row.last, true};
}

std::string run_key(const RunId& run) {
  std::string key;
  put_uuid(key, run.uuid);
  return key;
}

std::string encode_range(const EventLog::Range& range) {
  std::string bytes;
  put_sequence(bytes, range.first);
  put_sequence(bytes, range.last);
  return bytes;
}

Result<EventLog::Range> decode_range(std::string_view bytes) {
  FieldReader fields(bytes);
  EventLog::Range range;
  range.first = fields.sequence();
  range.last = fields.sequence();
  if (!fields.done()) {
    return fail(Code::kCorruption, "a row of the run index is damaged");
  }
  return range;
}

Result<EventLog::Range> find_range(const TableReader& tables, const RunId& run) {
  RL_TRY_ASSIGN(const auto row, tables.get(Table::kRunIndex, run_key(run)));
  if (!row) {
    return fail(Code::kNotFound, "no such run: " + to_string(run));
  }
  return decode_range(*row);
}

std::string encode_head(const LogHead& head) {
  std::string bytes;
  put_sequence(bytes, head.sequence);
  put_digest(bytes, head.hash);
  return bytes;
}

Result<LogHead> decode_head(std::string_view bytes) {
  FieldReader fields(bytes);
  LogHead head;
  head.sequence = fields.sequence();
  head.hash = fields.digest();
  if (!fields.done()) {
    return fail(Code::kCorruption, "the row of the log's head is damaged");
  }
  return head;
}

Result<std::optional<LogHead>> read_head(const TableReader& tables) {
  RL_TRY_ASSIGN(const auto bytes, tables.get(Table::kMeta, kHeadKey));
  if (!bytes) {
    return std::optional<LogHead>{};
  }
  RL_TRY_ASSIGN(const auto head, decode_head(*bytes));
  return std::optional(head);
}

}  // namespace runledger::store
