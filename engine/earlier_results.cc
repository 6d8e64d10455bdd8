#include "engine/earlier_results.h"

#include <utility>
#include <variant>

#include "schema/codec.h"
#include "store/job_history.h"
#include "store/run_history.h"

namespace runledger::engine {

std::optional<JobSucceeded> EarlierResults::find(const JobSpec& spec,
                                                 const Digest& input_hash,
                                                 std::uint32_t formula_version) const {
  const auto latest = store::find_latest(log_.tables(), spec.portfolio, spec.as_of, spec.type);
  if (!latest || !*latest || (*latest)->input_hash != input_hash ||
      (*latest)->formula_version != formula_version) {
    return std::nullopt;
  }
  const auto run = store::find_run(log_.tables(), (*latest)->run);
  if (!run || run->numerics_profile != profile_) {
    return std::nullopt;
  }
  const auto bytes = log_.find_event((*latest)->sequence);
  if (!bytes) {
    return std::nullopt;
  }
  auto event = decode_event(*bytes);
  if (!event || !std::holds_alternative<JobSucceeded>(event->payload)) {
    return std::nullopt;
  }
  auto succeeded = std::get<JobSucceeded>(std::move(event->payload));
  if (!succeeded.reused_from) {
    succeeded.reused_from = event->sequence;
  }
  return succeeded;
}

}  // namespace runledger::engine
