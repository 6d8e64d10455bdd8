#pragma once

#include <string>

#include "schema/codec.h"
#include "schema/error.h"
#include "schema/events.h"
#include "store/event_log.h"
#include "store/log_rows.h"

namespace runledger::store {

/// Turns new events into recorded ones: gives the sequence and the hash of the event before, and
/// makes the bytes. Not thread-safe.
class EventChain {
 public:
  explicit EventChain(const LogHead& head) : head_(head) {}

  [[nodiscard]] const LogHead& head() const noexcept { return head_; }

  /// Continues the chain by one event and appends its record to `records`.
  /// Errors: kInvalidArgument if the event is larger than kEventBytesMax; nothing is changed then.
  [[nodiscard]] Result<Event> extend(NewEvent event, std::string& records);

  /// Forgets the events after `head`, which was this chain's head before.
  void rewind(const LogHead& head) noexcept { head_ = head; }

 private:
  LogHead head_;
  EventEncoder encoder_;
};

/// Checks what append() is handed, whatever the log. Errors: kInvalidArgument: no events, an
/// UnknownPayload, a blob without bytes, or rows of a table that is derived from events.
[[nodiscard]] Status validate(const AppendRequest& request);

/// The bytes of a stored blob. Errors: kCorruption if they are not what `digest` names.
[[nodiscard]] Result<std::string> open_blob(std::string_view packed, const Digest& digest);

}  // namespace runledger::store
