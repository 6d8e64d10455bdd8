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

/// What becomes of a projection when the oldest events are pruned.
enum class Retention : std::uint8_t {
  kKeeps,    ///< Its rows stay. The events that it needs (imports) are kept in kBase, so that it
             ///< can be rebuilt from them and from the events that are left.
  kForgets,  ///< Its rows live and die with the events they came from.
};

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
  /// Folds one event and adds the rows it changes; an event that is none of its business changes
  /// nothing. Errors: kCorruption, an event that does not fit what came before it; then neither the
  /// state nor `rows` have been changed. Called through apply_event() (quarantine.h) only.
  [[nodiscard]] virtual Status apply(const Event& event, TableBatch& rows) = 0;
  /// State in memory as bytes (cereal portable binary); the same state gives the same bytes.
  [[nodiscard]] virtual std::string save() const = 0;
  /// Replaces the state. Errors: kCorruption (the caller then rebuilds from the log).
  [[nodiscard]] virtual Status load(std::string_view bytes) = 0;
  /// Back to the state before the first event.
  virtual void reset() = 0;
  [[nodiscard]] virtual Retention retention() const noexcept = 0;
  /// Called for Retention::kForgets, when `through` ends a run: drops what came from events up to
  /// `through`, so that state and rows are what a log that begins after it gives. `rows` are the
  /// rows as they are; `changes` takes what must change. Costs as much as there is to forget.
  /// Errors: kCorruption, kIo.
  [[nodiscard]] virtual Status forget(Sequence /*through*/,
                                      const TableReader& /*rows*/,
                                      TableBatch& /*changes*/) {
    return {};
  }
};

using Projections = std::vector<std::unique_ptr<Projection>>;

}  // namespace runledger::store
