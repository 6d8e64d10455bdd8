#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "engine/random.h"

namespace runledger::testing {

/// What a simulated disk is asked to do; each kind can be counted and failed by itself.
enum class SimOp : std::uint8_t { kRead, kWrite, kSync, kOpen, kRename, kDelete };
inline constexpr std::size_t kSimOpCount = 6;

enum class SimFault : std::uint8_t {
  kError,           ///< EIO; nothing is done.
  kShortWrite,      ///< Half of the bytes are written, then EIO. EIO for all but writes.
  kNoSpace,         ///< ENOSPC, after half of the bytes. EIO for what needs no space.
  kPowerOff,        ///< The power fails before the operation.
  kPowerOffBehind,  ///< The operation is done, then the power fails: its answer is lost.
  kLastDurable,  ///< The power fails behind it, and the process does not notice: all goes on, but
                 ///< nothing becomes durable any more.
};

/// One fault to come.
struct SimFaultPlan {
  std::uint64_t at = 1;     ///< The n-th operation that counts from now on.
  bool persistent = false;  ///< That one and all that count after it.
  SimFault fault = SimFault::kError;
  std::optional<SimOp> only;  ///< Count operations of this kind only; absent: all.
  std::string suffix;         ///< Count only files whose name ends so; empty: all.
};

/// What a power failure leaves of bytes that were written and not synced.
enum class SimTail : std::uint8_t {
  kDropped,
  kTorn,     ///< A prefix of random length.
  kGarbled,  ///< The same, with some bytes wrong, and never all of it: RocksDB takes a whole record
             ///< with wrong bytes for damage and does not open, which loses nothing but needs a
             ///< person (disk_fault_test shows it). For the same reason not in crash(random).
};

/// A disk in memory for RocksDB, deterministic: the same calls give the same bytes and the same
/// faults. It knows what is durable: bytes that were synced, and names whose directory was synced;
/// of later changes of names a power failure keeps a prefix, as a journal does. Thread-safe.
///
/// Survivable by design: everything here but flip(). Not modelled: one directory's sync without the
/// others' (a sync of any directory makes all names durable), writes that the disk reorders within
/// what was synced.
class SimFileSystem final : public rocksdb::FileSystem {
 public:
  SimFileSystem();
  ~SimFileSystem() override;
  [[nodiscard]] const char* Name() const override { return "SimFileSystem"; }

  /// Replaces the fault to come and sets the count of operations to 0.
  void arm(SimFaultPlan plan);
  void disarm();
  /// While paused, operations neither fail nor count.
  void pause(bool paused);
  /// How often the armed fault has happened.
  [[nodiscard]] std::uint64_t fired() const;
  /// Operations since arm() that it counted, or, with nothing armed, all since disarm().
  [[nodiscard]] std::uint64_t operations() const;
  /// Writes find no space once so many bytes have been written from now on; absent: enough space.
  void set_free_bytes(std::optional<std::uint64_t> bytes);
  /// Called at each sync of a log file with nothing locked: makes syncs slow in virtual time.
  void on_sync(std::function<void()> slow);

  /// Every operation fails until crash().
  void power_off();
  /// False after a failure of the power, noticed or not.
  [[nodiscard]] bool has_power() const;
  /// What the disk holds when the power is back: unsynced bytes (dropped or torn) and names by
  /// `random`. Call it when nothing uses the files any more. Disarms.
  void crash(engine::Random& random);
  /// The same with one kind of tail for all files and no name that was not durable.
  void crash(SimTail tail, engine::Random& random);

  /// Changes the byte at `offset` of a file by `mask`, durably; false if there is none.
  bool flip(const std::string& name, std::size_t offset, std::uint8_t mask);
  void truncate(const std::string& name, std::size_t size);
  /// All files and their bytes; as if everything were synced.
  using Image = std::map<std::string, std::string>;
  [[nodiscard]] Image image() const;
  void restore(const Image& image);

  rocksdb::IOStatus NewSequentialFile(const std::string& name,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& name,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                        rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewWritableFile(const std::string& name,
                                    const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name,
                                 const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewLogger(const std::string& name,
                              const rocksdb::IOOptions& options,
                              std::shared_ptr<rocksdb::Logger>* result,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus FileExists(const std::string& name,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetChildren(const std::string& directory,
                                const rocksdb::IOOptions& options,
                                std::vector<std::string>* result,
                                rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDir(const std::string& name,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& name,
                                       const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteDir(const std::string& name,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFileSize(const std::string& name,
                                const rocksdb::IOOptions& options,
                                std::uint64_t* size,
                                rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFileModificationTime(const std::string& name,
                                            const rocksdb::IOOptions& options,
                                            std::uint64_t* time,
                                            rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from,
                               const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LockFile(const std::string& name,
                             const rocksdb::IOOptions& options,
                             rocksdb::FileLock** lock,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus UnlockFile(rocksdb::FileLock* lock,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetTestDirectory(const rocksdb::IOOptions& options,
                                     std::string* path,
                                     rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetAbsolutePath(const std::string& path,
                                    const rocksdb::IOOptions& options,
                                    std::string* absolute,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus IsDirectory(const std::string& path,
                                const rocksdb::IOOptions& options,
                                bool* is_directory,
                                rocksdb::IODebugContext* debug) override;

 private:
  struct Inode {
    std::string bytes;
    std::size_t synced = 0;
    std::size_t last = 0;  ///< Size when the power failed unnoticed.
  };
  using InodePtr = std::shared_ptr<Inode>;
  using Names = std::map<std::string, InodePtr>;
  /// A change of names that is not durable yet: `name` now means `inode`, or nothing.
  struct Change {
    std::string name;
    InodePtr inode;
    std::string gone;  ///< The other name of a rename.
  };
  struct Decision {
    bool apply = true;       ///< Do the operation.
    bool half = false;       ///< Write only half of the bytes.
    bool power_off = false;  ///< Then the power fails.
    rocksdb::IOStatus status;
  };
  class ReadableFile;
  class WritableFile;
  class DirectoryFile;

  // With mutex_ held.
  [[nodiscard]] Decision decide(SimOp op, const std::string& name);
  [[nodiscard]] rocksdb::IOStatus settle(const Decision& decision);
  void stop_durability();
  void change(Names& names, const Change& change) const;
  void lose(std::size_t names_kept, const std::function<SimTail()>& tail, engine::Random& random);

  [[nodiscard]] rocksdb::IOStatus append(Inode& file,
                                         const std::string& name,
                                         std::string_view data);
  [[nodiscard]] rocksdb::IOStatus sync(Inode& file, const std::string& name);
  [[nodiscard]] rocksdb::IOStatus sync_names(const std::string& name);
  [[nodiscard]] rocksdb::IOStatus read(const Inode& file,
                                       const std::string& name,
                                       std::uint64_t offset,
                                       std::size_t size,
                                       char* scratch,
                                       rocksdb::Slice* result);
  [[nodiscard]] rocksdb::IOStatus open(const std::string& name, InodePtr& file);

  mutable std::mutex mutex_;
  Names live_;
  Names durable_;
  std::vector<Change> changes_;  ///< From durable_ to live_.
  std::set<std::string> directories_;
  std::set<std::string> locks_;
  std::optional<SimFaultPlan> plan_;
  std::uint64_t counted_ = 0;
  std::uint64_t fired_ = 0;
  std::optional<std::uint64_t> free_bytes_;
  std::function<void()> slow_sync_;
  bool power_ = true;
  bool paused_ = false;
  std::optional<std::size_t> last_change_;  ///< Changes of names when the power failed unnoticed.
};

/// An Env on a SimFileSystem. Background work (flushes, compactions) waits in a queue until
/// run_background() is called, so that a simulation decides when it happens.
class SimEnv final : public rocksdb::EnvWrapper {
 public:
  SimEnv() : SimEnv(std::make_shared<SimFileSystem>()) {}
  explicit SimEnv(std::shared_ptr<SimFileSystem> files);

  [[nodiscard]] SimFileSystem& files() const noexcept { return *files_; }
  /// Runs one piece of background work in this call; false if there is none.
  bool run_background();

  void Schedule(void (*function)(void*),
                void* argument,
                Priority priority,
                void* tag,
                void (*unschedule)(void*)) override;
  int UnSchedule(void* tag, Priority priority) override;
  void SleepForMicroseconds(int micros) override;
  void SetBackgroundThreads(int number, Priority priority) override;
  void IncBackgroundThreadsIfNeeded(int number, Priority priority) override;
  unsigned int GetThreadPoolQueueLen(Priority priority) const override;

 private:
  struct Work {
    void (*function)(void*);
    void* argument;
    Priority priority;
    void* tag;
    void (*unschedule)(void*);
  };
  std::shared_ptr<SimFileSystem> files_;
  mutable std::mutex mutex_;
  std::deque<Work> work_;
};

}  // namespace runledger::testing
