#pragma once

#include <memory>
#include <string>

#include "schema/events.h"
#include "store/event_log.h"

namespace runledger::engine {

/// The portfolio_snapshot document that `run` committed as of `as_of`; null if it did not.
[[nodiscard]] std::shared_ptr<const std::string> load_snapshot_of_run(const store::EventLog& log,
                                                                      const RunId& run,
                                                                      const PortfolioId& portfolio,
                                                                      Date as_of);

}  // namespace runledger::engine
