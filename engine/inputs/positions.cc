#include "engine/inputs/positions.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <span>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "engine/inputs/duplicates.h"
#include "engine/inputs/fields.h"
#include "engine/inputs/option_terms.h"
#include "engine/inputs/row_checks.h"

namespace runledger::engine {
namespace {

enum Column : std::size_t {
  kSymbol,
  kQuantity,
  kEntryPrice,
  kEntryDate,
  kClass,
  kSubtype,
  kUnderlying,
  kStrike,
  kExpiration,
  kOptionType,
  kExitDate,
  kExitPrice,
  kMultiplier,
  kOptionStyle,
  kTags,
};
constexpr std::array<CsvColumn, 15> kColumns = {{
    {.name = "Symbol", .required = true},
    {.name = "Quantity", .required = true},
    {.name = "Entry Price Per Share", .required = true},
    {.name = "Entry Date", .required = true},
    {.name = "Investment Class"},
    {.name = "Investment Subtype"},
    {.name = "Underlying Symbol"},
    {.name = "Strike Price"},
    {.name = "Expiration Date"},
    {.name = "Option Type"},
    {.name = "Exit Date"},
    {.name = "Exit Price Per Share"},
    {.name = "Multiplier"},
    {.name = "Option Style"},
    {.name = "Tags"},
}};
constexpr CsvLayout kLayout = {.columns = kColumns, .bytes_max = kPositionsFileBytesMax};

constexpr std::array<Column, 5> kOptionColumns = {kUnderlying, kStrike, kExpiration, kOptionType,
                                                  kOptionStyle};

constexpr std::array<std::string_view, 5> kPublicSubtypes = {"STOCK", "ETF", "MUTUAL_FUND", "BOND",
                                                             "CASH"};
constexpr std::array<std::string_view, 2> kOptionSubtypes = {"CALL", "PUT"};
constexpr std::array<std::string_view, 13> kPrivateSubtypes = {
    "PRIVATE_EQUITY", "VENTURE_CAPITAL", "HEDGE_FUND", "PRIVATE_REIT", "REAL_ESTATE",
    "CRYPTOCURRENCY", "CRYPTO",          "ART",        "MONEY_MARKET", "TREASURY_BILLS",
    "CASH",           "COMMODITY",       "OTHER"};

constexpr int kDecimalsMax = 6;
constexpr double kOptionMultiplier = 100;
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kTagLengthMax = 100;
constexpr std::chrono::years kAgeMax{100};
constexpr std::string_view kCashPrefix = "CASH_";

constexpr NumberCodes kStrikeCodes = {.malformed = "ERR_POS_020", .out_of_range = "ERR_POS_020"};
constexpr NumberCodes kMultiplierCodes = {.malformed = "ERR_POS_029",
                                          .out_of_range = "ERR_POS_029"};
constexpr NumberLimits kMultiplierLimits = {.least = 0, .least_allowed = false, .most = 1e6};
constexpr DateCodes kEntryDateCodes = {
    .malformed = "ERR_POS_013", .future = "ERR_POS_014", .not_session = nullptr};
constexpr DateCodes kExitDateCodes = {
    .malformed = "ERR_POS_013", .future = "ERR_POS_028", .not_session = nullptr};

std::span<const std::string_view> subtypes_of(InvestmentClass of) {
  switch (of) {
    case InvestmentClass::kPublic:
      return kPublicSubtypes;
    case InvestmentClass::kOptions:
      return kOptionSubtypes;
    case InvestmentClass::kPrivate:
      return kPrivateSubtypes;
  }
  return {};
}

std::string_view name_of(InvestmentClass of) {
  switch (of) {
    case InvestmentClass::kPublic:
      return "PUBLIC";
    case InvestmentClass::kOptions:
      return "OPTIONS";
    case InvestmentClass::kPrivate:
      return "PRIVATE";
  }
  return {};
}

// Reads one row after another; what it cannot read it reports through RowChecks.
class PositionReader {
 public:
  PositionReader(RowChecks& checks, Date oldest_entry)
      : checks_(checks), oldest_entry_(oldest_entry) {}

  Position read() {
    Position position;
    position.line = checks_.line();
    const auto investment_class = read_class();
    position.investment_class = investment_class.value_or(InvestmentClass::kPublic);
    position.symbol = read_symbol(position.is_option());
    position.quantity = read_quantity();
    position.entry_price = read_entry_price();
    const auto entry = read_entry_date();
    position.entry_date = entry.value_or(Date{});
    if (investment_class) {
      position.subtype = read_subtype(*investment_class);
      if (position.is_option()) {
        read_option(position, entry);
      } else {
        refuse_option_columns(*investment_class);
      }
    }
    read_exit(position, entry);
    read_extras(position);
    return position;
  }

 private:
  [[nodiscard]] bool blank(Column column) const { return checks_.text(column).empty(); }

  std::optional<InvestmentClass> read_class() {
    const std::string_view text = checks_.text(kClass);
    if (text.empty()) {
      if (std::ranges::any_of(kOptionColumns, [this](Column c) { return !blank(c); })) {
        return InvestmentClass::kOptions;
      }
      const bool cash =
          equals_ignoring_case(checks_.text(kSymbol).substr(0, kCashPrefix.size()), kCashPrefix);
      return cash ? InvestmentClass::kPrivate : InvestmentClass::kPublic;
    }
    for (const auto candidate :
         {InvestmentClass::kPublic, InvestmentClass::kOptions, InvestmentClass::kPrivate}) {
      if (equals_ignoring_case(text, name_of(candidate))) {
        return candidate;
      }
    }
    checks_.error("ERR_POS_016", kClass,
                  fmt::format("{} must be PUBLIC, OPTIONS or PRIVATE.", shown(text)));
    return std::nullopt;
  }

  std::string read_symbol(bool is_option) {
    const std::string_view text = checks_.text(kSymbol);
    if (text.empty()) {
      if (!is_option || blank(kUnderlying)) {
        checks_.error("ERR_POS_001", kSymbol,
                      "The symbol is missing. Only an option may leave it blank and name its "
                      "underlying.");
      }
      return {};
    }
    return checks_.symbol(kSymbol, text.size() > kSymbolLengthMax ? "ERR_POS_002" : "ERR_POS_003");
  }

  double read_quantity() {
    const std::string_view text = checks_.text(kQuantity);
    if (text.empty()) {
      checks_.error("ERR_POS_004", kQuantity, "The quantity is missing.");
      return 0;
    }
    const auto value = parse_number(text);
    if (!value) {
      checks_.error("ERR_POS_005", kQuantity, fmt::format("{} is not a number.", shown(text)));
    } else if (*value == 0.0) {
      checks_.error("ERR_POS_006", kQuantity, "The quantity is zero.");
    } else if (std::abs(*value) > kAmountMax) {
      too_large(kQuantity);
    } else if (decimal_places(text) > kDecimalsMax) {
      checks_.error("ERR_POS_007", kQuantity,
                    fmt::format("{} has more than {} decimals.", shown(text), kDecimalsMax));
    }
    return value.value_or(0.0);
  }

  double read_entry_price() {
    const std::string_view text = checks_.text(kEntryPrice);
    if (text.empty()) {
      checks_.error("ERR_POS_008", kEntryPrice, "The entry price is missing.");
      return 0;
    }
    const auto value = parse_number(text);
    if (!value) {
      checks_.error("ERR_POS_009", kEntryPrice, fmt::format("{} is not a number.", shown(text)));
    } else if (*value <= 0.0) {
      checks_.error("ERR_POS_010", kEntryPrice, "The entry price must be more than 0.");
    } else if (*value > kAmountMax) {
      too_large(kEntryPrice);
    } else if (decimal_places(text) > kDecimalsMax) {
      checks_.error("ERR_POS_011", kEntryPrice,
                    fmt::format("{} has more than {} decimals.", shown(text), kDecimalsMax));
    }
    return value.value_or(0.0);
  }

  void too_large(Column column) {
    checks_.error("ERR_POS_033", column,
                  fmt::format("{} is larger than {}.", shown(checks_.text(column)), kAmountMax));
  }

  std::optional<Date> read_entry_date() {
    if (blank(kEntryDate)) {
      checks_.error("ERR_POS_012", kEntryDate, "The entry date is missing.");
      return std::nullopt;
    }
    const auto date = checks_.date(kEntryDate, kEntryDateCodes);
    if (date && *date < oldest_entry_) {
      checks_.error(
          "ERR_POS_015", kEntryDate,
          fmt::format("{} lies more than {} years back.", format_date(*date), kAgeMax.count()));
    }
    return date;
  }

  std::string read_subtype(InvestmentClass of) {
    const std::string_view text = checks_.text(kSubtype);
    if (text.empty()) {
      return default_subtype(of);
    }
    const std::string upper = to_upper(text);
    const auto allowed = subtypes_of(of);
    if (std::ranges::find(allowed, upper) == allowed.end()) {
      checks_.error("ERR_POS_017", kSubtype,
                    fmt::format("{} is not a subtype of {}: use {}.", shown(text), name_of(of),
                                fmt::join(allowed, ", ")));
    }
    return upper;
  }

  [[nodiscard]] std::string default_subtype(InvestmentClass of) const {
    switch (of) {
      case InvestmentClass::kPublic:
        return "STOCK";
      case InvestmentClass::kOptions:
        return {};
      case InvestmentClass::kPrivate:
        return equals_ignoring_case(checks_.text(kSymbol).substr(0, kCashPrefix.size()),
                                    kCashPrefix)
                   ? "CASH"
                   : "OTHER";
    }
    return {};
  }

  void read_option(Position& position, std::optional<Date> entry) {
    if (blank(kUnderlying)) {
      checks_.error("ERR_POS_019", kUnderlying, "The option has no underlying symbol.");
    } else {
      position.underlying = checks_.symbol(kUnderlying, "ERR_POS_019");
    }
    if (blank(kStrike)) {
      checks_.error("ERR_POS_020", kStrike, "The option has no strike.");
    }
    position.strike = checks_.number(kStrike, kStrikeCodes, kPositiveAmount).value_or(0.0);
    const auto expiration = parse_expiration(checks_.text(kExpiration));
    if (!expiration) {
      checks_.error("ERR_POS_021", kExpiration, expiration.error());
    } else if (entry && *expiration < *entry) {
      checks_.error("ERR_POS_026", kExpiration,
                    fmt::format("The option expired before its entry on {}.", format_date(*entry)));
    }
    position.expiration = expiration.value_or(Date{});
    read_right(position);
    if (!blank(kOptionStyle)) {
      const auto style = parse_style(checks_.text(kOptionStyle));
      if (!style) {
        checks_.error(
            "ERR_POS_030", kOptionStyle,
            fmt::format("{} must be AMERICAN or EUROPEAN.", shown(checks_.text(kOptionStyle))));
      }
      position.style = style.value_or(OptionStyle::kAmerican);
    }
  }

  void read_right(Position& position) {
    const auto right = parse_right(checks_.text(kOptionType));
    if (!right) {
      checks_.error(
          "ERR_POS_022", kOptionType,
          fmt::format("The option type {} must be CALL or PUT.", shown(checks_.text(kOptionType))));
      return;
    }
    position.right = *right;
    const std::string_view expected = *right == OptionRight::kCall ? "CALL" : "PUT";
    if (position.subtype.empty()) {
      position.subtype = expected;
    } else if (position.subtype != expected && parse_right(position.subtype)) {
      checks_.error("ERR_POS_027", kSubtype,
                    fmt::format("The subtype {} contradicts the option type {}.", position.subtype,
                                expected));
    }
  }

  void refuse_option_columns(InvestmentClass of) {
    for (const Column column : kOptionColumns) {
      if (!blank(column)) {
        checks_.error("ERR_POS_031", column,
                      fmt::format("Only an option may have this; the class is {}.", name_of(of)));
      }
    }
  }

  void read_exit(Position& position, std::optional<Date> entry) {
    if (!blank(kExitDate)) {
      position.exit_date = checks_.date(kExitDate, kExitDateCodes);
      if (position.exit_date && entry && *position.exit_date < *entry) {
        checks_.error("ERR_POS_018", kExitDate,
                      fmt::format("The exit lies before the entry on {}.", format_date(*entry)));
      }
    }
    if (!blank(kExitPrice)) {
      position.exit_price = read_exit_price();
      if (blank(kExitDate)) {
        checks_.error("ERR_POS_025", kExitDate, "There is an exit price but no exit date.");
      }
    } else if (position.exit_date) {
      checks_.note("NOTE_POS_001", kExitPrice,
                   "There is no exit price: the close of the exit date is used.");
    }
  }

  std::optional<double> read_exit_price() {
    const std::string_view text = checks_.text(kExitPrice);
    const auto value = parse_number(text);
    if (!value) {
      checks_.error("ERR_POS_024", kExitPrice, fmt::format("{} is not a number.", shown(text)));
    } else if (*value < 0.0) {
      checks_.error("ERR_POS_024", kExitPrice, "The exit price must not be negative.");
    } else if (*value > kAmountMax) {
      too_large(kExitPrice);
    } else if (decimal_places(text) > kDecimalsMax) {
      checks_.error("ERR_POS_024", kExitPrice,
                    fmt::format("{} has more than {} decimals.", shown(text), kDecimalsMax));
    }
    return value;
  }

  void read_extras(Position& position) {
    position.multiplier = checks_.number(kMultiplier, kMultiplierCodes, kMultiplierLimits)
                              .value_or(position.is_option() ? kOptionMultiplier : 1.0);
    std::string_view rest = checks_.text(kTags);
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      add_tag(position.tags, trim(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (position.tags.size() > kTagsMax) {
      checks_.error("ERR_POS_032", kTags, fmt::format("There are more than {} tags.", kTagsMax));
    }
  }

  void add_tag(std::vector<std::string>& tags, std::string_view tag) {
    if (tag.empty() || std::ranges::find(tags, tag) != tags.end()) {
      return;
    }
    if (count_characters(tag) > kTagLengthMax || has_control_character(tag)) {
      checks_.error("ERR_POS_032", kTags,
                    fmt::format("The tag {} must be a single line of at most {} characters.",
                                shown(tag), kTagLengthMax));
      return;
    }
    tags.emplace_back(tag);
  }

  RowChecks& checks_;
  Date oldest_entry_;
};

Date years_before(Date date, std::chrono::years age) {
  const std::chrono::year_month_day then = std::chrono::year_month_day{date} - age;
  return then.ok() ? Date{then} : Date{then.year() / then.month() / std::chrono::last};
}

// Two lots of one purchase that were sold on different days are two positions.
auto key_of(const Position& position) {
  return std::tuple(std::string_view(position.is_option() ? position.underlying : position.symbol),
                    position.entry_date, position.is_option(), position.strike, position.expiration,
                    position.right, position.exit_date);
}

}  // namespace

Parsed<std::vector<Position>> parse_positions(std::string_view text, const EntryDates& allowed) {
  Parsed<std::vector<Position>> parsed;
  std::vector<std::uint32_t> lines;
  IssueLog log;
  RowChecks checks(kLayout, allowed.newest, log);
  PositionReader reader(checks, allowed.oldest);

  parsed.data_rows = read_csv(text, kLayout, log, [&](const CsvRow& cells) {
    checks.begin(cells, cells.values[kSymbol].empty() ? kUnderlying : kSymbol);
    Position position = reader.read();
    if (checks.ok()) {
      parsed.rows.push_back(std::move(position));
      lines.push_back(cells.line);
    }
  });

  find_duplicates(
      parsed.rows, lines, key_of,
      [&](const Position& position, std::uint32_t line, std::uint32_t first) {
        const std::string& name = position.is_option() ? position.underlying : position.symbol;
        log.error({.line = line,
                   .symbol = name,
                   .code = "ERR_POS_023",
                   .message = fmt::format("{} entered on {} is in line {} already{}. Add the lots "
                                          "up.",
                                          name, format_date(position.entry_date), first,
                                          position.is_option() ? " with the same terms" : ""),
                   .field = "Symbol"});
      });
  log.finish(parsed);
  return parsed;
}

Parsed<std::vector<Position>> parse_positions(std::string_view text, Date today) {
  return parse_positions(text, EntryDates{.oldest = years_before(today, kAgeMax), .newest = today});
}

}  // namespace runledger::engine
