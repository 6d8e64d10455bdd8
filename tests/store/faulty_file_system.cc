#include "tests/store/faulty_file_system.h"

#include <filesystem>
#include <fstream>
#include <utility>

namespace runledger::store::testing {
namespace {

bool is_log(const std::string& name) {
  return name.ends_with(".log");
}

rocksdb::IOStatus power_is_off() {
  return rocksdb::IOStatus::IOError("the power is off");
}

}  // namespace

class FaultyFileSystem::File final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<rocksdb::FSWritableFile> target, std::string name, FaultyFileSystem& system)
      : FSWritableFileOwnerWrapper(std::move(target)), name_(std::move(name)), system_(system) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data,
                           const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus fault = system_.before_append(name_, data.size());
    const std::size_t written = fault.ok() ? data.size() : system_.part_of(name_, data.size());
    if (written == 0 && !fault.ok()) {
      return fault;
    }
    rocksdb::IOStatus status =
        target()->Append(rocksdb::Slice(data.data(), written), options, debug);
    if (status.ok()) {
      system_.appended(name_, written);
    }
    return fault.ok() ? status : fault;
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data,
                           const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& /*info*/,
                           rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = system_.before_sync(name_);
    if (status.ok()) {
      status = target()->Sync(options, debug);
    }
    if (status.ok()) {
      system_.synced(name_);
    }
    return status;
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    return Sync(options, debug);
  }

 private:
  std::string name_;
  FaultyFileSystem& system_;
};

void FaultyFileSystem::power_off_at_sync(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  syncs_left_ = number;
}

void FaultyFileSystem::fail_syncs() {
  const std::lock_guard lock(mutex_);
  syncs_fail_ = true;
}

void FaultyFileSystem::fill_disk_after(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_left_ = bytes;
}

void FaultyFileSystem::fail_writes(WriteFault fault) {
  const std::lock_guard lock(mutex_);
  write_fault_ = fault;
}

void FaultyFileSystem::hold_syncs() {
  const std::lock_guard lock(mutex_);
  syncs_held_ = true;
}

void FaultyFileSystem::release_syncs() {
  const std::lock_guard lock(mutex_);
  syncs_held_ = false;
  sync_state_.notify_all();
}

void FaultyFileSystem::wait_for_held_sync() {
  std::unique_lock lock(mutex_);
  sync_state_.wait(lock, [this] { return sync_waits_; });
}

std::size_t FaultyFileSystem::part_of(const std::string& name, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  return is_log(name) && std::exchange(half_next_, false) ? bytes / 2 : 0;
}

void FaultyFileSystem::make_read_only() {
  const std::lock_guard lock(mutex_);
  read_only_ = true;
}

void FaultyFileSystem::drop_unsynced() {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, extent] : files_) {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(name, ignored);
    if (!ignored && size > extent.synced) {
      std::filesystem::resize_file(name, extent.synced, ignored);
    }
  }
}

void FaultyFileSystem::tear_unsynced(double share, std::size_t garble) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, extent] : files_) {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(name, ignored);
    if (ignored || size <= extent.synced) {
      continue;
    }
    const auto kept = static_cast<std::uint64_t>(share * static_cast<double>(size - extent.synced));
    std::filesystem::resize_file(name, extent.synced + kept, ignored);
    std::fstream file(name, std::ios::in | std::ios::out | std::ios::binary);
    for (std::uint64_t at = 0; garble > 0 && at < kept; at += garble) {
      file.seekp(static_cast<std::streamoff>(extent.synced + at));
      file.put('\x5a');
    }
  }
}

rocksdb::IOStatus FaultyFileSystem::NewWritableFile(
    const std::string& name,
    const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* result,
    rocksdb::IODebugContext* debug) {
  {
    const std::lock_guard lock(mutex_);
    if (read_only_) {
      return rocksdb::IOStatus::IOError("Read-only file system");
    }
    if (!power_) {
      return power_is_off();
    }
  }
  rocksdb::IOStatus status = target()->NewWritableFile(name, options, result, debug);
  if (status.ok()) {
    {
      const std::lock_guard lock(mutex_);
      files_[name] = {};
    }
    *result = std::make_unique<File>(std::move(*result), name, *this);
  }
  return status;
}

rocksdb::IOStatus FaultyFileSystem::RenameFile(const std::string& from,
                                               const std::string& to,
                                               const rocksdb::IOOptions& options,
                                               rocksdb::IODebugContext* debug) {
  rocksdb::IOStatus status = target()->RenameFile(from, to, options, debug);
  if (status.ok()) {
    const std::lock_guard lock(mutex_);
    if (auto file = files_.extract(from)) {
      file.key() = to;
      files_.erase(to);
      files_.insert(std::move(file));
    }
  }
  return status;
}

rocksdb::IOStatus FaultyFileSystem::DeleteFile(const std::string& name,
                                               const rocksdb::IOOptions& options,
                                               rocksdb::IODebugContext* debug) {
  {
    const std::lock_guard lock(mutex_);
    if (!power_) {
      return power_is_off();
    }
    files_.erase(name);
  }
  return target()->DeleteFile(name, options, debug);
}

rocksdb::IOStatus FaultyFileSystem::before_append(const std::string& name, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (!power_) {
    return power_is_off();
  }
  if (write_fault_ && is_log(name)) {
    half_next_ = write_fault_->half;
    if (!write_fault_->for_ever) {
      write_fault_.reset();
    }
    return rocksdb::IOStatus::IOError("Input/output error");
  }
  if (bytes_left_ && is_log(name)) {
    if (bytes > *bytes_left_) {
      bytes_left_ = 0;
      return rocksdb::IOStatus::NoSpace("No space left on device");
    }
    *bytes_left_ -= bytes;
  }
  return rocksdb::IOStatus::OK();
}

rocksdb::IOStatus FaultyFileSystem::before_sync(const std::string& name) {
  std::unique_lock lock(mutex_);
  if (!power_) {
    return power_is_off();
  }
  if (!is_log(name)) {
    return rocksdb::IOStatus::OK();
  }
  sync_waits_ = syncs_held_;
  sync_state_.notify_all();
  sync_state_.wait(lock, [this] { return !syncs_held_; });
  sync_waits_ = false;
  if (syncs_fail_) {
    return rocksdb::IOStatus::IOError("the sync failed");
  }
  if (syncs_left_ && --*syncs_left_ == 0) {
    power_ = false;
    return power_is_off();
  }
  return rocksdb::IOStatus::OK();
}

void FaultyFileSystem::appended(const std::string& name, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  files_[name].written += bytes;
}

void FaultyFileSystem::synced(const std::string& name) {
  const std::lock_guard lock(mutex_);
  Extent& extent = files_[name];
  extent.synced = extent.written;
}

}  // namespace runledger::store::testing
