#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "engine/job.h"
#include "schema/error.h"
#include "schema/events.h"

namespace runledger::engine {

/// Turns a scope into a plan, and inputs into a calculation. Thread-safe; called on workers, may
/// take seconds.
class Planner {
 public:
  virtual ~Planner() = default;
  /// The calculation over everything imported by events up to `inputs_through`.
  [[nodiscard]] virtual Result<std::shared_ptr<const Calculation>> calculation(
      Sequence inputs_through) = 0;
  /// The plan of `scope` over the same inputs. Errors: kInvalidArgument, kNotFound: the run fails
  /// with the message as its reason.
  [[nodiscard]] virtual Result<RunPlanned> plan(const RunScope& scope, Sequence inputs_through) = 0;
};

}  // namespace runledger::engine
