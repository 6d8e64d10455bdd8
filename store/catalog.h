#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/events.h"
#include "store/projection.h"
#include "store/tables.h"

/// Projection of imports: which portfolios and inputs there are.
namespace runledger::store {

struct PortfolioRow {
  PortfolioId id;
  std::string name;
  Digest content;
  Sequence sequence{};  ///< Of the newest import.
  UtcTime imported_at{};
  std::uint32_t positions = 0;
  std::optional<double> equity;
  std::optional<Date> equity_date;
  bool deleted = false;
};

struct InputRow {
  Sequence sequence{};
  UtcTime imported_at{};
  InputIngested input;
};

/// Keeps kPortfolios and kInputs.
[[nodiscard]] std::unique_ptr<Projection> make_catalog();

/// Portfolios that are not deleted, by name.
[[nodiscard]] Result<std::vector<PortfolioRow>> list_portfolios(const TableReader& tables);
/// By id or by unique name. Errors: kNotFound.
[[nodiscard]] Result<PortfolioRow> find_portfolio(const TableReader& tables,
                                                  std::string_view id_or_name);
/// Inputs in the order in which they came.
[[nodiscard]] Result<std::vector<InputRow>> list_inputs(const TableReader& tables);
/// Sequences, in order, of every import and deletion up to `through`: what the inputs are a fold
/// of.
[[nodiscard]] Result<std::vector<Sequence>> import_sequences(const TableReader& tables,
                                                             Sequence through);
/// The input of this kind and content, if it was imported before.
[[nodiscard]] Result<std::optional<InputRow>> find_input(const TableReader& tables,
                                                         InputKind kind,
                                                         const Digest& content);

}  // namespace runledger::store
