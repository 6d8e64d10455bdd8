#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "store/event_log.h"
#include "store/projection.h"

namespace runledger::store {

/// Limits of the appender. Every one has a test at its edge.
struct AppenderLimits {
  std::size_t requests_queued_max = 65536;   ///< Then append() answers kExhausted.
  std::size_t group_events_max = 4096;       ///< In one synced write.
  std::size_t group_bytes_max = 16U << 20U;  ///< In one synced write, blobs included.
  std::size_t checkpoint_events = 20000;     ///< Events between two checkpoints of projections.
};

enum class OpenMode : std::uint8_t {
  kCreateIfMissing,
  kMustExist,
  kReadOnly,  ///< Beside a running server or on a backup; append() answers kUnavailable.
};

struct RocksLogOptions {
  std::filesystem::path directory;
  OpenMode mode = OpenMode::kCreateIfMissing;
  std::string build;  ///< Recorded when the store is created.
  AppenderLimits limits;
};

/// Opens the log in `directory`, brings every projection up to the newest event (from its
/// checkpoint, or from the first event if that is missing, damaged or of another version), and
/// starts the appender thread. `observer` is called from then on for new events only.
///
/// Errors: kNotFound (kMustExist, nothing there), kUnsupported (a newer format), kInvalidArgument
/// (a directory of another program), kConflict (held by another process: named if it can be),
/// kIo (not readable or writable, disk full), kCorruption (the first bad or missing sequence).
[[nodiscard]] Result<std::unique_ptr<EventLog>> open_rocks_event_log(const RocksLogOptions& options,
                                                                     Projections projections,
                                                                     CommitObserver observer = {});

}  // namespace runledger::store
