#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "http/target.h"
#include "tools/commands/commands.h"
#include "tools/table.h"

namespace runledger::tools {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): never set here
  if (value == nullptr || *value == '\0') {
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> read_line() {
  std::string line;
  if (!std::getline(std::cin, line)) {
    return std::nullopt;
  }
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  return line;
}

// Asks twice, without showing what is typed.
std::expected<std::string, Failure> ask_password(const std::string& email) {
  termios shown{};
  if (tcgetattr(STDIN_FILENO, &shown) != 0) {
    return std::unexpected(
        Failure{kExitUsage, "no terminal to ask for a password: use --password-stdin"});
  }
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  fmt::print(stderr, "Password for {}: ", email);
  const auto first = read_line();
  fmt::print(stderr, "\nAgain: ");
  const auto second = read_line();
  fmt::print(stderr, "\n");
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
  if (!first || first != second) {
    return std::unexpected(Failure{kExitUsage, "the passwords differ"});
  }
  return *first;
}

std::expected<std::string, Failure> password_for(const Session& session,
                                                 const UserAddOptions& options) {
  if (options.password_from_stdin) {
    auto line = read_line();
    if (!line) {
      return std::unexpected(Failure{kExitUsage, "there is no password on standard input"});
    }
    return std::move(*line);
  }
  if (auto given = variable("RUNLEDGER_NEW_PASSWORD")) {
    return std::move(*given);
  }
  // With a server this one logs the caller in.
  if (session.options().server.empty()) {
    if (auto given = variable("RUNLEDGER_PASSWORD")) {
      return std::move(*given);
    }
  }
  return ask_password(options.email);
}

}  // namespace

Exit user_add(Session& session, const UserAddOptions& options) {
  const auto password = password_for(session, options);
  if (!password) {
    return std::unexpected(password.error());
  }
  http::Request request;
  request.method = http::Method::kPost;
  request.target = "/api/v1/admin/users";
  request.headers.push_back({"Content-Type", "application/json"});
  request.body =
      nlohmann::json{{"email", options.email}, {"password", *password}, {"role", options.role}}
          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const auto response = session.send(std::move(request));
  if (!response) {
    return std::unexpected(response.error());
  }
  if (response->status >= 400) {
    return std::unexpected(to_failure(*response));
  }
  print(session.options().json
            ? response->body + "\n"
            : fmt::format("user {} {}, role {}\n", options.email,
                          response->status == 201 ? "added" : "changed", options.role));
  return kExitDone;
}

Exit user_list(Session& session, const UserListOptions& /*options*/) {
  const auto body = session.get("/api/v1/admin/users");
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
  Table table({{"E-MAIL"}, {"ROLE"}, {"SINCE"}});
  for (const auto& user : answer->at("users")) {
    table.add({user.value("email", ""), user.value("role", ""),
               user.value("created_at", "").substr(0, 10)});
  }
  print(table.to_text());
  return kExitDone;
}

Exit user_remove(Session& session, const UserRemoveOptions& options) {
  http::Request request;
  request.method = http::Method::kDelete;
  request.target = "/api/v1/admin/users/" + http::percent_encode(options.email);
  const auto body = session.call(std::move(request));
  if (!body) {
    return std::unexpected(body.error());
  }
  if (!session.options().json) {
    print(fmt::format("user {} removed\n", options.email));
  }
  return kExitDone;
}

}  // namespace runledger::tools
