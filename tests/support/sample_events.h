#pragma once

#include <vector>

#include "schema/events.h"

namespace runledger::testing {

/// One event of every kind, with every field set to something that is not its default; fixed for
/// ever, since golden bytes are made of them.
[[nodiscard]] std::vector<Event> sample_events();

}  // namespace runledger::testing
