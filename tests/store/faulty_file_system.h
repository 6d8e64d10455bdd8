#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace runledger::store::testing {

/// A file system with a switch for the power, a disk that fills up and syncs that fail. It knows
/// how much of each file is synced and can throw away the rest, as a power failure does.
///
/// Survivable by design: everything here. Not modelled: directory entries that vanish, reordered
/// sectors inside synced data.
class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem() : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  [[nodiscard]] const char* Name() const override { return "FaultyFileSystem"; }

  /// The `number`-th sync of a log file from now (1 = the next) and everything after it fails.
  void power_off_at_sync(std::uint64_t number);
  /// Every sync of a log file fails; the data has been written.
  void fail_syncs();
  /// Writes of more than `bytes` to log files from now on find no space.
  void fill_disk_after(std::uint64_t bytes);
  /// The next write to a log file, or with `for_ever` every one, fails; `half` of its bytes get
  /// through before.
  struct WriteFault {
    bool for_ever = false;
    bool half = false;
  };
  void fail_writes(WriteFault fault);
  /// Syncs of log files wait until release_syncs(): a slow disk.
  void hold_syncs();
  void release_syncs();
  /// Waits until a sync is being held.
  void wait_for_held_sync();
  /// Opening a file for writing fails, as on a read-only file system.
  void make_read_only();
  /// Cuts every file to what was synced. Call it when nothing uses the files.
  void drop_unsynced();
  /// Keeps a part of what was not synced, `share` of it, with every `garble`-th byte wrong (0:
  /// none).
  void tear_unsynced(double share, std::size_t garble);

  rocksdb::IOStatus NewWritableFile(const std::string& name,
                                    const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from,
                               const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

 private:
  class File;
  struct Extent {
    std::uint64_t written = 0;
    std::uint64_t synced = 0;
  };

  [[nodiscard]] rocksdb::IOStatus before_append(const std::string& name, std::uint64_t bytes);
  /// How much of a write that fails gets through.
  [[nodiscard]] std::size_t part_of(const std::string& name, std::size_t bytes);
  [[nodiscard]] rocksdb::IOStatus before_sync(const std::string& name);
  void appended(const std::string& name, std::uint64_t bytes);
  void synced(const std::string& name);

  std::mutex mutex_;
  std::map<std::string, Extent> files_;
  std::optional<std::uint64_t> syncs_left_;
  std::optional<std::uint64_t> bytes_left_;
  bool power_ = true;
  bool syncs_fail_ = false;
  bool read_only_ = false;
  std::optional<WriteFault> write_fault_;
  bool half_next_ = false;
  std::condition_variable sync_state_;
  bool syncs_held_ = false;
  bool sync_waits_ = false;
};

/// An Env on top of a FaultyFileSystem.
struct FaultyEnv {
  std::shared_ptr<FaultyFileSystem> files = std::make_shared<FaultyFileSystem>();
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);
};

}  // namespace runledger::store::testing
