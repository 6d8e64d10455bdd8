#include "store/event_chain.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace runledger::store {

Result<Event> EventChain::extend(NewEvent event, std::string& records) {
  Event recorded{.sequence = next(head_.sequence),
                 .time = event.time,
                 .run = event.run,
                 .causation = event.causation,
                 .previous = head_.hash,
                 .payload = std::move(event.payload)};
  const std::string_view bytes = encoder_.encode(recorded);
  if (bytes.size() > kEventBytesMax) {
    return fail(Code::kInvalidArgument,
                "event too large: " + std::to_string(bytes.size()) + " bytes");
  }
  write_record(bytes, records);
  head_ = {.sequence = recorded.sequence, .hash = event_hash(bytes)};
  return recorded;
}

Status validate(const AppendRequest& request) {
  if (request.events.empty()) {
    return fail(Code::kInvalidArgument, "an append needs at least one event");
  }
  if (std::ranges::any_of(request.events, [](const NewEvent& event) {
        return std::holds_alternative<UnknownPayload>(event.payload);
      })) {
    return fail(Code::kInvalidArgument, "an event of an unknown kind cannot be appended");
  }
  const bool prunes = std::holds_alternative<LogPruned>(request.events.front().payload);
  if (prunes != request.prune.has_value() ||
      (prunes && (request.events.size() != 1 || request.command || !request.blobs.empty() ||
                  !request.rows.operations().empty()))) {
    return fail(Code::kInvalidArgument, "LogPruned comes alone, with what is to be pruned");
  }
  if (std::ranges::any_of(request.blobs, [](const Blob& blob) { return !blob.packed; })) {
    return fail(Code::kInvalidArgument, "a blob has no bytes");
  }
  if (std::ranges::any_of(request.rows.operations(), [](const TableBatch::Operation& row) {
        return row.table != Table::kUsers && row.table != Table::kSecrets;
      })) {
    return fail(Code::kInvalidArgument, "a command may write rows of users and secrets only");
  }
  return {};
}

Result<std::string> open_blob(std::string_view packed, const Digest& digest) {
  auto bytes = unpack_blob(packed);
  if (!bytes) {
    return fail(bytes.error().code, "blob " + to_string(digest) + ": " + bytes.error().message);
  }
  if (sha256(*bytes) != digest) {
    return fail(Code::kCorruption, "blob " + to_string(digest) + " has other content");
  }
  return bytes;
}

}  // namespace runledger::store
