#include "engine/snapshot_source.h"

#include "store/job_history.h"

namespace runledger::engine {

std::shared_ptr<const std::string> load_snapshot_of_run(const store::EventLog& log,
                                                        const RunId& run,
                                                        const PortfolioId& portfolio,
                                                        Date as_of) {
  const auto latest = store::latest_results(log.tables(), portfolio, as_of);
  if (!latest) {
    return nullptr;
  }
  for (const auto& result : *latest) {
    if (result.type == JobType::kPortfolioSnapshot && result.run == run &&
        !result.result_hash.is_nil()) {
      auto document = log.blob(store::BlobKind::kResult, result.result_hash);
      return document ? std::make_shared<const std::string>(std::move(*document)) : nullptr;
    }
  }
  return nullptr;
}

}  // namespace runledger::engine
