#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/clock.h"
#include "engine/service.h"
#include "http/api.h"
#include "tools/client.h"
#include "tools/logging.h"
#include "tools/options.h"

namespace runledger::tools {

/// Why a command ends early: one line for people and the exit code.
struct Failure {
  int exit_code = kExitFailed;
  std::string message;
};
/// Exit code of a command that came to its end.
using Exit = std::expected<int, Failure>;

/// The exit code that tells a script what to do about an operating error.
[[nodiscard]] int exit_code_of(Code code) noexcept;
[[nodiscard]] Failure to_failure(const Error& error);

/// Query parameters; absent values are left out.
using Query = std::vector<std::pair<std::string_view, std::optional<std::string>>>;
/// "/path?a=b" with everything percent-encoded.
[[nodiscard]] std::string make_target(std::string_view path, const Query& query);

/// The API that the global options name: a server, or the engine opened in this process.
class Session {
 public:
  enum class Need : std::uint8_t {
    kRead,   ///< Works beside a running server.
    kWrite,  ///< Needs the data directory for itself.
  };

  [[nodiscard]] static std::expected<std::unique_ptr<Session>, Failure> open(
      const GlobalOptions& options, Need need);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Sends a request; a problem answer becomes a failure.
  [[nodiscard]] std::expected<std::string, Failure> get(std::string_view path,
                                                        const Query& query = {});
  [[nodiscard]] std::expected<std::string, Failure> call(http::Request request);
  /// Sends a request; an answer of any status is a value.
  [[nodiscard]] std::expected<http::Response, Failure> send(http::Request request);

  /// The engine if it runs in this process.
  [[nodiscard]] engine::Service* service() noexcept { return service_.get(); }
  [[nodiscard]] const GlobalOptions& options() const noexcept { return options_; }

 private:
  explicit Session(GlobalOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::expected<void, Failure> open_local(Need need);
  [[nodiscard]] std::expected<void, Failure> open_remote();

  GlobalOptions options_;
  engine::SystemClock clock_;
  std::unique_ptr<engine::Service> service_;
  std::unique_ptr<EventLogger> event_logger_;
  std::unique_ptr<http::Api> api_;
  std::unique_ptr<ApiClient> client_;
};

/// The failure that a problem answer stands for.
[[nodiscard]] Failure to_failure(const http::Response& response);

/// The body of an answer as JSON. Failure: not JSON (no runledger server).
[[nodiscard]] std::expected<nlohmann::ordered_json, Failure> parse_body(const std::string& body);

/// Prints to standard output.
void print(std::string_view text);

/// Whether standard output may be coloured.
[[nodiscard]] bool use_color(const GlobalOptions& options);
/// The status in its colour, if `color`.
[[nodiscard]] std::string paint_status(const std::string& status, bool color);

}  // namespace runledger::tools
