#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/event_log.h"
#include "tests/store/store_testing.h"
#include "tests/support/sim_file_system.h"

namespace runledger::store::testing {

/// Everything that a store says to a reader.
struct StoreContent {
  std::vector<std::string> events;  ///< Bytes, by sequence.
  TableDump tables;                 ///< Without checkpoints.
  std::map<std::string, std::string> blobs;

  friend bool operator==(const StoreContent&, const StoreContent&) = default;
};

/// The production log on a simulated disk, in steps instead of threads, driven through one fixed
/// scenario. It remembers what was answered to whom, and can tell whether a disk agrees with that.
class SweepStore {
 public:
  /// Where the armed fault counts: a compaction that fails may end in an assertion of RocksDB 7.8,
  /// so there the only fault is SimFault::kLastDurable.
  enum class Where : std::uint8_t { kForeground, kBackground };
  explicit SweepStore(Where where = Where::kForeground) : where_(where) {}

  /// Creates a store, appends all kinds of things, closes, opens again until the database has work
  /// in the background, reads everything. Stops early when the disk does not let it go on.
  void play();
  /// Appends a little more, so that there is something in the write-ahead log.
  void append_tail();
  /// Closes the log, if it is open, as the end of the process does.
  void end() { log_.reset(); }
  [[nodiscard]] ::runledger::testing::SimFileSystem& files() { return env_.files(); }

  /// After play(), with a disk that works again: what of the promises is broken, or nothing.
  [[nodiscard]] std::optional<std::string> check();
  /// Opens and reads all that there is. Errors: the first that anything gave.
  [[nodiscard]] Result<StoreContent> read_everything();

  /// How many requests got each answer.
  struct Answers {
    std::size_t acknowledged = 0;
    std::size_t refused = 0;
    std::size_t unknown = 0;
  };
  [[nodiscard]] Answers answers() const;

 private:
  enum class Answer : std::uint8_t { kAcknowledged, kRefused, kUnknown };
  struct Sent {
    std::uint64_t number = 0;
    std::size_t events = 0;
    Answer answer{};
    std::optional<std::string> blob;
    std::optional<CommandKey> command;
    bool row = false;
  };

  void run_background();
  [[nodiscard]] bool open();
  [[nodiscard]] Status try_open();
  void append(std::uint64_t number);
  [[nodiscard]] AppendRequest request(std::uint64_t number, Sent& sent) const;
  [[nodiscard]] std::optional<std::string> check_events(const StoreContent& content) const;
  [[nodiscard]] std::optional<std::string> check_projections(const StoreContent& content) const;
  [[nodiscard]] std::optional<std::string> check_sent(const Sent& sent, bool present) const;

  Where where_;
  ::runledger::testing::SimEnv env_;
  std::deque<std::move_only_function<void()>> steps_;
  std::unique_ptr<EventLog> log_;
  std::vector<Sent> sent_;
};

}  // namespace runledger::store::testing
