#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schema/error.h"
#include "schema/ids.h"
#include "store/event_log.h"
#include "store/log_rows.h"

/// A bundle is a part of a log outside its store: an export, or the archive of what is pruned. It
/// has the events byte for byte, the results and inputs that they name, and what proves both.
/// docs/formats.md draws the file.
namespace runledger::store {

struct BundleHeader {
  StoreId store;
  std::string build;  ///< Of the program that wrote the bundle.
  LogHead before;  ///< The event before the first one; event 0 if the bundle begins with event 1.
};

struct BundleFooter {
  Sequence last{};
  Digest last_hash;
  Digest root;  ///< Merkle root over the hashes of the events.
  std::uint64_t events = 0;
  std::uint64_t blobs = 0;
  friend bool operator==(const BundleFooter&, const BundleFooter&) = default;
};

/// Takes the parts of a bundle in order: begin, the events that outlived pruning, then the events,
/// each after the blobs that it is the first to name, then idempotency rows, end. The views are
/// valid during the call. An error ends the bundle. Not thread-safe.
class BundleSink {
 public:
  virtual ~BundleSink() = default;
  [[nodiscard]] virtual Status begin(const BundleHeader& header) = 0;
  [[nodiscard]] virtual Status kept(Sequence sequence, std::string_view record) = 0;
  [[nodiscard]] virtual Status event(Sequence sequence, std::string_view record) = 0;
  [[nodiscard]] virtual Status blob(BlobKind kind,
                                    const Digest& digest,
                                    std::string_view bytes) = 0;
  [[nodiscard]] virtual Status command(std::string_view key, std::string_view row) = 0;
  [[nodiscard]] virtual Status end(const BundleFooter& footer) = 0;
};

struct BundleRange {
  Sequence after{};                 ///< The newest pruned event, or any later one.
  std::optional<Sequence> through;  ///< Absent: all that is committed.
  bool whole = false;  ///< With all that a store is made of: inputs, kept events, idempotency rows.
};

/// Gives a part of `log` to `sink`. Errors: those of the sink; kNotFound (`after` was pruned),
/// kCorruption, kIo. Cost: reads every event and blob once; keeps a digest a blob in memory.
[[nodiscard]] Status export_bundle(const EventLog& log, const BundleRange& range, BundleSink& sink);

/// Writes a bundle to a file: beside it first, and under its name once it is whole and synced. The
/// file must not exist. Errors: kConflict, kIo, kExhausted.
[[nodiscard]] Result<std::unique_ptr<BundleSink>> make_bundle_file(
    const std::filesystem::path& path);

/// Reads the bundle in a file, checks everything in it (CRCs, sequences, chain, digests, root) and
/// gives it to `sink`, if there is one, as it goes. Hands back the footer.
/// Errors: kNotFound, kUnsupported, kCorruption (names the first bad event), kIo; those of the
/// sink.
[[nodiscard]] Result<BundleFooter> read_bundle(const std::filesystem::path& path, BundleSink* sink);

/// A sink that checks what goes through it on its way to `next` (null: nowhere).
[[nodiscard]] std::unique_ptr<BundleSink> make_bundle_check(BundleSink* next);

/// A sink that makes a new store in `directory`, which must not exist or be empty. What is there
/// afterwards is whole, or nothing. Errors: kInvalidArgument, kCorruption, kExhausted, kIo.
[[nodiscard]] Result<std::unique_ptr<BundleSink>> make_store_from_bundle(
    const std::filesystem::path& directory, const std::string& build);

}  // namespace runledger::store
