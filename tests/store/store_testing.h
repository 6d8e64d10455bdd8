#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "store/event_log.h"
#include "store/projection.h"
#include "store/rocks_event_log.h"

/// What the tests of store share.
namespace runledger::store::testing {

/// A directory that is removed with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

[[nodiscard]] RunId run_id(std::uint64_t number);
[[nodiscard]] PortfolioId portfolio_id(std::uint64_t number);
[[nodiscard]] CommandId command_id(std::uint64_t number);
[[nodiscard]] UtcTime at(std::int64_t seconds);
[[nodiscard]] Date day(int days);

/// A small event that names `number` and belongs to no run.
[[nodiscard]] NewEvent note(std::uint64_t number);
/// An event of a run with a text of that many bytes.
[[nodiscard]] NewEvent job_event(const RunId& run, std::uint32_t index, std::size_t message_bytes);
[[nodiscard]] AppendRequest request_of(std::vector<NewEvent> events);
[[nodiscard]] Blob blob_of(BlobKind kind, const std::string& bytes);

/// `bytes` with one bit of byte `at` turned.
[[nodiscard]] std::string flipped(std::string bytes, std::size_t at);

[[nodiscard]] Projections all_projections();

/// Appends and waits for the answer.
Result<AppendReceipt> append(EventLog& log, AppendRequest request);

/// All events, read in pages and decoded; fails the test if one cannot be.
[[nodiscard]] std::vector<Event> read_all(const EventLog& log);

/// Every row of every table but kMeta.
using TableDump = std::map<std::string, std::map<std::string, std::string>>;
[[nodiscard]] TableDump dump_tables(const EventLog& log);

/// Opens the log of `directory` with all projections; fails the test if it cannot be.
[[nodiscard]] std::unique_ptr<EventLog> open_log(const std::filesystem::path& directory,
                                                 AppenderLimits limits = {});

/// Makes histories as the engine writes them: imports, runs, their jobs with retries, interruptions
/// and every way to end. One seed, one history.
class HistoryMaker {
 public:
  /// Its runs are numbered from `runs` + 1.
  explicit HistoryMaker(std::uint64_t seed, std::uint64_t runs = 0) : random_(seed), runs_(runs) {}
  /// Events of one run with about `jobs` jobs, in requests of a few events each.
  [[nodiscard]] std::vector<AppendRequest> run(std::uint32_t jobs);
  [[nodiscard]] std::vector<AppendRequest> imports(std::size_t count);

 private:
  [[nodiscard]] std::uint64_t below(std::uint64_t end);
  [[nodiscard]] NewEvent event(Payload payload);
  void end_job(const JobRef& job, std::uint32_t attempt, std::vector<NewEvent>& events);
  void play_job(std::uint32_t index, std::vector<NewEvent>& events);

  std::mt19937_64 random_;
  std::uint64_t runs_;
  std::int64_t now_ = 1'500'000'000;
  RunId run_;
};

/// Requests of a whole history: imports, and runs with so many jobs each.
[[nodiscard]] std::vector<AppendRequest> random_history(std::uint64_t seed,
                                                        int runs,
                                                        std::uint32_t jobs);

/// A history as a whole store has it: every run ends, and every result and input that an event
/// names comes with it.
[[nodiscard]] std::vector<AppendRequest> whole_history(std::uint64_t seed,
                                                       int runs,
                                                       std::uint32_t jobs);

/// Makes a store of that history in `directory` and closes it; gives its newest event.
Sequence make_store(const std::filesystem::path& directory,
                    std::uint64_t seed,
                    int runs,
                    std::uint32_t jobs);

}  // namespace runledger::store::testing
