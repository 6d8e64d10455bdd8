#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "http/target.h"
#include "tools/commands/commands.h"
#include "tools/table.h"

namespace runledger::tools {
namespace {

using Json = nlohmann::ordered_json;

std::string cell(const Json& value) {
  if (value.is_null()) {
    return "-";
  }
  if (value.is_array()) {
    return fmt::format("{} entries", value.size());
  }
  if (value.is_object()) {
    return fmt::format("{} members", value.size());
  }
  if (value.is_number_float()) {
    return fmt::format("{:.6g}", value.get<double>());
  }
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// The numbers at the top of a result; the rest is for --json.
void print_result(const std::string& type, const Json& result) {
  print("\n" + type + "\n");
  Table table({{"FIELD"}, {"VALUE", Align::kRight}, {"WHY NOT"}});
  for (const auto& [name, value] : result.items()) {
    const auto reason = result.find(name + "_reason");
    if (name.ends_with("_reason") && result.contains(name.substr(0, name.size() - 7))) {
      continue;
    }
    table.add({name, cell(value), reason == result.end() ? "" : cell(*reason)});
  }
  print(table.to_text());
}

}  // namespace

Exit results(Session& session, const ResultsOptions& options) {
  const auto body = session.get(
      fmt::format("/api/v1/portfolios/{}/results", http::percent_encode(options.portfolio)),
      {{"as_of", options.as_of}, {"job_type", options.job}});
  if (!body) {
    return std::unexpected(body.error());
  }
  if (session.options().json) {
    print(*body + "\n");
    return kExitDone;
  }
  const auto answer = parse_body(*body);
  if (!answer) {
    return std::unexpected(answer.error());
  }
  print(fmt::format("{} as of {}, run {}\n", answer->value("portfolio", ""),
                    answer->value("as_of", ""), answer->value("run_id", "")));
  for (const auto& [type, result] : answer->at("results").items()) {
    print_result(type, result);
  }
  return kExitDone;
}

Exit portfolios(Session& session, const PortfoliosOptions& /*options*/) {
  const auto body = session.get("/api/v1/portfolios");
  if (!body) {
    return std::unexpected(body.error());
  }
  if (session.options().json) {
    print(*body + "\n");
    return kExitDone;
  }
  const auto answer = parse_body(*body);
  if (!answer) {
    return std::unexpected(answer.error());
  }
  Table table({{"PORTFOLIO"},
               {"ID"},
               {"POSITIONS", Align::kRight},
               {"EQUITY", Align::kRight},
               {"EQUITY OF"}});
  for (const auto& row : answer->at("portfolios")) {
    table.add(
        {cell(row.at("name")), cell(row.at("id")), cell(row.at("positions")),
         row.at("equity").is_number() ? fmt::format("{:.2f}", row.at("equity").get<double>()) : "-",
         cell(row.at("equity_date"))});
  }
  print(table.to_text());
  return kExitDone;
}

}  // namespace runledger::tools
