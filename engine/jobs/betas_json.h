#pragma once

#include <string>
#include <string_view>

namespace runledger::engine {

struct SymbolBetas;

/// The member of factor_analysis.symbols for one symbol: `"SYMBOL":{...}`;
/// empty if a number is not finite.
[[nodiscard]] std::string render_betas(std::string_view symbol, const SymbolBetas& betas);

}  // namespace runledger::engine
