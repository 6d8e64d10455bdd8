#include "tests/support/sim_file_system.h"

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <utility>

namespace runledger::testing {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus power_is_off() {
  return IOStatus::IOError("the power is off");
}

IOStatus no_such_file(const std::string& name) {
  return IOStatus::PathNotFound("no such file: " + name);
}

class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
  [[nodiscard]] std::size_t GetLogFileSize() const override { return 0; }
};

}  // namespace

// --- files
// ----------------------------------------------------------------------------------------

class SimFileSystem::ReadableFile final : public rocksdb::FSRandomAccessFile,
                                          public rocksdb::FSSequentialFile {
 public:
  ReadableFile(SimFileSystem& system, std::string name, InodePtr file)
      : system_(system), name_(std::move(name)), file_(std::move(file)) {}

  IOStatus Read(std::uint64_t offset,
                std::size_t size,
                const IOOptions& /*options*/,
                Slice* result,
                char* scratch,
                IODebugContext* /*debug*/) const override {
    return system_.read(*file_, name_, offset, size, scratch, result);
  }
  IOStatus Read(std::size_t size,
                const IOOptions& /*options*/,
                Slice* result,
                char* scratch,
                IODebugContext* /*debug*/) override {
    IOStatus status = system_.read(*file_, name_, at_, size, scratch, result);
    if (status.ok()) {
      at_ += result->size();
    }
    return status;
  }
  IOStatus Skip(std::uint64_t size) override {
    at_ += size;
    return IOStatus::OK();
  }
  [[nodiscard]] bool use_direct_io() const override { return false; }
  [[nodiscard]] std::size_t GetRequiredBufferAlignment() const override { return 4096; }
  IOStatus InvalidateCache(std::size_t /*offset*/, std::size_t /*length*/) override {
    return IOStatus::OK();
  }
  [[nodiscard]] rocksdb::Temperature GetTemperature() const override {
    return rocksdb::Temperature::kUnknown;
  }

 private:
  SimFileSystem& system_;
  std::string name_;
  InodePtr file_;
  std::uint64_t at_ = 0;
};

class SimFileSystem::WritableFile final : public rocksdb::FSWritableFile {
 public:
  WritableFile(SimFileSystem& system, std::string name, InodePtr file)
      : system_(system), name_(std::move(name)), file_(std::move(file)) {}

  using FSWritableFile::Append;
  IOStatus Append(const Slice& data,
                  const IOOptions& /*options*/,
                  IODebugContext* /*debug*/) override {
    return system_.append(*file_, name_, data.ToStringView());
  }
  IOStatus Append(const Slice& data,
                  const IOOptions& options,
                  const rocksdb::DataVerificationInfo& /*info*/,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(std::uint64_t size,
                    const IOOptions& /*options*/,
                    IODebugContext* /*debug*/) override {
    const std::lock_guard lock(system_.mutex_);
    file_->bytes.resize(std::min<std::size_t>(size, file_->bytes.size()));
    file_->synced = std::min(file_->synced, file_->bytes.size());
    return IOStatus::OK();
  }
  IOStatus Close(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return IOStatus::OK();
  }
  IOStatus Flush(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return IOStatus::OK();
  }
  IOStatus Sync(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return system_.sync(*file_, name_);
  }
  std::uint64_t GetFileSize(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    const std::lock_guard lock(system_.mutex_);
    return file_->bytes.size();
  }

 private:
  SimFileSystem& system_;
  std::string name_;
  InodePtr file_;
};

class SimFileSystem::DirectoryFile final : public rocksdb::FSDirectory {
 public:
  DirectoryFile(SimFileSystem& system, std::string name)
      : system_(system), name_(std::move(name)) {}
  IOStatus Fsync(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return system_.sync_names(name_);
  }
  IOStatus Close(const IOOptions& /*options*/, IODebugContext* /*debug*/) override {
    return IOStatus::OK();
  }

 private:
  SimFileSystem& system_;
  std::string name_;
};

// --- faults
// ---------------------------------------------------------------------------------------

SimFileSystem::SimFileSystem() = default;
SimFileSystem::~SimFileSystem() = default;

void SimFileSystem::arm(SimFaultPlan plan) {
  const std::lock_guard lock(mutex_);
  plan_ = std::move(plan);
  counted_ = 0;
  fired_ = 0;
}

void SimFileSystem::disarm() {
  const std::lock_guard lock(mutex_);
  plan_.reset();
  counted_ = 0;
}

void SimFileSystem::pause(bool paused) {
  const std::lock_guard lock(mutex_);
  paused_ = paused;
}

std::uint64_t SimFileSystem::fired() const {
  const std::lock_guard lock(mutex_);
  return fired_;
}

std::uint64_t SimFileSystem::operations() const {
  const std::lock_guard lock(mutex_);
  return counted_;
}

void SimFileSystem::set_free_bytes(std::optional<std::uint64_t> bytes) {
  const std::lock_guard lock(mutex_);
  free_bytes_ = bytes;
}

void SimFileSystem::on_sync(std::function<void()> slow) {
  const std::lock_guard lock(mutex_);
  slow_sync_ = std::move(slow);
}

void SimFileSystem::power_off() {
  const std::lock_guard lock(mutex_);
  power_ = false;
}

bool SimFileSystem::has_power() const {
  const std::lock_guard lock(mutex_);
  return power_ && !last_change_;
}

SimFileSystem::Decision SimFileSystem::decide(SimOp op, const std::string& name) {
  Decision decision;
  if (!power_) {
    decision.apply = false;
    decision.status = power_is_off();
    return decision;
  }
  if (paused_) {
    return decision;
  }
  const bool counts =
      !plan_ || ((!plan_->only || *plan_->only == op) && name.ends_with(plan_->suffix));
  counted_ += counts ? 1U : 0U;
  const bool fires =
      plan_ && counts && (counted_ == plan_->at || (plan_->persistent && counted_ > plan_->at));
  if (!fires) {
    return decision;
  }
  ++fired_;
  decision.apply = false;
  switch (plan_->fault) {
    case SimFault::kError:
      decision.status = IOStatus::IOError("Input/output error: " + name);
      break;
    case SimFault::kShortWrite:
      decision.half = op == SimOp::kWrite;
      decision.status = IOStatus::IOError("Input/output error: " + name);
      break;
    case SimFault::kNoSpace:
      decision.half = op == SimOp::kWrite;
      decision.status = op == SimOp::kRead || op == SimOp::kDelete
                            ? IOStatus::IOError("Input/output error: " + name)
                            : IOStatus::NoSpace("No space left on device: " + name);
      break;
    case SimFault::kLastDurable:
      decision.apply = true;
      stop_durability();
      break;
    case SimFault::kPowerOff:
    case SimFault::kPowerOffBehind:
      decision.apply = plan_->fault == SimFault::kPowerOffBehind;
      decision.power_off = true;
      decision.status = power_is_off();
      break;
  }
  return decision;
}

IOStatus SimFileSystem::settle(const Decision& decision) {
  if (decision.power_off) {
    power_ = false;
  }
  return decision.status;
}

void SimFileSystem::stop_durability() {
  if (last_change_) {
    return;
  }
  last_change_ = changes_.size();
  for (const auto& [name, file] : live_) {
    file->last = file->bytes.size();
  }
}

void SimFileSystem::change(Names& names, const Change& change) const {
  if (!change.gone.empty()) {
    names.erase(change.gone);
  }
  if (change.inode) {
    names[change.name] = change.inode;
  } else {
    names.erase(change.name);
  }
}

void SimFileSystem::lose(std::size_t names_kept,
                         const std::function<SimTail()>& tail,
                         engine::Random& random) {
  const bool unnoticed = last_change_.has_value();
  names_kept = std::min(names_kept, last_change_.value_or(names_kept));
  last_change_.reset();
  for (std::size_t i = 0; i < names_kept; ++i) {
    change(durable_, changes_[i]);
  }
  changes_.clear();
  live_ = durable_;
  for (auto& [name, file] : live_) {
    if (unnoticed) {
      file->bytes.resize(std::max(file->synced, std::min(file->last, file->bytes.size())));
    }
    if (file->bytes.size() == file->synced) {
      continue;
    }
    const SimTail kind = tail();
    const auto unsynced = file->bytes.size() - file->synced;
    const auto most = kind == SimTail::kTorn ? unsynced + 1 : unsynced;
    const auto kept = kind == SimTail::kDropped ? 0 : random.next() % most;
    file->bytes.resize(file->synced + kept);
    for (std::size_t i = 0; kind == SimTail::kGarbled && kept > 0 && i < 1 + kept / 64; ++i) {
      auto& byte = file->bytes[file->synced + random.next() % kept];
      byte = static_cast<char>(byte ^ static_cast<char>(1 + random.next() % 255));
    }
    file->synced = file->bytes.size();
  }
  locks_.clear();
  plan_.reset();
  free_bytes_.reset();
  power_ = true;
}

void SimFileSystem::crash(engine::Random& random) {
  const std::lock_guard lock(mutex_);
  const auto kept = random.next() % (changes_.size() + 1);
  lose(
      kept, [&random] { return static_cast<SimTail>(random.next() % 2); }, random);
}

void SimFileSystem::crash(SimTail tail, engine::Random& random) {
  const std::lock_guard lock(mutex_);
  lose(
      0, [tail] { return tail; }, random);
}

bool SimFileSystem::flip(const std::string& name, std::size_t offset, std::uint8_t mask) {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(name);
  if (found == live_.end() || offset >= found->second->bytes.size()) {
    return false;
  }
  char& byte = found->second->bytes[offset];
  byte = static_cast<char>(static_cast<std::uint8_t>(byte) ^ mask);
  return true;
}

void SimFileSystem::truncate(const std::string& name, std::size_t size) {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(name);
  if (found != live_.end()) {
    found->second->bytes.resize(size);
    found->second->synced = size;
  }
}

SimFileSystem::Image SimFileSystem::image() const {
  const std::lock_guard lock(mutex_);
  Image image;
  for (const auto& [name, file] : live_) {
    image[name] = file->bytes;
  }
  return image;
}

void SimFileSystem::restore(const Image& image) {
  const std::lock_guard lock(mutex_);
  live_.clear();
  for (const auto& [name, bytes] : image) {
    live_[name] = std::make_shared<Inode>(Inode{bytes, bytes.size()});
  }
  durable_ = live_;
  changes_.clear();
  last_change_.reset();
  locks_.clear();
  plan_.reset();
  power_ = true;
}

// --- operations on files
// --------------------------------------------------------------------------

IOStatus SimFileSystem::append(Inode& file, const std::string& name, std::string_view data) {
  const std::lock_guard lock(mutex_);
  const Decision decision = decide(SimOp::kWrite, name);
  if (decision.apply && free_bytes_ && data.size() > *free_bytes_) {
    file.bytes += data.substr(0, *free_bytes_);
    free_bytes_ = 0;
    return IOStatus::NoSpace("No space left on device: " + name);
  }
  if (decision.apply || decision.half) {
    const auto written = decision.half ? data.size() / 2 : data.size();
    file.bytes += data.substr(0, written);
    if (free_bytes_) {
      *free_bytes_ -= std::min<std::uint64_t>(*free_bytes_, written);
    }
  }
  return settle(decision);
}

IOStatus SimFileSystem::sync(Inode& file, const std::string& name) {
  std::function<void()> slow;
  IOStatus status;
  {
    const std::lock_guard lock(mutex_);
    const Decision decision = decide(SimOp::kSync, name);
    if (decision.apply && !last_change_) {
      file.synced = file.bytes.size();
    }
    status = settle(decision);
    slow = slow_sync_;
  }
  if (slow && name.ends_with(".log")) {
    slow();
  }
  return status;
}

IOStatus SimFileSystem::sync_names(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const Decision decision = decide(SimOp::kSync, name);
  if (decision.apply && !last_change_) {
    durable_ = live_;
    changes_.clear();
  }
  return settle(decision);
}

IOStatus SimFileSystem::read(const Inode& file,
                             const std::string& name,
                             std::uint64_t offset,
                             std::size_t size,
                             char* scratch,
                             Slice* result) {
  const std::lock_guard lock(mutex_);
  const Decision decision = decide(SimOp::kRead, name);
  if (!decision.apply) {
    return settle(decision);
  }
  const auto begin = std::min<std::size_t>(offset, file.bytes.size());
  const auto taken = std::min(size, file.bytes.size() - begin);
  std::memcpy(scratch, file.bytes.data() + begin, taken);
  *result = Slice(scratch, taken);
  return settle(decision);
}

IOStatus SimFileSystem::open(const std::string& name, InodePtr& file) {
  const std::lock_guard lock(mutex_);
  const Decision decision = decide(SimOp::kOpen, name);
  if (decision.apply) {
    const auto found = live_.find(name);
    if (found == live_.end()) {
      return no_such_file(name);
    }
    file = found->second;
  }
  return settle(decision);
}

IOStatus SimFileSystem::NewSequentialFile(const std::string& name,
                                          const FileOptions& /*options*/,
                                          std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                          IODebugContext* /*debug*/) {
  InodePtr file;
  IOStatus status = open(name, file);
  if (status.ok()) {
    *result = std::make_unique<ReadableFile>(*this, name, std::move(file));
  }
  return status;
}

IOStatus SimFileSystem::NewRandomAccessFile(const std::string& name,
                                            const FileOptions& /*options*/,
                                            std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                            IODebugContext* /*debug*/) {
  InodePtr file;
  IOStatus status = open(name, file);
  if (status.ok()) {
    *result = std::make_unique<ReadableFile>(*this, name, std::move(file));
  }
  return status;
}

IOStatus SimFileSystem::NewWritableFile(const std::string& name,
                                        const FileOptions& /*options*/,
                                        std::unique_ptr<rocksdb::FSWritableFile>* result,
                                        IODebugContext* /*debug*/) {
  const std::lock_guard lock(mutex_);
  const Decision decision = decide(SimOp::kOpen, name);
  if (decision.apply) {
    const auto file = std::make_shared<Inode>();
    changes_.push_back({name, file, ""});
    live_[name] = file;
    *result = std::make_unique<WritableFile>(*this, name, file);
  }
  return settle(decision);
}

IOStatus SimFileSystem::NewDirectory(const std::string& name,
                                     const IOOptions& /*options*/,
                                     std::unique_ptr<rocksdb::FSDirectory>* result,
                                     IODebugContext* /*debug*/) {
  const std::lock_guard lock(mutex_);
  const Decision decision = decide(SimOp::kOpen, name);
  if (decision.apply) {
    *result = std::make_unique<DirectoryFile>(*this, name);
  }
  return settle(decision);
}

IOStatus SimFileSystem::NewLogger(const std::string& /*name*/,
                                  const IOOptions& /*options*/,
                                  std::shared_ptr<rocksdb::Logger>* result,
                                  IODebugContext* /*debug*/) {
  *result = std::make_shared<SilentLogger>();
  return IOStatus::OK();
}

IOStatus SimFileSystem::RenameFile(const std::string& from,
                                   const std::string& to,
                                   const IOOptions& /*options*/,
                                   IODebugContext* /*debug*/) {
  const std::lock_guard lock(mutex_);
  const Decision decision = decide(SimOp::kRename, to);
  if (decision.apply) {
    const auto found = live_.find(from);
    if (found == live_.end()) {
      return no_such_file(from);
    }
    changes_.push_back({to, found->second, from});
    change(live_, changes_.back());
  }
  return settle(decision);
}

IOStatus SimFileSystem::DeleteFile(const std::string& name,
                                   const IOOptions& /*options*/,
                                   IODebugContext* /*debug*/) {
  const std::lock_guard lock(mutex_);
  const Decision decision = decide(SimOp::kDelete, name);
  if (decision.apply) {
    if (live_.erase(name) == 0) {
      return no_such_file(name);
    }
    changes_.push_back({name, nullptr, ""});
  }
  return settle(decision);
}

}  // namespace runledger::testing
