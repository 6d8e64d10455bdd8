#include <charconv>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "http/server.h"
#include "tools/commands/commands.h"
#include "tools/stop_signal.h"

namespace runledger::tools {
namespace {

constexpr std::chrono::seconds kStopPatience{10};
constexpr std::chrono::seconds kDrainPatience{30};

std::expected<http::ServerOptions, Failure> parse_listen(const std::string& text) {
  http::ServerOptions options;
  const auto colon = text.rfind(':');
  const char* end = text.data() + text.size();
  if (colon == std::string::npos ||
      std::from_chars(text.data() + colon + 1, end, options.port).ptr != end ||
      colon + 1 == text.size()) {
    return std::unexpected(
        Failure{kExitUsage, "--listen needs ADDRESS:PORT, such as 127.0.0.1:8321"});
  }
  options.address = text.substr(0, colon);
  if (options.address.starts_with('[') && options.address.ends_with(']')) {
    options.address = options.address.substr(1, options.address.size() - 2);
  }
  return options;
}

void warn_without_users(http::Api& api) {
  const auto users = api.access().users().list();
  if (users && users->empty()) {
    spdlog::warn("there are no users yet: stop the server and add one with runledger user add");
  }
}

}  // namespace

Exit serve(const GlobalOptions& global, const ServeOptions& options) {
  const auto listen = parse_listen(options.listen);
  if (!listen) {
    return std::unexpected(listen.error());
  }
  const StopSignal stop;
  const std::filesystem::path directory(global.data);
  LogOptions log_options{global.log_level, global.log_format == "json", true, std::nullopt};
  if (const auto ready = set_up_logging(log_options); !ready) {
    return std::unexpected(to_failure(ready.error()));
  }
  const engine::SystemClock clock;
  engine::ServiceOptions service_options;
  service_options.data_directory = directory;
  service_options.compute_threads = global.threads;
  auto service = engine::open_service(service_options, clock);
  if (!service) {
    return std::unexpected(to_failure(service.error()));
  }
  log_options.directory = directory / "logs";
  if (const auto ready = set_up_logging(log_options); !ready) {
    return std::unexpected(to_failure(ready.error()));
  }
  {
    const EventLogger event_logger((*service)->log());
    http::Api api(**service);
    if (const auto enabled = api.enable_tokens(); !enabled) {
      return std::unexpected(to_failure(enabled.error()));
    }
    auto server = http::Server::start(api, *listen);
    if (!server) {
      Failure failure = to_failure(server.error());
      return std::unexpected(std::move(failure));
    }
    warn_without_users(api);
    print(fmt::format("runledger listens on http://{}:{}\n",
                      listen->address.find(':') == std::string::npos ? listen->address
                                                                     : "[" + listen->address + "]",
                      (*server)->port()));
    stop.wait();
    spdlog::info("stopping: requests and attempts under way finish; a second signal ends at once");
    (*server)->stop(kStopPatience);
  }
  (*service)->drain(kDrainPatience);
  spdlog::info("stopped");
  return kExitDone;
}

}  // namespace runledger::tools
