#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"
#include "schema/events.h"
#include "store/tables.h"

namespace runledger::store {

/// A named fold over the log. It keeps rows in tables and, where a row needs more than one event,
/// state in memory that is saved as a checkpoint. Rows and position are written in the batch of the
/// events, so a reader never sees one without the other.
///
/// Confined to the thread that appends. `apply` is a pure fold: no clock, random numbers, I/O or
/// logging, and applying an event again after a restart writes the same rows again.
class Projection {
 public:
  virtual ~Projection() = default;
  /// Stable name; part of the checkpoint's key.
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  /// Raised with every change of meaning: older checkpoints and rows are then rebuilt.
  [[nodiscard]] virtual std::uint32_t version() const noexcept = 0;
  /// Tables that belong to this projection alone; emptied before a rebuild.
  [[nodiscard]] virtual std::vector<Table> tables() const = 0;
  /// Folds one event and adds the rows it changes. Total: what it does not know it ignores.
  virtual void apply(const Event& event, TableBatch& rows) noexcept = 0;
  /// State in memory as bytes (cereal portable binary); the same state gives the same bytes.
  [[nodiscard]] virtual std::string save() const = 0;
  /// Replaces the state. Errors: kCorruption (the caller then rebuilds from the log).
  [[nodiscard]] virtual Status load(std::string_view bytes) = 0;
  /// Back to the state before the first event.
  virtual void reset() = 0;
};

using Projections = std::vector<std::unique_ptr<Projection>>;

}  // namespace runledger::store
