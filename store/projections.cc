#include "store/projections.h"

#include "store/catalog.h"
#include "store/job_history.h"
#include "store/run_history.h"
#include "store/seals.h"
#include "store/unknown_events.h"

namespace runledger::store {

Projections make_projections() {
  Projections projections;
  projections.push_back(make_run_history());
  projections.push_back(make_job_history());
  projections.push_back(make_catalog());
  projections.push_back(make_seals());
  projections.push_back(make_unknown_events());
  return projections;
}

}  // namespace runledger::store
