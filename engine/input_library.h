#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "engine/inputs/rows.h"
#include "engine/planner.h"
#include "store/event_log.h"

namespace runledger::engine {

/// The imports of the log as calculations and plans. Keeps the newest calculation, so a run on
/// unchanged inputs starts without reading them again. Thread-safe.
class InputLibrary final : public Planner {
 public:
  using Factory = std::shared_ptr<const Calculation> (*)(InputRows rows);

  /// `log` must outlive the library. `profile` is recorded in every plan.
  InputLibrary(const store::EventLog& log, std::string profile, Factory factory);

  [[nodiscard]] Result<std::shared_ptr<const Calculation>> calculation(
      Sequence inputs_through) override;
  [[nodiscard]] Result<RunPlanned> plan(const RunScope& scope, Sequence inputs_through) override;

 private:
  struct Shelf {
    Sequence newest_import{};  ///< Of the imports it holds.
    std::shared_ptr<const Calculation> calculation;
    std::vector<PlannedPortfolio> portfolios;
    Digest hash;
  };
  [[nodiscard]] Result<std::shared_ptr<const Shelf>> shelf(Sequence inputs_through);
  [[nodiscard]] Result<std::shared_ptr<const Shelf>> build(
      const std::vector<Sequence>& imports) const;

  const store::EventLog& log_;
  std::string profile_;
  Factory factory_;
  std::mutex mutex_;
  std::shared_ptr<const Shelf> shelf_;
};

}  // namespace runledger::engine
