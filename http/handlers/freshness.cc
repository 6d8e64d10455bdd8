#include "store/freshness.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "engine/inputs/calendar.h"
#include "http/handlers/filters.h"
#include "http/handlers/handlers.h"
#include "http/render.h"
#include "store/job_history.h"

namespace runledger::http {
namespace {

using engine::Calendar;

constexpr std::int32_t kDatesShown = 250;
// Of an answer: so many characters, and memory for as many cells.
constexpr std::size_t kCellsMax = 4'000'000;

/// Newest trading day with prices; nullopt: none have been imported.
Result<std::optional<Date>> last_priced(const ApiContext& context) {
  const auto last = context.service.last_price_date();
  if (!last && last.error().code == Code::kNotFound) {
    return std::nullopt;
  }
  RL_TRY(last);
  return *last;
}

/// Trading days from `newest` to the last one with prices.
std::optional<std::int32_t> days_behind(const std::optional<Date>& newest,
                                        const std::optional<Date>& last) {
  if (!newest || !last) {
    return std::nullopt;
  }
  const auto& calendar = Calendar::nyse();
  return std::max(0, calendar.index_on_or_before(*last) - calendar.index_on_or_before(*newest));
}

void write_newest(JsonWriter& json,
                  const std::optional<Date>& newest,
                  const std::optional<Date>& last) {
  json.key("newest_as_of");
  newest ? json.value(format_date(*newest)) : json.null();
  json.key("trading_days_behind");
  const auto behind = days_behind(newest, last);
  behind ? json.value(static_cast<std::int64_t>(*behind)) : json.null();
}

std::string_view freshness_word(const std::optional<Date>& newest,
                                const std::optional<Date>& last) {
  if (!newest) {
    return "never";
  }
  const auto behind = days_behind(newest, last).value_or(0);
  return behind == 0 ? "fresh" : (behind == 1 ? "stale" : "critical");
}

char letter_of(store::CellState state) {
  switch (state) {
    case store::CellState::kNothing:
      return '.';
    case store::CellState::kUnusable:
      return 'x';
    case store::CellState::kPartial:
      return 'p';
    case store::CellState::kLimited:
      return 'w';
    case store::CellState::kFull:
      return 'f';
  }
  return '.';
}

/// The trading days that the call is about; none if nothing says which and there are no prices.
std::expected<std::vector<Date>, Problem> dates_of(const Arguments& arguments,
                                                   const std::optional<Date>& last) {
  const auto& calendar = Calendar::nyse();
  const auto to = arguments.date("to") ? arguments.date("to") : last;
  auto from = arguments.date("from");
  if (!to) {
    if (from) {
      return refuse(422, "missing_parameter",
                    "parameter 'to' is needed: there are no prices to end with");
    }
    return std::vector<Date>{};
  }
  for (const auto& date : {from, to}) {
    if (date && (*date < calendar.first() || *date > calendar.last())) {
      return refuse(
          422, "invalid_range",
          fmt::format("{} is not within the trading calendar, {} to {}", format_date(*date),
                      format_date(calendar.first()), format_date(calendar.last())));
    }
  }
  if (!from) {
    const auto index = calendar.index_on_or_before(*to);
    from = calendar.date_at(std::max(0, index - kDatesShown + 1));
  }
  if (*from > *to) {
    return refuse(
        422, "invalid_range",
        fmt::format("'from', {}, is after 'to', {}", format_date(*from), format_date(*to)));
  }
  return calendar.sessions(*from, *to);
}

std::expected<std::vector<store::PortfolioRow>, Problem> portfolios_of(const ApiContext& context,
                                                                       const Arguments& arguments) {
  std::vector<store::PortfolioRow> rows;
  const auto wanted = arguments.texts("portfolio_id");
  if (wanted.empty()) {
    RL_TRY_PROBLEM(rows, store::list_portfolios(context.service.log().tables()));
    return rows;
  }
  for (const auto& name : wanted) {
    RL_TRY_PROBLEM(auto row, find_portfolio(context, name));
    if (std::ranges::find(rows, row.id, &store::PortfolioRow::id) == rows.end()) {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

Status write_portfolios(JsonWriter& json,
                        const store::TableReader& tables,
                        const std::vector<store::PortfolioRow>& portfolios,
                        const store::FreshnessGrid& grid,
                        const std::optional<Date>& last) {
  json.key("portfolios").begin_array();
  for (std::size_t row = 0; row < portfolios.size(); ++row) {
    const auto& cells = grid.rows[row];
    RL_TRY_ASSIGN(const auto newest, store::newest_usable_date(tables, portfolios[row].id));
    json.begin_object();
    json.field("id", to_string(portfolios[row].id));
    json.field("name", portfolios[row].name);
    write_newest(json, newest, last);
    json.field("fresh", freshness_word(newest, last));
    const auto complete = std::ranges::count_if(
        cells, [](store::CellState state) { return state >= store::CellState::kLimited; });
    json.key("coverage");
    cells.empty()
        ? json.null()
        : json.value(rounded(static_cast<double>(complete) / static_cast<double>(cells.size()), 4));
    json.end_object();
  }
  json.end_array();
  json.key("cells").begin_array();
  std::string letters;
  for (const auto& cells : grid.rows) {
    letters.resize(cells.size());
    std::ranges::transform(cells, letters.begin(), letter_of);
    json.value(letters);
  }
  json.end_array();
  return {};
}

Outcome show_freshness(const ApiContext& context, const Call& call) {
  RL_TRY_ASSIGN(const auto last, last_priced(context));
  RL_TRY_PROBLEM(const auto dates, dates_of(call.arguments, last));
  RL_TRY_PROBLEM(const auto portfolios, portfolios_of(context, call.arguments));
  if (dates.size() * portfolios.size() > kCellsMax) {
    return refuse(422, "too_many_cells",
                  fmt::format("{} portfolios by {} dates are more than {} cells: ask for fewer",
                              portfolios.size(), dates.size(), kCellsMax));
  }
  const auto& log = context.service.log();
  const Sequence as_of = log.committed();
  std::vector<PortfolioId> ids;
  std::ranges::transform(portfolios, std::back_inserter(ids), &store::PortfolioRow::id);
  RL_TRY_ASSIGN(const auto grid, store::freshness_grid(log.tables(), ids, dates));
  JsonWriter json;
  json.begin_object();
  json.key("from");
  dates.empty() ? json.null() : json.value(format_date(dates.front()));
  json.key("to");
  dates.empty() ? json.null() : json.value(format_date(dates.back()));
  json.field("as_of_sequence", raw(as_of));
  json.key("dates").begin_array();
  for (const auto date : dates) {
    json.value(format_date(date));
  }
  json.end_array();
  json.key("job_types").begin_array();
  for (const auto type : kAllJobTypes) {
    json.value(to_string(type));
  }
  json.end_array();
  RL_TRY(write_portfolios(json, log.tables(), portfolios, grid, last));
  json.end_object();
  return json_response(json.take());
}

/// Newest as-of date by type: market_data_update belongs to no portfolio.
Result<std::map<JobType, Date>> newest_dates(const store::TableReader& tables,
                                             const PortfolioId& portfolio,
                                             const std::vector<JobType>& types) {
  std::vector<JobType> own;
  std::ranges::copy_if(types, std::back_inserter(own),
                       [](JobType type) { return type != JobType::kMarketDataUpdate; });
  RL_TRY_ASSIGN(auto newest, store::newest_results(tables, portfolio, own));
  if (own.size() != types.size()) {
    RL_TRY_ASSIGN(const auto market,
                  store::newest_results(tables, PortfolioId{}, {JobType::kMarketDataUpdate}));
    newest.insert(newest.end(), market.begin(), market.end());
  }
  std::map<JobType, Date> dates;
  for (const auto& result : newest) {
    dates.emplace(result.type, result.as_of);
  }
  return dates;
}

Outcome show_last_success(const ApiContext& context, const Call& call) {
  RL_TRY_PROBLEM(const auto row,
                 find_past_portfolio(context, call.arguments.text("portfolio").value_or("")));
  std::vector<JobType> types(kAllJobTypes.begin(), kAllJobTypes.end());
  if (const auto type = call.arguments.job_type("job_type")) {
    types = {*type};
  }
  const auto& tables = context.service.log().tables();
  RL_TRY_ASSIGN(const auto last, last_priced(context));
  RL_TRY_ASSIGN(const auto newest, newest_dates(tables, row.id, types));
  const PortfolioNames names{{row.id, row.name}};
  JsonWriter json;
  json.begin_object();
  json.field("portfolio", row.name);
  json.field("portfolio_id", to_string(row.id));
  json.key("job_types").begin_array();
  for (const auto type : types) {
    const store::JobFilter filter{
        .portfolio = type == JobType::kMarketDataUpdate ? PortfolioId{} : row.id,
        .type = type,
        .statuses = {JobStatus::kSucceeded, JobStatus::kSucceededWithWarnings}};
    RL_TRY_ASSIGN(const auto page, store::list_jobs(tables, filter, std::nullopt, 1));
    json.begin_object();
    json.field("job_type", to_string(type));
    json.key("last_success");
    if (page.rows.empty()) {
      json.null();
    } else {
      write_job(json, page.rows.front(), names);
    }
    const auto date = newest.find(type);
    write_newest(json, date == newest.end() ? std::nullopt : std::optional(date->second), last);
    json.end_object();
  }
  json.end_array().end_object();
  return json_response(json.take());
}

}  // namespace

void add_freshness_routes(Router& router, const ApiContext& context) {
  auto portfolios = portfolio_parameter();
  portfolios.repeated = true;
  router.add({.path = "/api/v1/portfolios/freshness",
              .operation = "showFreshness",
              .tag = "portfolios",
              .summary = "What there is of the results of each portfolio as of each trading day.",
              .parameters = {{.name = "from",
                              .type = ParameterType::kDate,
                              .description = "First date; default: 250 trading days up to 'to'."},
                             {.name = "to",
                              .type = ParameterType::kDate,
                              .description = "Last date; default: the last one with prices."},
                             portfolios},
              .responses = {{200,
                             "The grid.",
                             {{"from", "string|null"},
                              {"to", "string|null"},
                              {"as_of_sequence", "integer"},
                              {"dates", "array"},
                              {"job_types", "array"},
                              {"portfolios", "array"},
                              {"cells", "array"}}}},
              .handler = [context](const Call& call) { return show_freshness(context, call); }});
  router.add({.path = "/api/v1/portfolios/{portfolio}/last-success",
              .operation = "showLastSuccess",
              .tag = "portfolios",
              .summary = "The newest job of each type that succeeded, and how far it is behind.",
              .parameters = {{.name = "portfolio",
                              .type = ParameterType::kText,
                              .description = "Id or unique name.",
                              .required = true},
                             job_type_parameter()},
              .responses =
                  {{200,
                    "By job type.",
                    {{"portfolio", "string"}, {"portfolio_id", "string"}, {"job_types", "array"}}}},
              .handler = [context](const Call& call) { return show_last_success(context, call); }});
}

}  // namespace runledger::http
