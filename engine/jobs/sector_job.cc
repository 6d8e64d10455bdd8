#include <cmath>
#include <map>

#include "engine/jobs/job_run.h"
#include "engine/risk/concentration.h"

namespace runledger::engine {
namespace {

struct Sector {
  double gross = 0;
  double net = 0;
  std::size_t positions = 0;
  std::size_t exposed = 0;
};

}  // namespace

JobResult run_sector_concentration(const JobRun& run) {
  const Context& context = run.context;
  if (context.valuation().active == 0) {
    return nothing_to_do(SkipReason::kNoPositions);
  }
  const Exposures& exposures = context.exposures();
  std::vector<double> sizes;
  std::map<std::string_view, Sector> sectors;
  for (const UnderlyingExposure& underlying : exposures.underlyings) {
    const std::string& name = context.market().series(underlying.id).sector;
    Sector& sector = sectors[name.empty() ? std::string_view("Unclassified") : name];
    sector.positions += underlying.positions;
    if (underlying.exposed > 0) {
      sizes.push_back(underlying.exposure);
      sector.exposed += underlying.exposed;
      sector.gross += std::abs(underlying.exposure);
      sector.net += underlying.exposure;
    }
  }
  const risk::Computed<risk::Concentration> result = risk::concentration(sizes);
  JsonWriter json;
  json.begin_object();
  if (result) {
    json.field("hhi", result->hhi).field("effective_positions", result->effective_positions);
    json.field("top_3", result->top_3).field("top_10", result->top_10);
  } else {
    for (const char* field : {"hhi", "effective_positions", "top_3", "top_10"}) {
      json.null_field(field, exposures.no_gross_reason());
    }
  }
  json.key("sectors").begin_object();
  for (const auto& [name, sector] : sectors) {
    const std::size_t known = exposures.gross > 0 ? sector.exposed : 0;
    const NullReason reason =
        exposures.gross > 0 ? NullReason::kNoPrice : exposures.no_gross_reason();
    const double scale = exposures.gross > 0 ? 1 / exposures.gross : 0;
    json.key(name).begin_object();
    json.field("gross_weight", known_sum(known, sector.gross * scale, reason));
    json.field("net_weight", known_sum(known, sector.net * scale, reason));
    json.field("positions", static_cast<std::uint64_t>(sector.positions));
    json.end_object();
  }
  json.end_object();
  const auto total = static_cast<std::uint64_t>(exposures.underlyings.size());
  if (!run.step(total, total, "underlyings")) {
    return stopped();
  }
  JobOutput output = finish(run, json, exposures.position_coverage());
  output.records = total;
  output.unit = "underlyings";
  return output;
}

}  // namespace runledger::engine
