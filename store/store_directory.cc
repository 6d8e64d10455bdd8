#include "store/store_directory.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "store/rocks_db.h"
#include "store/rocks_options.h"
#include "store/witness.h"

namespace runledger::store {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> foreign(const fs::path& directory) {
  return fail(Code::kInvalidArgument, "belongs to another program: " + directory.string());
}

/// Names that a database leaves behind when the process dies while it is created.
bool is_database_file(const std::string& name) {
  static constexpr std::string_view kPrefixes[] = {"LOG", "MANIFEST-", "OPTIONS-"};
  static constexpr std::string_view kSuffixes[] = {".log", ".sst", ".blob", ".dbtmp"};
  return name == "LOCK" || name == "IDENTITY" ||
         std::ranges::any_of(kPrefixes, [&](auto prefix) { return name.starts_with(prefix); }) ||
         std::ranges::any_of(kSuffixes, [&](auto suffix) { return name.ends_with(suffix); });
}

Result<std::vector<std::string>> names_in(const fs::path& directory, rocksdb::Env* env) {
  std::vector<std::string> names;
  const rocksdb::Status listed = env->GetChildren(directory.string(), &names);
  if (!listed.ok()) {
    return std::unexpected(to_error(listed, "cannot list " + directory.string()));
  }
  std::erase_if(names, [](const std::string& name) { return name == "." || name == ".."; });
  return names;
}

/// Opens `families` of the database for reading and hands back the value of `key` in the last one,
/// or of its first key if `key` is empty.
Result<std::optional<std::string>> peek(const fs::path& directory,
                                        rocksdb::Env* env,
                                        const std::vector<std::string>& families,
                                        std::string_view key) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : families) {
    descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw_db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::OpenForReadOnly(database_options(OpenMode::kReadOnly, env), directory.string(),
                                   descriptors, &handles, &raw_db);
  if (!opened.ok()) {
    return std::unexpected(to_error(opened, "reading " + directory.string()));
  }
  const std::unique_ptr<rocksdb::DB> db(raw_db);
  std::string value;
  rocksdb::Status found;
  if (key.empty()) {
    const auto it = new_iterator(*db, handles.back());
    it->SeekToFirst();
    found = it->Valid() ? rocksdb::Status::OK()
                        : (it->status().ok() ? rocksdb::Status::NotFound() : it->status());
  } else {
    found = db->Get(rocksdb::ReadOptions(), handles.back(), to_slice(key), &value);
  }
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    (void)db->DestroyColumnFamilyHandle(handle);
  }
  if (found.IsNotFound()) {
    return std::nullopt;
  }
  if (!found.ok()) {
    return std::unexpected(to_error(found, "reading " + directory.string()));
  }
  return value;
}

Status check_families(const fs::path& directory, rocksdb::Env* env) {
  std::vector<std::string> found;
  const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(
      database_options(OpenMode::kReadOnly, env), directory.string(), &found);
  if (!listed.ok()) {
    return std::unexpected(to_error(listed, "opening " + directory.string()));
  }
  std::vector<std::string> unknown;
  const auto ours = column_families();
  std::ranges::copy_if(found, std::back_inserter(unknown), [&](const std::string& name) {
    return std::ranges::none_of(ours, [&](const auto& family) { return family.name == name; });
  });
  const std::string meta(to_string(Table::kMeta));
  if (std::ranges::find(found, meta) == found.end()) {
    // Either its creation was interrupted, and then nothing has been written to it, or it is not
    // ours.
    if (!unknown.empty()) {
      return foreign(directory);
    }
    RL_TRY_ASSIGN(const auto row, peek(directory, env, {rocksdb::kDefaultColumnFamilyName}, ""));
    return row ? Status(foreign(directory)) : Status();
  }
  if (unknown.empty()) {
    return {};
  }
  const std::vector<std::string> families = {rocksdb::kDefaultColumnFamilyName, meta};
  RL_TRY_ASSIGN(const auto program, peek(directory, env, families, "program"));
  if (program != kProgram) {
    return foreign(directory);
  }
  RL_TRY_ASSIGN(const auto format, peek(directory, env, families, "format"));
  RL_TRY(check_format(format.value_or("")));
  return fail(Code::kUnsupported,
              "the store has a table that this version does not know: " + unknown.front());
}

enum class Found : std::uint8_t { kNothing, kDirectory, kOther };

Result<Found> look_at(const fs::path& path, rocksdb::Env* env) {
  bool is_directory = false;
  const rocksdb::Status status = env->IsDirectory(path.string(), &is_directory);
  if (status.IsPathNotFound() || status.IsNotFound()) {
    return Found::kNothing;
  }
  if (!status.ok()) {
    return std::unexpected(to_error(status, "cannot look at " + path.string()));
  }
  return is_directory ? Found::kDirectory : Found::kOther;
}

/// Makes the directory and those above it that are missing, each with a durable entry.
Status make_directory(const fs::path& directory, rocksdb::Env* env) {
  const fs::path parent = directory.parent_path();
  if (parent != directory) {
    RL_TRY_ASSIGN(const Found above, look_at(parent, env));
    if (above == Found::kNothing) {
      RL_TRY(make_directory(parent, env));
    }
  }
  rocksdb::Status made = env->CreateDirIfMissing(directory.string());
  std::unique_ptr<rocksdb::Directory> entry;
  if (made.ok()) {
    made = env->NewDirectory(parent.string(), &entry);
  }
  if (made.ok()) {
    made = entry->Fsync();
  }
  if (!made.ok()) {
    return std::unexpected(to_error(made, "cannot make " + directory.string()));
  }
  return {};
}

}  // namespace

Status check_format(const std::string& stored) {
  int format = 0;
  const char* const end = stored.data() + stored.size();
  const auto [rest, error] = std::from_chars(stored.data(), end, format);
  if (error != std::errc() || rest != end) {
    return fail(Code::kCorruption, "the format of the store is not a number");
  }
  if (format != kFormat) {
    return fail(Code::kUnsupported,
                fmt::format("the store has format {}, this version of {} knows {}", format,
                            kProgram, kFormat));
  }
  return {};
}

Status prepare_directory(const RocksLogOptions& options, rocksdb::Env* env) {
  const fs::path& directory = options.directory;
  RL_TRY_ASSIGN(const Found found, look_at(directory, env));
  if (found == Found::kNothing) {
    if (options.mode != OpenMode::kCreateIfMissing) {
      return fail(Code::kNotFound, "no store in " + directory.string());
    }
    return make_directory(fs::absolute(directory), env);
  }
  if (found == Found::kOther) {
    return fail(Code::kInvalidArgument, "not a directory: " + directory.string());
  }
  RL_TRY_ASSIGN(const auto names, names_in(directory, env));
  if (std::ranges::find(names, "CURRENT") != names.end()) {
    return check_families(directory, env);
  }
  if (std::ranges::find(names, kWitnessFile) != names.end()) {
    return fail(Code::kCorruption, "the database in " + directory.string() +
                                       " has lost its file CURRENT: restore a backup");
  }
  if (!std::ranges::all_of(names, is_database_file)) {
    return foreign(directory);
  }
  if (options.mode != OpenMode::kCreateIfMissing) {
    return fail(Code::kNotFound, "no store in " + directory.string());
  }
  return {};
}

// Reads /proc/locks: to open the file and ask would drop a lock that this process itself holds.
std::string lock_holder(const fs::path& directory) {
  struct stat file {};
  if (::stat((directory / "LOCK").c_str(), &file) != 0) {
    return {};
  }
  const std::string wanted =
      fmt::format("{:02x}:{:02x}:{}", major(file.st_dev), minor(file.st_dev), file.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    const std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
    if (fields.size() > 5 && fields[5] == wanted) {
      return " by process " + fields[4];
    }
  }
  return {};
}

}  // namespace runledger::store
