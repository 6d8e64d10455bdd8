#include "tests/store/sweep_store.h"

#include <utility>

#include "schema/codec.h"
#include "store/memory_event_log.h"
#include "store/projections.h"
#include "store/rocks_db.h"

namespace runledger::store::testing {
namespace {

constexpr std::uint64_t kStarts = 5;
constexpr std::uint64_t kAppendsAStart = 3;
constexpr int kOpenAttempts = 2;

std::string user_key(std::uint64_t number) {
  return "user-" + std::to_string(number);
}

// The number of the request that an event is of.
std::optional<std::uint64_t> number_of(const Event& event) {
  if (const auto* granted = std::get_if<AccessGranted>(&event.payload)) {
    return std::stoull(granted->what);
  }
  if (const auto* progressed = std::get_if<JobProgressed>(&event.payload)) {
    return progressed->job.index;
  }
  return std::nullopt;
}

}  // namespace

void SweepStore::play() {
  files().pause(where_ == Where::kBackground);
  std::uint64_t number = 0;
  for (std::uint64_t start = 0; start < kStarts; ++start) {
    if (!open()) {
      return;
    }
    for (std::uint64_t i = 0; i < kAppendsAStart; ++i) {
      append(++number);
      if (!log_->health() && !open()) {
        return;
      }
    }
    run_background();
    if (!files().has_power()) {
      return;
    }
    log_->close();
    log_.reset();
  }
  (void)read_everything();
  files().pause(false);
}

void SweepStore::append_tail() {
  if (open()) {
    append(kStarts * kAppendsAStart + 1);
    append(kStarts * kAppendsAStart + 2);
  }
  end();
}

void SweepStore::run_background() {
  files().pause(where_ == Where::kForeground);
  while (env_.run_background()) {
  }
  files().pause(where_ == Where::kBackground);
}

bool SweepStore::open() {
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    if (try_open()) {
      return true;
    }
  }
  return false;
}

Status SweepStore::try_open() {
  log_.reset();
  steps_.clear();
  RocksLogOptions options;
  options.directory = "/store";
  options.build = "sweep";
  options.limits.checkpoint_events = 5;
  RL_TRY_ASSIGN(log_, open_rocks_event_log_on(&env_, options, make_projections(), {},
                                              [this](std::move_only_function<void()> step) {
                                                steps_.push_back(std::move(step));
                                              }));
  return {};
}

AppendRequest SweepStore::request(std::uint64_t number, Sent& sent) const {
  AppendRequest request = request_of({note(number)});
  request.events.push_back(
      job_event(run_id(1 + number % 2), static_cast<std::uint32_t>(number), 200));
  if (number % 2 == 0) {
    // Large enough for a file of its own kind.
    sent.blob.emplace();
    for (std::uint64_t i = 0; i < 40; ++i) {
      *sent.blob += to_string(sha256(std::to_string(number * 100 + i)));
    }
    request.blobs.push_back(blob_of(BlobKind::kResult, *sent.blob));
  }
  if (number % 3 == 0) {
    sent.command = CommandKey{command_id(number), sha256(std::to_string(number))};
    request.command = sent.command;
  }
  if (number % 4 == 0) {
    sent.row = true;
    request.rows.put(Table::kUsers, user_key(number), "somebody");
  }
  sent.events = request.events.size();
  return request;
}

void SweepStore::append(std::uint64_t number) {
  Sent sent;
  sent.number = number;
  std::optional<Code> error;
  bool answered = false;
  const Status queued =
      log_->append(request(number, sent), [&](const Result<AppendReceipt>& receipt) {
        answered = true;
        error = receipt ? std::nullopt : std::optional(receipt.error().code);
      });
  if (!queued) {
    error = queued.error().code;
  }
  while (queued && !answered && !steps_.empty()) {
    auto step = std::move(steps_.front());
    steps_.pop_front();
    step();
  }
  sent.answer = !error                            ? Answer::kAcknowledged
                : *error == Code::kUnknownOutcome ? Answer::kUnknown
                                                  : Answer::kRefused;
  sent_.push_back(std::move(sent));
}

SweepStore::Answers SweepStore::answers() const {
  Answers answers;
  for (const Sent& sent : sent_) {
    ++(sent.answer == Answer::kAcknowledged ? answers.acknowledged
       : sent.answer == Answer::kUnknown    ? answers.unknown
                                            : answers.refused);
  }
  return answers;
}

Result<StoreContent> SweepStore::read_everything() {
  RL_TRY(try_open());
  StoreContent content;
  Sequence after{};
  while (after < log_->committed()) {
    RL_TRY_ASSIGN(const auto page, log_->read(after, {.events_max = 7, .bytes_max = 1U << 20U}));
    for (const RecordedEvent& recorded : page) {
      if (recorded.sequence != next(after)) {
        return fail(Code::kInternal, "a hole was read without an error");
      }
      content.events.emplace_back(recorded.bytes.view());
      after = recorded.sequence;
    }
  }
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const Table table{static_cast<std::uint8_t>(i)};
    if (table == Table::kMeta || table == Table::kCheckpoints) {
      continue;
    }
    auto& rows = content.tables[std::string(to_string(table))];
    RL_TRY(log_->tables().scan(table, "", "", ScanOrder::kAscending,
                               [&rows](std::string_view key, std::string_view value) {
                                 rows.emplace(key, value);
                                 return true;
                               }));
  }
  for (const Sent& sent : sent_) {
    if (!sent.blob) {
      continue;
    }
    auto bytes = log_->blob(BlobKind::kResult, sha256(*sent.blob));
    if (bytes) {
      content.blobs[to_string(sha256(*sent.blob))] = std::move(*bytes);
    } else if (bytes.error().code != Code::kNotFound) {
      return std::unexpected(bytes.error());
    }
  }
  return content;
}

std::optional<std::string> SweepStore::check() {
  end();
  const auto content = read_everything();
  if (!content) {
    return "it does not open any more: " + content.error().message;
  }
  if (auto broken = check_events(*content)) {
    return broken;
  }
  if (auto broken = check_projections(*content)) {
    return broken;
  }
  append(1'000'000);
  if (sent_.back().answer != Answer::kAcknowledged) {
    return "it takes nothing any more";
  }
  end();
  return std::nullopt;
}

std::optional<std::string> SweepStore::check_events(const StoreContent& content) const {
  std::map<std::uint64_t, std::size_t> present;
  Digest previous;
  for (const std::string& bytes : content.events) {
    const auto event = decode_event(EventBytes(bytes));
    if (!event || event->previous != previous) {
      return "the chain is broken";
    }
    previous = event_hash(bytes);
    const auto number = number_of(*event);
    if (!number) {
      return "an event that nobody sent";
    }
    ++present[*number];
  }
  for (const Sent& sent : sent_) {
    const auto found = present.extract(sent.number);
    if (found && found.mapped() != sent.events) {
      return "request " + std::to_string(sent.number) + " is there by half";
    }
    if (auto broken = check_sent(sent, !found.empty())) {
      return "request " + std::to_string(sent.number) + *broken;
    }
  }
  return present.empty() ? std::nullopt : std::optional<std::string>("a request nobody sent");
}

std::optional<std::string> SweepStore::check_sent(const Sent& sent, bool present) const {
  if (sent.answer == Answer::kAcknowledged && !present) {
    return " was acknowledged and is missing";
  }
  if (sent.answer == Answer::kRefused && present) {
    return " was refused and is there";
  }
  if (sent.command) {
    const auto receipt = log_->find_command(*sent.command);
    if (!receipt || receipt->has_value() != present) {
      return ": its command key does not agree";
    }
  }
  if (sent.row) {
    const auto row = log_->tables().get(Table::kUsers, user_key(sent.number));
    if (!row || row->has_value() != present) {
      return ": its row does not agree";
    }
  }
  if (sent.blob && present) {
    const auto bytes = log_->blob(BlobKind::kResult, sha256(*sent.blob));
    if (!bytes || *bytes != *sent.blob) {
      return ": its result is missing or another one";
    }
  }
  return std::nullopt;
}

std::optional<std::string> SweepStore::check_projections(const StoreContent& content) const {
  const auto fresh = make_memory_event_log(make_projections());
  for (const std::string& bytes : content.events) {
    auto event = decode_event(EventBytes(bytes));
    if (!event ||
        !fresh->append(
            request_of({{event->time, event->run, event->causation, std::move(event->payload)}}),
            [](const Result<AppendReceipt>&) {})) {
      return "the history cannot be appended again";
    }
  }
  const TableDump rebuilt = dump_tables(*fresh);
  for (const auto& projection : make_projections()) {
    for (const Table table : projection->tables()) {
      const std::string name(to_string(table));
      if (content.tables.at(name) != rebuilt.at(name)) {
        return "table " + name + " differs from its rebuild";
      }
    }
  }
  return std::nullopt;
}

}  // namespace runledger::store::testing
