#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "schema/error.h"
#include "schema/events.h"
#include "store/projection.h"
#include "store/rocks_db.h"

namespace runledger::store {

/// Rebuilds the projections of a store in a database of its own, event by event, and compares rows
/// and states with those that the store has. Not thread-safe. Internal.
class ProjectionCheck {
 public:
  /// `db` must outlive the check. The database is in a new directory in `work_directory`, and goes
  /// with the check. Errors: kIo, kCorruption (a checkpoint).
  [[nodiscard]] static Result<std::unique_ptr<ProjectionCheck>> begin(
      const RocksDb& db, const std::filesystem::path& work_directory);
  ~ProjectionCheck();
  ProjectionCheck(const ProjectionCheck&) = delete;
  ProjectionCheck& operator=(const ProjectionCheck&) = delete;

  /// Takes the next event; all from the first that is kept on.
  [[nodiscard]] Status add(const Event& event);
  /// After the last event: compares, and hands back how many rows are equal. `tell` is called now
  /// and then with how many have been compared.
  /// Errors: kCorruption, which names the table and what is different.
  [[nodiscard]] Result<std::uint64_t> finish(const std::function<void(std::uint64_t)>& tell);

 private:
  struct Kept;
  explicit ProjectionCheck(const RocksDb& db);

  const RocksDb& db_;
  std::filesystem::path directory_;
  std::unique_ptr<RocksDb> rebuilt_;
  Projections fresh_;
  std::vector<Kept> kept_;
  /// Projections that another version left: they are rebuilt when the store is opened for writing.
  std::set<std::string, std::less<>> outdated_;
  std::uint64_t events_ = 0;
  TableBatch rows_;
};

}  // namespace runledger::store
