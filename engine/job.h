#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "schema/error.h"
#include "schema/events.h"
#include "schema/vocabulary.h"

/// What the run engine and the calculations know of each other.
namespace runledger::engine {

/// Everything that one attempt of a job needs besides the inputs of its run.
struct JobSpec {
  JobType type{};
  PortfolioId portfolio;  ///< Nil for the market scope.
  Date as_of{};
  /// Dependencies that failed without being critical: what needs them is null, dependency_failed.
  JobTypeSet failed_dependencies;
};

/// Why an attempt did not give a result.
struct JobError {
  ErrorCategory category = ErrorCategory::kInternal;
  std::string code;    ///< Stable, lower case: "deadline_exceeded".
  std::string detail;  ///< For people.
};

/// What an attempt gives.
struct JobOutput {
  /// The job had nothing to work on: recorded as skipped, the rest is ignored, dependants go on.
  std::optional<SkipReason> nothing_to_do;
  std::string document;  ///< The result as JSON (formulas.md).
  bool finite = true;    ///< False: a number of the document was not; the attempt fails.
  std::uint64_t records = 0;
  std::string_view unit;  ///< What `records` counts; a literal.
  DataQuality quality;
  std::vector<std::string> warnings;
  Digest input_hash;
  std::uint32_t formula_version = 1;
  std::vector<PortfolioId> uncovered;  ///< Only market_data_update.
};

/// Called by a job as it goes: done <= total, in `unit`, a literal. Cheap; may be called for every
/// item.
using JobProgress =
    std::function<void(std::uint64_t done, std::uint64_t total, std::string_view unit)>;

/// The calculations over one immutable set of inputs. Thread-safe: attempts run side by side, share
/// what is computed once for a date or a portfolio, and give the same bits whatever the order.
class Calculation {
 public:
  virtual ~Calculation() = default;

  /// Runs one attempt. Polls `stop` between items and then fails with category kTimeout or whatever
  /// the caller makes of it. No I/O, no clock, no random numbers.
  [[nodiscard]] virtual std::expected<JobOutput, JobError> run(
      const JobSpec& spec, const std::stop_token& stop, const JobProgress& progress) const = 0;

  /// The hash of everything that the result of `spec` depends on, without calculating it: if an
  /// earlier result has the same one, with the same formula version and numerics profile, run()
  /// would give its very bytes. Nullopt: it must be calculated.
  [[nodiscard]] virtual std::optional<Digest> input_hash(const JobSpec& spec) const = 0;

  /// Condition of greeks_calculation: an option is active at the close of `as_of`.
  [[nodiscard]] virtual bool holds_options(const PortfolioId& portfolio, Date as_of) const = 0;

  /// Drops what is cached for a (portfolio, as-of date): all its jobs have ended.
  virtual void release(const PortfolioId& portfolio, Date as_of) const = 0;

  [[nodiscard]] virtual std::uint32_t formula_version(JobType type) const noexcept = 0;
};

}  // namespace runledger::engine
