#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/job.h"
#include "schema/events.h"
#include "store/event_log.h"

namespace runledger::engine {

/// Results that earlier runs left in the log, so that what depends on the same inputs is not
/// computed again. Thread-safe.
class EarlierResults {
 public:
  /// `log` must outlive this. `profile`: the numerics profile of this process.
  EarlierResults(const store::EventLog& log, std::string profile)
      : log_(log), profile_(std::move(profile)) {}

  /// The success whose result `spec` would give again: the newest one of its portfolio, date and
  /// job type, if it was computed from inputs of the same hash, by formulas of the same version and
  /// under the same numerics profile. `reused_from` names the event of the job that computed it.
  /// What cannot be read counts as not there: the job is then computed.
  /// Cost: one lookup; three for a success.
  [[nodiscard]] std::optional<JobSucceeded> find(const JobSpec& spec,
                                                 const Digest& input_hash,
                                                 std::uint32_t formula_version) const;

 private:
  const store::EventLog& log_;
  std::string profile_;
};

}  // namespace runledger::engine
