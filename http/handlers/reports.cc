#include <fmt/format.h>

#include "http/handlers/handlers.h"
#include "http/render.h"
#include "http/report/collect.h"
#include "http/report/render.h"
#include "http/report/sections.h"

namespace runledger::http {
namespace {

// A name for the file in ASCII: what is not a letter or digit becomes a dash.
std::string file_name(const report::Report& report, std::string_view extension) {
  std::string name;
  for (const char c : report.portfolio) {
    const bool is_plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (is_plain) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  return fmt::format("{}{}{}.{}", name, name.ends_with('-') ? "" : "-", report.as_of, extension);
}

Response respond(const report::Report& report, std::string_view format) {
  Response response;
  // A page is read at once, what is for programs is kept as a file.
  std::string_view disposition = "attachment";
  if (format == "json") {
    response.body = report::to_json(report);
    response.content_type = "application/json";
  } else if (format == "csv") {
    response.body = report::to_csv(report);
    response.content_type = "text/csv; charset=utf-8";
  } else if (format == "md") {
    response.body = report::to_markdown(report);
    response.content_type = "text/markdown; charset=utf-8";
  } else {
    auto page = report::to_html(report);
    response.body = std::move(page.html);
    response.content_type = "text/html; charset=utf-8";
    response.headers = {{"Content-Security-Policy", std::move(page.content_security_policy)},
                        {"Referrer-Policy", "no-referrer"}};
    disposition = "inline";
  }
  response.headers.push_back({"Content-Disposition", fmt::format("{}; filename=\"{}\"", disposition,
                                                                 file_name(report, format))});
  return response;
}

Outcome show_report(const ApiContext& context, const Call& call) {
  const auto& arguments = call.arguments;
  RL_TRY_PROBLEM(const auto row,
                 find_past_portfolio(context, arguments.text("portfolio").value_or("")));
  auto as_of = arguments.date("as_of");
  if (!as_of) {
    RL_TRY_ASSIGN(as_of, newest_result_date(context, row.id, std::nullopt));
  }
  if (!as_of) {
    return refuse(404, "no_results", fmt::format("portfolio {} has no result", row.name));
  }
  const auto material = report::collect(context.service.log(), row, *as_of);
  if (!material) {
    return std::unexpected(with_code(material.error(), 404, "no_results"));
  }
  return respond(report::make_report(*material), arguments.text("format").value_or("html"));
}

}  // namespace

void add_report_routes(Router& router, const ApiContext& context) {
  router.add({.path = "/api/v1/portfolios/{portfolio}/report",
              .operation = "showReport",
              .tag = "portfolios",
              .summary = "The risk report of a portfolio: a page, or the same for programs.",
              .parameters = {{.name = "portfolio",
                              .type = ParameterType::kText,
                              .description = "Id or unique name.",
                              .required = true},
                             {.name = "as_of",
                              .type = ParameterType::kDate,
                              .description = "Default: the newest date that has results."},
                             {.name = "format",
                              .type = ParameterType::kChoice,
                              .description = "Default: html.",
                              .choices = {"html", "md", "json", "csv"}}},
              .responses = {{200, "The report.", {}, "text/html"},
                            {200, "The report.", {}, "text/markdown"},
                            {200, "The report.", {}, "text/csv"},
                            {200,
                             "The report.",
                             {{"report_version", "integer"},
                              {"portfolio", "string"},
                              {"portfolio_id", "string"},
                              {"as_of", "string"},
                              {"run", "object"},
                              {"formula_version", "integer"},
                              {"quality_flag", "string"},
                              {"sections", "object"}}}},
              .handler = [context](const Call& call) { return show_report(context, call); }});
}

}  // namespace runledger::http
