#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "http/origin.h"
#include "http/server.h"
#include "tools/commands/commands.h"
#include "tools/process_limits.h"
#include "tools/stop_signal.h"
#include "tools/storage_assert.h"

namespace runledger::tools {
namespace {

constexpr std::chrono::seconds kStopPatience{10};
constexpr std::chrono::seconds kDrainPatience{30};
// For closing the store after that.
constexpr std::chrono::seconds kClosePatience{10};
constexpr std::chrono::seconds kHealthInterval{1};
constexpr std::chrono::seconds kRoomInterval{2};
constexpr std::chrono::minutes kPruneInterval{10};

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

// Prunes now and then, between runs.
class PeriodicPruning {
 public:
  explicit PeriodicPruning(const ServeOptions& options) {
    if (options.keep_days != 0) {
      policy_.age_max = std::chrono::days{options.keep_days};
    }
    if (options.keep_gb != 0) {
      policy_.bytes_max = std::uint64_t{options.keep_gb} * 1'000'000'000;
    }
  }

  void prune_when_due(engine::Service& service) {
    const auto now = service.clock().mono_now();
    const bool asked = policy_.age_max || policy_.bytes_max;
    if (!asked || now < due_ || service.current_run().run) {
      return;
    }
    due_ = now + kPruneInterval;
    const auto outcome = service.prune(policy_, false);
    // A run may have begun meanwhile: the next time is soon enough.
    if (!outcome && outcome.error().code != Code::kConflict) {
      spdlog::error("pruning failed: {}", outcome.error().message);
    }
  }

 private:
  store::RetentionPolicy policy_;
  engine::MonoTime due_{};
};

enum class ServeEnd : std::uint8_t { kStopped, kLogStopped };

// Serves until a signal, or until the log stops because a write failed.
std::expected<ServeEnd, Failure> serve_once(const GlobalOptions& global,
                                            const ServeOptions& options,
                                            const http::ServerOptions& listen,
                                            const StopSignal& stop,
                                            const engine::Clock& clock) {
  engine::ServiceOptions service_options;
  service_options.data_directory = global.data;
  service_options.compute_threads = global.threads;
  service_options.backup_directory = options.backup_dir;
  service_options.archive_directory = options.archive_dir;
  set_on_assert(OnAssert::kExit);
  auto service = engine::open_service(service_options, clock);
  set_on_assert(OnAssert::kAbort);
  if (!service) {
    return std::unexpected(to_failure(service.error()));
  }
  const LogOptions log_options{global.log_level, global.log_format == "json", true,
                               std::filesystem::path(global.data) / "logs"};
  if (const auto ready = set_up_logging(log_options); !ready) {
    return std::unexpected(to_failure(ready.error()));
  }
  auto end = ServeEnd::kStopped;
  {
    const EventLogger event_logger((*service)->log());
    http::Api api(**service);
    if (const auto enabled = api.enable_tokens(); !enabled) {
      return std::unexpected(to_failure(enabled.error()));
    }
    auto server = http::Server::start(api, listen);
    if (!server) {
      return std::unexpected(to_failure(server.error()));
    }
    warn_without_users(api);
    print(fmt::format(
        "runledger listens on http://{}:{}\n",
        listen.address.find(':') == std::string::npos ? listen.address : "[" + listen.address + "]",
        (*server)->port()));
    PeriodicPruning pruning(options);
    while (!stop.wait_for(kHealthInterval)) {
      // Damaged inputs stay damaged: then the server only answers what it can, and says so.
      if (const auto health = (*service)->health();
          !health && health.error().code != Code::kCorruption) {
        spdlog::error("the engine has stopped: {}", health.error().message);
        end = ServeEnd::kLogStopped;
        break;
      }
      pruning.prune_when_due(**service);
    }
    if (end == ServeEnd::kStopped) {
      spdlog::info(
          "stopping: requests and attempts under way finish; a second signal ends at once");
    }
    (*server)->stop(kStopPatience);
  }
  // Only a stop may end the process: one that is to open the store again must have closed it.
  std::optional<ExitDeadline> deadline;
  if (end == ServeEnd::kStopped) {
    deadline.emplace(kDrainPatience + kClosePatience);
  }
  (*service)->drain(kDrainPatience);
  return end;
}

// After the log has stopped: waits until the disk has room again; false if told to stop before.
bool wait_for_room(const std::filesystem::path& directory, const StopSignal& stop) {
  bool told = false;
  while (true) {
    std::error_code error;
    const auto space = std::filesystem::space(directory, error);
    if (!error && space.available >= engine::ServiceOptions{}.free_disk_bytes_min) {
      return true;
    }
    if (!told) {
      spdlog::error("waiting for room on the disk of {}: the run goes on by itself after that",
                    directory.string());
      told = true;
    }
    if (stop.wait_for(kRoomInterval)) {
      return false;
    }
  }
}

}  // namespace

Exit serve(const GlobalOptions& global, const ServeOptions& options) {
  auto listen = parse_listen(options.listen);
  if (!listen) {
    return std::unexpected(listen.error());
  }
  for (const auto& origin : options.allow_origin) {
    if (!http::is_origin(origin)) {
      return std::unexpected(
          Failure{kExitUsage, "--allow-origin needs an origin, such as https://desk.example"});
    }
  }
  listen->allowed_origins = options.allow_origin;
  const auto descriptors = descriptors_for_connections();
  if (!descriptors) {
    return std::unexpected(to_failure(descriptors.error()));
  }
  listen->limits.connections_max = std::min(listen->limits.connections_max, *descriptors);
  const StopSignal stop;
  const LogOptions console_only{global.log_level, global.log_format == "json", true, std::nullopt};
  if (const auto ready = set_up_logging(console_only); !ready) {
    return std::unexpected(to_failure(ready.error()));
  }
  const engine::SystemClock clock;
  while (true) {
    const auto end = serve_once(global, options, *listen, stop, clock);
    if (!end) {
      return std::unexpected(end.error());
    }
    if (*end == ServeEnd::kStopped || !wait_for_room(global.data, stop)) {
      spdlog::info("stopped");
      return kExitDone;
    }
    spdlog::warn("opening the store again");
  }
}

}  // namespace runledger::tools
