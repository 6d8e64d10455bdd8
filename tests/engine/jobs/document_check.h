#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/job.h"

/// What every document of every job must be like, whatever the data (formulas.md section 0).
namespace runledger::engine::test {

/// What is wrong with `document`, one sentence each, with the path of the member; empty if nothing.
///
/// Every number is finite; every null member `x` has a sibling `x_reason` out of the fixed list,
/// and no reason stands beside a value; no array holds a null; shares lie in 0..1, correlations in
/// -1..1, an expected shortfall is not below its value at risk, and so on.
/// @param name  begins each path, for people.
[[nodiscard]] std::vector<std::string> find_faults(const nlohmann::json& document,
                                                   const std::string& name);

/// The documents of all jobs of a portfolio as of a date, by job name.
[[nodiscard]] std::map<std::string, nlohmann::json> run_all_jobs(const Calculation& calculation,
                                                                 const PortfolioId& portfolio,
                                                                 Date as_of);

/// Runs all jobs and gives the faults of all documents.
[[nodiscard]] std::vector<std::string> faults_of_all_jobs(const Calculation& calculation,
                                                          const PortfolioId& portfolio,
                                                          Date as_of);

}  // namespace runledger::engine::test
