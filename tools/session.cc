#include "tools/session.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "http/target.h"

namespace runledger::tools {
namespace {

constexpr std::chrono::seconds kDrainPatience{10};

int exit_code_of_status(unsigned status, std::string_view code) noexcept {
  if (code == "corruption") {
    return kExitCorruption;
  }
  if (code == "invalid_file" || status == 409) {
    return kExitFailed;
  }
  if (status == 401 || status == 403 || status == 429 || status >= 500) {
    return kExitUnreachable;
  }
  return kExitUsage;
}

}  // namespace

int exit_code_of(Code code) noexcept {
  switch (code) {
    case Code::kInvalidArgument:
      return kExitUsage;
    case Code::kCorruption:
      return kExitCorruption;
    case Code::kCancelled:
    case Code::kDeadlineExceeded:
      return kExitFailed;
    case Code::kNotFound:
    case Code::kConflict:
    case Code::kUnavailable:
    case Code::kExhausted:
    case Code::kUnsupported:
    case Code::kIo:
    case Code::kUnknownOutcome:
    case Code::kDenied:
    case Code::kInternal:
      return kExitUnreachable;
  }
  return kExitUnreachable;
}

Failure to_failure(const Error& error) {
  return {exit_code_of(error.code), error.message};
}

std::string make_target(std::string_view path, const Query& query) {
  std::string target(path);
  char separator = '?';
  for (const auto& [name, value] : query) {
    if (value) {
      target += separator;
      target += fmt::format("{}={}", name, http::percent_encode(*value));
      separator = '&';
    }
  }
  return target;
}

std::expected<std::unique_ptr<Session>, Failure> Session::open(const GlobalOptions& options,
                                                               Need need) {
  auto session = std::unique_ptr<Session>(new Session(options));
  auto opened = options.server.empty() ? session->open_local(need) : session->open_remote();
  if (!opened) {
    return std::unexpected(std::move(opened).error());
  }
  return session;
}

std::expected<void, Failure> Session::open_local(Need need) {
  const bool writes = need == Need::kWrite;
  const std::filesystem::path directory(options_.data);
  LogOptions log_options{options_.log_level, options_.log_format == "json", false, std::nullopt};
  if (writes) {
    // Opened first: it says whether this is a data directory at all.
    log_options.directory = directory / "logs";
  }
  engine::ServiceOptions service_options;
  service_options.data_directory = directory;
  service_options.read_only = !writes;
  service_options.must_exist = !writes;
  service_options.compute_threads = options_.threads;
  if (const auto ready = set_up_logging({options_.log_level, log_options.json, false, {}});
      !ready) {
    return std::unexpected(to_failure(ready.error()));
  }
  auto service = engine::open_service(service_options, clock_);
  if (!service) {
    Failure failure = to_failure(service.error());
    if (service.error().code == Code::kConflict) {
      failure.message += "; if a server runs on it, use --server URL";
    }
    return std::unexpected(std::move(failure));
  }
  service_ = std::move(*service);
  if (writes) {
    if (const auto ready = set_up_logging(log_options); !ready) {
      return std::unexpected(to_failure(ready.error()));
    }
    event_logger_ = std::make_unique<EventLogger>(service_->log());
  }
  api_ = std::make_unique<http::Api>(*service_);
  client_ = make_local_client(*api_);
  return {};
}

std::expected<void, Failure> Session::open_remote() {
  auto client = make_remote_client(options_.server, options_.token);
  if (!client) {
    return std::unexpected(to_failure(client.error()));
  }
  client_ = std::move(*client);
  if (!options_.token.empty() || options_.email.empty()) {
    return {};
  }
  http::Request login;
  login.method = http::Method::kPost;
  login.target = "/api/v1/auth/login";
  login.headers.push_back({"Content-Type", "application/json"});
  login.body = nlohmann::json{{"email", options_.email}, {"password", options_.password}}.dump();
  const auto body = call(std::move(login));
  if (!body) {
    return std::unexpected(body.error());
  }
  const auto answer = parse_body(*body);
  if (!answer) {
    return std::unexpected(answer.error());
  }
  auto with_token = make_remote_client(options_.server, answer->value("access_token", ""));
  if (!with_token) {
    return std::unexpected(to_failure(with_token.error()));
  }
  client_ = std::move(*with_token);
  return {};
}

Session::~Session() {
  client_.reset();
  api_.reset();
  event_logger_.reset();
  if (service_ != nullptr) {
    service_->drain(kDrainPatience);
  }
}

std::expected<http::Response, Failure> Session::send(http::Request request) {
  auto response = client_->send(std::move(request));
  if (!response) {
    return std::unexpected(to_failure(response.error()));
  }
  return std::move(*response);
}

std::expected<std::string, Failure> Session::call(http::Request request) {
  auto response = send(std::move(request));
  if (!response) {
    return std::unexpected(response.error());
  }
  if (response->status >= 400) {
    return std::unexpected(to_failure(*response));
  }
  return std::move(response->body);
}

std::expected<std::string, Failure> Session::get(std::string_view path, const Query& query) {
  http::Request request;
  request.target = make_target(path, query);
  return call(std::move(request));
}

Failure to_failure(const http::Response& response) {
  const auto problem = nlohmann::json::parse(response.body, nullptr, false);
  if (!problem.is_object()) {
    return {exit_code_of_status(response.status, ""),
            fmt::format("the server answered {} {}", response.status,
                        http::reason_phrase(response.status))};
  }
  Failure failure{exit_code_of_status(response.status, problem.value("code", "")),
                  problem.value("detail", "the server gave no reason")};
  if (response.status == 401) {
    failure.message += " (set RUNLEDGER_TOKEN, or RUNLEDGER_EMAIL and RUNLEDGER_PASSWORD)";
  }
  return failure;
}

std::expected<nlohmann::ordered_json, Failure> parse_body(const std::string& body) {
  auto json = nlohmann::ordered_json::parse(body, nullptr, false);
  if (json.is_discarded()) {
    return std::unexpected(
        Failure{kExitUnreachable, "the answer is not JSON: no runledger server?"});
  }
  return json;
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

bool use_color(const GlobalOptions& options) {
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): never set here
  return !options.no_color && (no_color == nullptr || *no_color == '\0') &&
         isatty(STDOUT_FILENO) == 1;
}

std::string paint_status(const std::string& status, bool color) {
  if (!color) {
    return status;
  }
  const bool good = status == "completed" || status == "succeeded" || status == "full";
  const bool bad = status == "failed" || status == "partial";
  return fmt::format("\x1b[{}m{}\x1b[0m", good ? 32 : (bad ? 31 : 33), status);
}

}  // namespace runledger::tools
