#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/inputs/parameters.h"
#include "schema/ids.h"
#include "schema/time.h"

/// The imported files as plain values: one struct a row (formulas.md section 12).
namespace runledger::engine {

struct PriceRow {
  std::string symbol;
  Date date{};
  std::optional<double> open, high, low;  ///< Money a share.
  double close = 0;                       ///< Money a share, > 0.
  std::optional<double> volume;           ///< Shares.
  std::optional<double> adj_close;        ///< Adjusted for splits and dividends.
};

/// Maturities of the Treasury yield columns, in years.
inline constexpr std::array<double, 11> kTenorYears = {1.0 / 12, 0.25, 0.5, 1,  2, 3,
                                                       5,        7,    10,  20, 30};
inline constexpr std::array<const char*, 11> kTenorColumns = {"DGS1MO", "DGS3MO", "DGS6MO", "DGS1",
                                                              "DGS2",   "DGS3",   "DGS5",   "DGS7",
                                                              "DGS10",  "DGS20",  "DGS30"};

struct RateRow {
  Date date{};
  std::array<std::optional<double>, kTenorYears.size()> percent;  ///< Par yield, percent a year.
};

struct SectorRow {
  std::string symbol;
  std::string sector;
  std::string name;
};

enum class OptionRight : std::uint8_t { kCall, kPut };
enum class OptionStyle : std::uint8_t { kAmerican, kEuropean };

struct QuoteRow {
  Date date{};
  std::string underlying;
  Date expiration{};
  double strike = 0;
  OptionRight right{};
  std::optional<double> bid, ask;  ///< Money a share of the underlying.
  std::optional<double> iv;        ///< Volatility a year, 0.25 = 25 %.
};

struct SplitRow {
  std::string symbol;
  Date ex_date{};
  double ratio = 1;  ///< New shares for one old share.
};

struct DividendRow {
  std::string symbol;
  Date ex_date{};
  double amount = 0;  ///< Money a share, in the shares of the ex-date.
};

struct FlowRow {
  std::string portfolio;  ///< Name or id.
  Date date{};
  double amount = 0;  ///< Money; + in, - out.
};

enum class InvestmentClass : std::uint8_t { kPublic, kOptions, kPrivate };

struct Position {
  std::uint32_t line = 0;  ///< In its file, from 1; the header is line 1 if nothing is before it.
  std::string symbol;      ///< Empty for an option that was given by its terms only.
  double quantity = 0;     ///< Signed: short is negative. Shares or contracts.
  double entry_price = 0;  ///< Money a share.
  Date entry_date{};
  InvestmentClass investment_class{};
  std::string subtype;
  std::string underlying;  ///< Options only.
  double strike = 0;       ///< Options only.
  Date expiration{};       ///< Options only.
  OptionRight right{};     ///< Options only.
  OptionStyle style = OptionStyle::kAmerican;
  std::optional<Date> exit_date;
  std::optional<double> exit_price;
  double multiplier = 1;  ///< 100 for an option unless the file says otherwise.
  std::vector<std::string> tags;

  [[nodiscard]] bool is_option() const noexcept {
    return investment_class == InvestmentClass::kOptions;
  }
};

struct Portfolio {
  PortfolioId id;
  std::string name;
  Digest content;  ///< Of the positions file.
  std::vector<Position> positions;
  std::optional<double> equity;     ///< Money.
  std::optional<Date> equity_date;  ///< The first snapshot is of this date.
};

/// All inputs of a run, parsed, in the order of import. A later row of the same key replaces an
/// earlier one (prices: symbol and date; rates: date; sectors: symbol; quotes: contract and date;
/// splits and dividends: symbol and ex-date; parameters: name; flows: portfolio, date: a later file
/// replaces the flows of an earlier file for the portfolios that it names).
struct InputRows {
  std::vector<PriceRow> prices;
  std::vector<RateRow> rates;
  std::vector<SectorRow> sectors;
  std::vector<QuoteRow> quotes;
  std::vector<SplitRow> splits;
  std::vector<DividendRow> dividends;
  std::vector<FlowRow> flows;
  std::vector<ParameterRow> parameters;
  std::vector<Portfolio> portfolios;
  Digest hash;  ///< Of the contents and their order.
};

}  // namespace runledger::engine
