#include "store/bundle.h"

#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "schema/build_info.h"
#include "store/catalog.h"
#include "store/merkle.h"
#include "store/row_visit.h"

namespace runledger::store {
namespace {

std::string named(Sequence sequence) {
  return "event " + std::to_string(raw(sequence));
}

std::string record_of(const EventBytes& bytes) {
  std::string record;
  write_record(bytes.view(), record);
  return record;
}

/// The blobs that an event names.
std::vector<std::pair<BlobKind, Digest>> blobs_of(const Payload& payload, bool inputs_too) {
  if (const auto* succeeded = std::get_if<JobSucceeded>(&payload)) {
    return {{BlobKind::kResult, succeeded->result_hash}};
  }
  if (const auto* imported = std::get_if<PortfolioImported>(&payload); imported && inputs_too) {
    return {{BlobKind::kInput, imported->content}};
  }
  if (const auto* input = std::get_if<InputIngested>(&payload); input && inputs_too) {
    return {{BlobKind::kInput, input->content}};
  }
  return {};
}

class Exporter {
 public:
  Exporter(const EventLog& log, const BundleRange& range, BundleSink& sink)
      : log_(log), range_(range), sink_(sink) {}

  [[nodiscard]] Status run() {
    const Sequence last = range_.through.value_or(log_.committed());
    BundleHeader header{.store = log_.store_id(),
                        .build = std::string(build_info()),
                        .before = {.sequence = range_.after, .hash = {}}};
    if (last <= range_.after) {
      return fail(Code::kInvalidArgument, "there are no events after " + named(range_.after));
    }
    RL_TRY_ASSIGN(const auto first, log_.read(range_.after, {.events_max = 1}));
    RL_TRY_ASSIGN(const Event first_event, decode_event(first.front().bytes));
    header.before.hash = first_event.previous;
    RL_TRY(sink_.begin(header));
    RL_TRY(kept());
    RL_TRY(events(last));
    RL_TRY(commands());
    return sink_.end(footer_);
  }

 private:
  [[nodiscard]] Status kept() {
    if (!range_.whole || log_.pruned() == Sequence{}) {
      return {};
    }
    RL_TRY_ASSIGN(const auto imports, import_sequences(log_.tables(), log_.pruned()));
    for (const Sequence sequence : imports) {
      RL_TRY_ASSIGN(const EventBytes bytes, log_.find_event(sequence));
      RL_TRY_ASSIGN(const Event event, decode_event(bytes));
      RL_TRY(blobs(event));
      RL_TRY(sink_.kept(sequence, record_of(bytes)));
    }
    return {};
  }

  [[nodiscard]] Status events(Sequence last) {
    MerkleTree tree;
    Sequence at = range_.after;
    while (at < last) {
      RL_TRY_ASSIGN(const auto page, log_.read(at, {}));
      if (page.empty()) {
        return fail(Code::kCorruption, named(next(at)) + " is missing");
      }
      for (const RecordedEvent& recorded : page) {
        if (recorded.sequence > last) {
          break;
        }
        RL_TRY_ASSIGN(const Event event, decode_event(recorded.bytes));
        RL_TRY(blobs(event));
        RL_TRY(sink_.event(recorded.sequence, record_of(recorded.bytes)));
        at = recorded.sequence;
        footer_.last_hash = event_hash(recorded.bytes.view());
        tree.add(footer_.last_hash);
      }
    }
    footer_.last = at;
    footer_.events = tree.size();
    footer_.root = tree.root();
    return {};
  }

  [[nodiscard]] Status blobs(const Event& event) {
    for (const auto& [kind, digest] : blobs_of(event.payload, range_.whole)) {
      if (seen_.insert(digest).second) {
        RL_TRY_ASSIGN(const std::string bytes, log_.blob(kind, digest));
        RL_TRY(sink_.blob(kind, digest, bytes));
        ++footer_.blobs;
      }
    }
    return {};
  }

  [[nodiscard]] Status commands() {
    if (!range_.whole) {
      return {};
    }
    return visit_rows(
        log_.tables(), Table::kCommands, "", "",
        [&](std::string_view key, std::string_view row) { return sink_.command(key, row); });
  }

  const EventLog& log_;
  const BundleRange& range_;
  BundleSink& sink_;
  std::set<Digest> seen_;
  BundleFooter footer_;
};

class Check final : public BundleSink {
 public:
  explicit Check(BundleSink* next) : next_(next) {}

  [[nodiscard]] Status begin(const BundleHeader& header) override {
    at_ = header.before;
    return next_ != nullptr ? next_->begin(header) : Status();
  }
  [[nodiscard]] Status kept(Sequence sequence, std::string_view record) override {
    RL_TRY(decode(sequence, record));
    return next_ != nullptr ? next_->kept(sequence, record) : Status();
  }
  [[nodiscard]] Status event(Sequence sequence, std::string_view record) override {
    const Sequence expected = runledger::next(at_.sequence);
    if (sequence != expected) {
      return fail(Code::kCorruption, named(expected) + " is missing");
    }
    RL_TRY_ASSIGN(const Event decoded, decode(sequence, record));
    if (decoded.previous != at_.hash) {
      return fail(Code::kCorruption, named(sequence) + " does not continue the event before it");
    }
    at_ = {.sequence = sequence, .hash = hash_};
    tree_.add(hash_);
    return next_ != nullptr ? next_->event(sequence, record) : Status();
  }
  [[nodiscard]] Status blob(BlobKind kind, const Digest& digest, std::string_view bytes) override {
    if (sha256(bytes) != digest) {
      return fail(Code::kCorruption, "blob " + to_string(digest) + ", before " +
                                         named(runledger::next(at_.sequence)) +
                                         ", has other content");
    }
    ++blobs_;
    return next_ != nullptr ? next_->blob(kind, digest, bytes) : Status();
  }
  [[nodiscard]] Status command(std::string_view key, std::string_view row) override {
    RL_TRY(decode_command(row));
    return next_ != nullptr ? next_->command(key, row) : Status();
  }
  [[nodiscard]] Status end(const BundleFooter& footer) override {
    const BundleFooter found{.last = at_.sequence,
                             .last_hash = at_.hash,
                             .root = tree_.root(),
                             .events = tree_.size(),
                             .blobs = blobs_};
    if (found != footer) {
      return fail(Code::kCorruption, "the bundle has " + std::to_string(found.events) +
                                         " events up to " + std::to_string(raw(found.last)) +
                                         " and " + std::to_string(blobs_) +
                                         " blobs, which is not what its end says");
    }
    return next_ != nullptr ? next_->end(footer) : Status();
  }

 private:
  [[nodiscard]] Result<Event> decode(Sequence sequence, std::string_view record) {
    auto bytes = read_record(record);
    if (!bytes) {
      return fail(bytes.error().code, named(sequence) + ": " + bytes.error().message);
    }
    hash_ = event_hash(bytes->view());
    auto event = decode_event(*bytes);
    if (!event) {
      return fail(event.error().code, named(sequence) + ": " + event.error().message);
    }
    if (event->sequence != sequence) {
      return fail(Code::kCorruption,
                  named(sequence) + " says that it is " + std::to_string(raw(event->sequence)));
    }
    return event;
  }

  BundleSink* next_;
  LogHead at_;
  Digest hash_;
  MerkleTree tree_;
  std::uint64_t blobs_ = 0;
};

}  // namespace

Status export_bundle(const EventLog& log, const BundleRange& range, BundleSink& sink) {
  return Exporter(log, range, sink).run();
}

std::unique_ptr<BundleSink> make_bundle_check(BundleSink* next) {
  return std::make_unique<Check>(next);
}

}  // namespace runledger::store
