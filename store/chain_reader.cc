#include "store/chain_reader.h"

#include <string>

#include "store/keys.h"
#include "store/rocks_options.h"

namespace runledger::store {
namespace {

rocksdb::ReadOptions scanning() {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = 2U << 20U;
  return options;
}

std::string numbered(Sequence sequence, const std::string& what) {
  return "event " + std::to_string(raw(sequence)) + what;
}

}  // namespace

Result<Sequence> parse_event_key(const rocksdb::Slice& key) {
  FieldReader fields(key.ToStringView());
  const Sequence sequence = fields.sequence();
  if (!fields.done() || sequence == Sequence{}) {
    return fail(Code::kCorruption, "an event has a key that is no sequence");
  }
  return sequence;
}

Result<Digest> stored_event_hash(const RocksDb& db, Sequence sequence) {
  if (sequence == Sequence{}) {
    return Digest{};
  }
  RL_TRY_ASSIGN(const auto record, db.get(db.events(), sequence_key(sequence), nullptr));
  if (!record) {
    return std::unexpected(missing_event(sequence));
  }
  RL_TRY_ASSIGN(const EventBytes bytes, open_record(sequence, *record));
  return event_hash(bytes.view());
}

ChainReader::ChainReader(const RocksDb& db, const LogHead& from, const LogHead& head)
    : at_(from), head_(head), it_(new_iterator(db.db(), db.events(), scanning())) {}

Result<std::optional<Event>> ChainReader::next() {
  if (at_.sequence >= head_.sequence) {
    return std::nullopt;
  }
  const Sequence expected = runledger::next(at_.sequence);
  if (begun_) {
    it_->Next();
  } else {
    it_->Seek(sequence_key(expected));
    begun_ = true;
  }
  if (!it_->Valid()) {
    return std::unexpected(it_->status().ok() ? missing_event(expected)
                                              : to_error(it_->status(), numbered(expected, "")));
  }
  RL_TRY_ASSIGN(const Sequence found, parse_event_key(it_->key()));
  if (found != expected) {
    return std::unexpected(missing_event(expected));
  }
  RL_TRY_ASSIGN(const EventBytes bytes, open_record(expected, it_->value()));
  auto event = decode_event(bytes);
  if (!event) {
    return fail(event.error().code, numbered(expected, ": ") + event.error().message);
  }
  if (event->sequence != expected || event->previous != at_.hash) {
    return fail(Code::kCorruption, numbered(expected, " does not continue the event before it"));
  }
  at_ = {.sequence = expected, .hash = event_hash(bytes.view())};
  return std::move(*event);
}

std::string_view ChainReader::record() const noexcept {
  return it_->value().ToStringView();
}

}  // namespace runledger::store
