#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/commands/commands.h"
#include "tools/table.h"

namespace runledger::tools {
namespace {

std::expected<std::string, Failure> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  if (file) {
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (!file || std::filesystem::is_directory(path)) {
    return std::unexpected(Failure{kExitUnreachable, "cannot read " + path});
  }
  return bytes;
}

std::string text_of(const nlohmann::ordered_json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) {
    return "-";
  }
  return found->is_string() ? found->get<std::string>() : found->dump();
}

void print_issues(const nlohmann::ordered_json& issues, const std::string& file) {
  Table table({{"LINE", Align::kRight}, {"SYMBOL"}, {"CODE"}, {"COLUMN"}, {"MESSAGE"}});
  for (const auto& issue : issues) {
    table.add({text_of(issue, "line"), text_of(issue, "symbol"), text_of(issue, "code"),
               text_of(issue, "field"), text_of(issue, "message")});
  }
  if (!table.empty()) {
    fmt::print(stderr, "{}:\n{}", file, table.to_text());
  }
}

// Posts one file. Gives the answer; prints what was found wrong in the file.
std::expected<nlohmann::ordered_json, Failure> post_file(Session& session,
                                                         std::string_view path,
                                                         Query query,
                                                         const std::string& file) {
  auto bytes = read_file(file);
  if (!bytes) {
    return std::unexpected(bytes.error());
  }
  query.emplace_back("file_name", std::filesystem::path(file).filename().string());
  http::Request request;
  request.method = http::Method::kPost;
  request.target = make_target(path, query);
  request.headers.push_back({"Content-Type", "text/csv"});
  request.body = std::move(*bytes);
  const auto response = session.send(std::move(request));
  if (!response) {
    return std::unexpected(response.error());
  }
  if (response->status >= 400) {
    const auto problem = nlohmann::ordered_json::parse(response->body, nullptr, false);
    if (session.options().json) {
      print(response->body + "\n");
    } else if (problem.is_object() && problem.contains("errors")) {
      print_issues(problem["errors"], file);
    }
    Failure failure = to_failure(*response);
    failure.message = file + ": " + failure.message;
    return std::unexpected(std::move(failure));
  }
  auto answer = parse_body(response->body);
  if (answer && !session.options().json && answer->contains("notes")) {
    print_issues((*answer)["notes"], file);
  }
  return answer;
}

}  // namespace

Exit import_files(Session& session, const ImportFilesOptions& options) {
  const auto path = "/api/v1/inputs/" + options.kind;
  for (const auto& file : options.files) {
    const auto answer = post_file(session, path, {}, file);
    if (!answer) {
      return std::unexpected(answer.error());
    }
    if (session.options().json) {
      print(answer->dump() + "\n");
    } else if (!answer->value("changed", true)) {
      print(fmt::format("{}: imported before, nothing to do\n", file));
    } else {
      print(fmt::format("{}: {} rows of {}, {} symbols, {} to {}\n", file, text_of(*answer, "rows"),
                        options.kind, text_of(*answer, "symbols"), text_of(*answer, "first_date"),
                        text_of(*answer, "last_date")));
    }
  }
  return kExitDone;
}

Exit import_portfolio(Session& session, const ImportPortfolioOptions& options) {
  const Query query = {
      {"name", options.name}, {"equity", options.equity}, {"equity_date", options.equity_date}};
  const auto answer = post_file(session, "/api/v1/portfolios", query, options.file);
  if (!answer) {
    return std::unexpected(answer.error());
  }
  if (session.options().json) {
    print(answer->dump() + "\n");
  } else {
    print(fmt::format("{}: {} positions{}, id {}\n", text_of(*answer, "name"),
                      text_of(*answer, "positions"),
                      answer->value("changed", true) ? "" : " as before", text_of(*answer, "id")));
  }
  return kExitDone;
}

}  // namespace runledger::tools
