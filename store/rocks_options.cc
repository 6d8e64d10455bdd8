#include "store/rocks_options.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <spdlog/spdlog.h>

namespace runledger::store {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20U;

/// RocksDB's own messages as log lines of this program, and no LOG file in the directory of the
/// store: an error of the disk while it writes that file ends the process by an assertion of
/// RocksDB, and a read-only opener must not touch the writer's.
class LineLogger final : public rocksdb::Logger {
 public:
  LineLogger() : rocksdb::Logger(rocksdb::WARN_LEVEL) {}
  void LogHeader(const char* /*format*/, va_list /*arguments*/) override {}
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
  [[gnu::format(printf, 3, 0)]] void Logv(rocksdb::InfoLogLevel level,
                                          const char* format,
                                          va_list arguments) override {
    if (level < rocksdb::WARN_LEVEL || level == rocksdb::HEADER_LEVEL) {
      return;
    }
    std::array<char, 1024> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    std::string_view text = line.data();
    while (text.ends_with('\n')) {
      text.remove_suffix(1);
    }
    spdlog::log(level >= rocksdb::ERROR_LEVEL ? spdlog::level::warn : spdlog::level::debug,
                "rocksdb: {}", text);
  }
};

std::shared_ptr<rocksdb::TableFactory> table_factory(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions options;
  options.block_cache = cache;
  options.block_size = 16 * 1024;
  options.format_version = 5;
  options.checksum = rocksdb::kXXH3;
  options.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.cache_index_and_filter_blocks = true;
  options.pin_l0_filter_and_index_blocks_in_cache = true;
  return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(options));
}

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::TableFactory>& tables,
                                            std::size_t write_buffer) {
  rocksdb::ColumnFamilyOptions options;
  options.table_factory = tables;
  options.write_buffer_size = write_buffer;
  options.max_write_buffer_number = 3;
  options.compression = rocksdb::kLZ4Compression;
  options.level_compaction_dynamic_level_bytes = true;
  options.force_consistency_checks = true;
  return options;
}

/// Large values, compressed by whoever made them: kept out of the tree and out of compactions.
rocksdb::ColumnFamilyOptions blob_options(const std::shared_ptr<rocksdb::TableFactory>& tables) {
  rocksdb::ColumnFamilyOptions options = family_options(tables, 64 * kMiB);
  options.compression = rocksdb::kNoCompression;
  options.enable_blob_files = true;
  options.min_blob_size = 512;
  options.blob_file_size = 256 * kMiB;
  options.blob_compression_type = rocksdb::kNoCompression;
  options.enable_blob_garbage_collection = true;
  return options;
}

std::size_t write_buffer_of(Table table) {
  switch (table) {
    case Table::kJobs:
      return 64 * kMiB;
    case Table::kJobIndex:
    case Table::kCommands:
    case Table::kLatest:
      return 16 * kMiB;
    case Table::kMeta:
    case Table::kCheckpoints:
    case Table::kRuns:
    case Table::kRunIndex:
    case Table::kPortfolios:
    case Table::kInputs:
    case Table::kUsers:
    case Table::kSecrets:
    case Table::kSeals:
    case Table::kQuarantine:
    case Table::kUnknown:
    case Table::kBase:
      break;
  }
  return 4 * kMiB;
}

}  // namespace

rocksdb::DBOptions database_options(OpenMode mode, rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = mode == OpenMode::kCreateIfMissing;
  options.create_missing_column_families = mode != OpenMode::kReadOnly;
  options.paranoid_checks = true;
  // Point-in-time recovery, the default, would drop acknowledged events behind a damaged record
  // without a word. This mode forgives only a tail that was never acknowledged.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = mode != OpenMode::kReadOnly;
  options.avoid_flush_during_recovery = false;
  options.max_total_wal_size = 512 * kMiB;
  options.db_write_buffer_size = 256 * kMiB;
  // After an error of the disk the log stops; that the database resumes by itself helps nobody.
  options.max_bgerror_resume_count = 0;
  options.max_background_jobs = 2;
  // A reader beside a writer opens every file at once: the writer may delete one later.
  options.max_open_files = mode == OpenMode::kReadOnly ? -1 : 512;
  options.bytes_per_sync = kMiB;
  // One thread writes.
  options.enable_pipelined_write = false;
  options.unordered_write = false;
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.info_log = std::make_shared<LineLogger>();
  if (env != rocksdb::Env::Default()) {
    // A simulated disk counts its operations: their order must not hang on threads.
    options.max_file_opening_threads = 1;
  }
  return options;
}

std::unique_ptr<rocksdb::Iterator> new_iterator(rocksdb::DB& db,
                                                rocksdb::ColumnFamilyHandle* family,
                                                rocksdb::ReadOptions options) {
  options.ignore_range_deletions = true;
  return std::unique_ptr<rocksdb::Iterator>(db.NewIterator(options, family));
}

std::vector<rocksdb::ColumnFamilyDescriptor> column_families() {
  const auto tables = table_factory(rocksdb::NewLRUCache(96 * kMiB));
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, family_options(tables, kMiB));
  families.emplace_back(kEventsFamily, family_options(tables, 64 * kMiB));
  families.emplace_back(kResultsFamily, blob_options(tables));
  families.emplace_back(kInputsFamily, blob_options(tables));
  for (std::size_t i = kTableCount; i-- > 0;) {
    const Table table{static_cast<std::uint8_t>(i)};
    families.emplace_back(std::string(to_string(table)),
                          family_options(tables, write_buffer_of(table)));
  }
  return families;
}

}  // namespace runledger::store
