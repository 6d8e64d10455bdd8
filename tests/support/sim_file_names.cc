#include <algorithm>
#include <utility>

#include "tests/support/sim_file_system.h"

// Names, directories and locks of the simulated disk.

namespace runledger::testing {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

IOStatus no_such_file(const std::string& name) {
  return IOStatus::PathNotFound("no such file: " + name);
}

class Lock final : public rocksdb::FileLock {
 public:
  explicit Lock(std::string the_name) : name(std::move(the_name)) {}
  std::string name;
};

}  // namespace

IOStatus SimFileSystem::FileExists(const std::string& name,
                                   const IOOptions& /*options*/,
                                   IODebugContext* /*debug*/) {
  const std::lock_guard lock(mutex_);
  if (!power_) {
    return IOStatus::IOError("the power is off");
  }
  return live_.contains(name) || directories_.contains(name) ? IOStatus::OK()
                                                             : IOStatus::NotFound();
}

IOStatus SimFileSystem::GetChildren(const std::string& directory,
                                    const IOOptions& /*options*/,
                                    std::vector<std::string>* result,
                                    IODebugContext* /*debug*/) {
  const std::lock_guard lock(mutex_);
  const Decision decision = decide(SimOp::kOpen, directory);
  if (decision.apply) {
    const std::string prefix = directory.ends_with('/') ? directory : directory + '/';
    result->clear();
    for (const auto& [name, file] : live_) {
      if (name.starts_with(prefix) && name.find('/', prefix.size()) == std::string::npos) {
        result->push_back(name.substr(prefix.size()));
      }
    }
  }
  return settle(decision);
}

IOStatus SimFileSystem::CreateDir(const std::string& name,
                                  const IOOptions& /*options*/,
                                  IODebugContext* /*debug*/) {
  const std::lock_guard lock(mutex_);
  const Decision decision = decide(SimOp::kOpen, name);
  if (decision.apply && !directories_.insert(name).second) {
    return IOStatus::IOError("File exists: " + name);
  }
  return settle(decision);
}

IOStatus SimFileSystem::CreateDirIfMissing(const std::string& name,
                                           const IOOptions& /*options*/,
                                           IODebugContext* /*debug*/) {
  const std::lock_guard lock(mutex_);
  const Decision decision = decide(SimOp::kOpen, name);
  if (decision.apply) {
    directories_.insert(name);
  }
  return settle(decision);
}

IOStatus SimFileSystem::DeleteDir(const std::string& name,
                                  const IOOptions& /*options*/,
                                  IODebugContext* /*debug*/) {
  const std::lock_guard lock(mutex_);
  directories_.erase(name);
  return IOStatus::OK();
}

IOStatus SimFileSystem::GetFileSize(const std::string& name,
                                    const IOOptions& /*options*/,
                                    std::uint64_t* size,
                                    IODebugContext* /*debug*/) {
  InodePtr file;
  IOStatus status = open(name, file);
  if (status.ok()) {
    const std::lock_guard lock(mutex_);
    *size = file->bytes.size();
  }
  return status;
}

IOStatus SimFileSystem::GetFileModificationTime(const std::string& /*name*/,
                                                const IOOptions& /*options*/,
                                                std::uint64_t* time,
                                                IODebugContext* /*debug*/) {
  *time = 0;
  return IOStatus::OK();
}

IOStatus SimFileSystem::LockFile(const std::string& name,
                                 const IOOptions& /*options*/,
                                 rocksdb::FileLock** lock,
                                 IODebugContext* /*debug*/) {
  const std::lock_guard guard(mutex_);
  if (!power_) {
    return IOStatus::IOError("the power is off");
  }
  if (!locks_.insert(name).second) {
    return IOStatus::IOError("While lock file: " + name, "held");
  }
  *lock = new Lock(name);
  return IOStatus::OK();
}

IOStatus SimFileSystem::UnlockFile(rocksdb::FileLock* lock,
                                   const IOOptions& /*options*/,
                                   IODebugContext* /*debug*/) {
  const std::unique_ptr<Lock> held(static_cast<Lock*>(lock));
  const std::lock_guard guard(mutex_);
  locks_.erase(held->name);
  return IOStatus::OK();
}

IOStatus SimFileSystem::GetTestDirectory(const IOOptions& /*options*/,
                                         std::string* path,
                                         IODebugContext* /*debug*/) {
  *path = "/test";
  return IOStatus::OK();
}

IOStatus SimFileSystem::GetAbsolutePath(const std::string& path,
                                        const IOOptions& /*options*/,
                                        std::string* absolute,
                                        IODebugContext* /*debug*/) {
  *absolute = path;
  return IOStatus::OK();
}

IOStatus SimFileSystem::IsDirectory(const std::string& path,
                                    const IOOptions& /*options*/,
                                    bool* is_directory,
                                    IODebugContext* /*debug*/) {
  const std::lock_guard lock(mutex_);
  const Decision decision = decide(SimOp::kOpen, path);
  if (decision.apply) {
    *is_directory = path == "/" || directories_.contains(path);
    if (!*is_directory && !live_.contains(path)) {
      return no_such_file(path);
    }
  }
  return settle(decision);
}

}  // namespace runledger::testing
