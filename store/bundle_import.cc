#include <map>
#include <system_error>
#include <utility>

#include "store/bundle.h"
#include "store/keys.h"
#include "store/projections.h"
#include "store/rocks_db.h"

namespace runledger::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatchBytes = std::size_t{8} << 20U;

/// Writes a store beside `directory` and gives it its name when it is whole.
class StoreWriter final : public BundleSink {
 public:
  StoreWriter(fs::path directory, std::string build)
      : directory_(std::move(directory)),
        partial_(directory_.string() + ".importing"),
        build_(std::move(build)) {}
  StoreWriter(const StoreWriter&) = delete;
  StoreWriter& operator=(const StoreWriter&) = delete;
  ~StoreWriter() override {
    db_.reset();
    std::error_code ignored;
    fs::remove_all(partial_, ignored);
  }

  [[nodiscard]] Status open() {
    std::error_code error;
    if (fs::exists(directory_, error) && !fs::is_empty(directory_, error)) {
      return fail(Code::kInvalidArgument,
                  directory_.string() + " is not empty: import into a new directory");
    }
    fs::remove_all(partial_, error);
    RocksLogOptions options;
    options.directory = partial_;
    options.build = build_;
    RL_TRY_ASSIGN(db_, RocksDb::open(options, rocksdb::Env::Default()));
    return {};
  }

  [[nodiscard]] Status begin(const BundleHeader& header) override {
    RL_TRY(put(db_->table(Table::kMeta), "store_id", to_string(header.store)));
    if (header.before.sequence != Sequence{}) {
      return put(db_->table(Table::kMeta), kPrunedKey, encode_head(header.before));
    }
    return {};
  }
  [[nodiscard]] Status kept(Sequence sequence, std::string_view record) override {
    return put(db_->table(Table::kBase), sequence_key(sequence), record);
  }
  [[nodiscard]] Status event(Sequence sequence, std::string_view record) override {
    RL_TRY_ASSIGN(const EventBytes bytes, open_record(sequence, to_slice(record)));
    RL_TRY_ASSIGN(const Event decoded, decode_event(bytes));
    if (!decoded.run.is_nil()) {
      auto& range = runs_.try_emplace(decoded.run, EventLog::Range{sequence, {}}).first->second;
      range.last = sequence;
    }
    return put(db_->events(), sequence_key(sequence), record);
  }
  [[nodiscard]] Status blob(BlobKind kind, const Digest& digest, std::string_view bytes) override {
    std::string key;
    put_digest(key, digest);
    return put(db_->blobs(kind), key, pack_blob(bytes));
  }
  [[nodiscard]] Status command(std::string_view key, std::string_view row) override {
    return put(db_->table(Table::kCommands), key, row);
  }
  [[nodiscard]] Status end(const BundleFooter& footer) override {
    for (const auto& [run, range] : runs_) {
      RL_TRY(put(db_->table(Table::kRunIndex), run_key(run), encode_range(range)));
    }
    RL_TRY(put(db_->table(Table::kMeta), kHeadKey,
               encode_head({.sequence = footer.last, .hash = footer.last_hash})));
    RL_TRY(flush(true));
    db_.reset();
    // Opened once, so that the projections are there for readers.
    RocksLogOptions options;
    options.directory = partial_;
    options.mode = OpenMode::kMustExist;
    RL_TRY(open_rocks_event_log(options, make_projections()));
    std::error_code error;
    fs::remove(directory_, error);
    fs::rename(partial_, directory_, error);
    if (error) {
      return fail(Code::kIo, "cannot name " + directory_.string() + ": " + error.message());
    }
    return {};
  }

 private:
  [[nodiscard]] Status put(rocksdb::ColumnFamilyHandle* family,
                           std::string_view key,
                           std::string_view value) {
    const rocksdb::Status added = batch_.Put(family, to_slice(key), to_slice(value));
    if (!added.ok()) {
      return std::unexpected(to_error(added, "importing"));
    }
    return batch_.GetDataSize() >= kBatchBytes ? flush(false) : Status();
  }
  [[nodiscard]] Status flush(bool sync) {
    rocksdb::WriteOptions options;
    options.sync = sync;
    const rocksdb::Status written = db_->db().Write(options, &batch_);
    batch_.Clear();
    return written.ok() ? Status() : std::unexpected(to_error(written, "importing"));
  }

  fs::path directory_;
  fs::path partial_;
  std::string build_;
  std::unique_ptr<RocksDb> db_;
  rocksdb::WriteBatch batch_;
  std::map<RunId, EventLog::Range> runs_;
};

}  // namespace

Result<std::unique_ptr<BundleSink>> make_store_from_bundle(const fs::path& directory,
                                                           const std::string& build) {
  auto writer = std::make_unique<StoreWriter>(directory, build);
  RL_TRY(writer->open());
  return writer;
}

}  // namespace runledger::store
