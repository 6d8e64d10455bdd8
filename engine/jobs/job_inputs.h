#pragma once

#include <vector>

#include "engine/inputs/parameters.h"
#include "engine/job.h"
#include "engine/jobs/book.h"
#include "engine/jobs/context.h"
#include "engine/jobs/day.h"
#include "schema/json_writer.h"

/// What the result of a job depends on, beside the formulas and the numerics profile.
namespace runledger::engine {

/// Writes `formula_version` and `parameters`, those that the job uses, into the open object.
void write_basis(JsonWriter& json, JobType type, const Parameters& parameters);

/// Whether the job computes with the factor funds.
[[nodiscard]] bool reads_factors(JobType type);

/// Hash of everything that the result of a portfolio job depends on; nothing is calculated. Equal
/// hashes mean equal documents, warnings and qualities (with equal formula versions and profiles).
/// Cost: the digests that nobody asked for before, about 20 us a symbol; else 1 us.
[[nodiscard]] Digest input_hash(const Context& context, const JobSpec& spec);

/// The same for market_data_update.
[[nodiscard]] Digest market_input_hash(const std::vector<Book>& books, const Day& day);

/// Symbols of active positions of any book, and the factor funds; ascending.
[[nodiscard]] std::vector<SymbolId> needed_symbols(const std::vector<Book>& books, const Day& day);
/// Whether market data must have a price of the holding's underlying.
[[nodiscard]] bool needs_price(const Holding& holding, Session session) noexcept;

}  // namespace runledger::engine
