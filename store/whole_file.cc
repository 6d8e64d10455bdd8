#include "store/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace runledger::store {
namespace {

namespace fs = std::filesystem;

/// Makes a file and its entry in its directory durable.
Status sync_file(const fs::path& path) {
  for (const fs::path& entry : {path, fs::absolute(path).parent_path()}) {
    const int descriptor = ::open(entry.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int error = errno;
    if (descriptor >= 0) {
      (void)::close(descriptor);
    }
    if (!synced) {
      return fail(Code::kIo,
                  "cannot sync " + entry.string() + ": " + std::generic_category().message(error));
    }
  }
  return {};
}

}  // namespace

WholeFile::WholeFile(fs::path path, Existing existing)
    : path_(std::move(path)), partial_(path_.string() + ".part"), existing_(existing) {}

WholeFile::~WholeFile() {
  if (out_.is_open()) {
    out_.close();
    std::error_code ignored;
    fs::remove(partial_, ignored);
  }
}

Status WholeFile::open() {
  std::error_code error;
  if (existing_ == Existing::kRefuse && fs::exists(path_, error)) {
    return fail(Code::kConflict, path_.string() + " exists already");
  }
  out_.open(partial_, std::ios::binary | std::ios::trunc);
  return write({});
}

Status WholeFile::write(std::string_view bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out_.flush();
  if (!out_) {
    return fail(
        errno == ENOSPC ? Code::kExhausted : Code::kIo,
        "cannot write " + partial_.string() + ": " + std::generic_category().message(errno));
  }
  return {};
}

Status WholeFile::finish() {
  RL_TRY(sync_file(partial_));
  std::error_code error;
  fs::rename(partial_, path_, error);
  if (error) {
    return fail(Code::kIo, "cannot name " + path_.string() + ": " + error.message());
  }
  out_.close();
  return sync_file(path_);
}

}  // namespace runledger::store
