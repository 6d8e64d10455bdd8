#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "engine/service.h"
#include "http/access.h"
#include "http/feed/sessions.h"
#include "http/message.h"
#include "http/metrics.h"
#include "http/router.h"

namespace runledger::http {

/// Paths of the live feed: the WebSocket, and Server-Sent Events.
inline constexpr std::string_view kLivePath = "/api/v1/live";
inline constexpr std::string_view kLiveSsePath = "/api/v1/live/sse";

/// Limits of bodies by what they carry.
inline constexpr std::size_t kJsonBytesMax = 64U << 10U;
inline constexpr std::size_t kPositionsBytesMax = 10U << 20U;
inline constexpr std::size_t kInputBytesMax = 64U << 20U;

/// What handlers share.
struct ApiContext {
  engine::Service& service;
  AccessGate& access;
  Metrics& metrics;
  const Router& router;
  const SessionRegistry& sessions;
};

/// The whole API as a function from request to answer, for a server or for a caller in the same
/// process. Thread-safe. `service` must outlive it.
class Api {
 public:
  explicit Api(engine::Service& service);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// Lets users in by tokens; a server needs it. Errors: those of load_signing_key.
  [[nodiscard]] Status enable_tokens() { return access_.enable_tokens(); }

  /// Answers a request. Blocks until what the answer says is durable. Never throws. A HEAD gets the
  /// body of its GET; who sends it leaves the body out.
  [[nodiscard]] Response handle(const Request& request);

  /// Looks at a request whose body was not read yet: everything that can be refused without it is.
  /// `body_bytes` is absent if the length is not known beforehand. Gives the most that may be read.
  [[nodiscard]] std::expected<std::size_t, Response> admit(const Request& head,
                                                           std::optional<std::uint64_t> body_bytes);

  /// A request for a stream, examined as any call is: route, token, role, parameters. Its handler
  /// is not called. The arguments refer to the route table.
  struct Examined {
    Arguments arguments;
    Principal principal;
  };
  [[nodiscard]] std::expected<Examined, Problem> examine(const Request& request);

  [[nodiscard]] engine::Service& service() noexcept { return *service_; }
  [[nodiscard]] AccessGate& access() noexcept { return access_; }
  [[nodiscard]] Metrics& metrics() noexcept { return metrics_; }
  [[nodiscard]] SessionRegistry& sessions() noexcept { return sessions_; }
  [[nodiscard]] const Router& router() const noexcept { return router_; }

 private:
  struct Admitted;
  [[nodiscard]] std::expected<Admitted, Problem> admit_head(const Request& head,
                                                            std::optional<std::uint64_t> bytes);
  [[nodiscard]] Outcome answer(const Request& request, std::optional<std::size_t>& operation);
  /// The problem as JSON; for a browser that was led astray the page, which says it in words.
  [[nodiscard]] Response refusal(const Request& request, const Problem& problem) const;

  engine::Service* service_;
  AccessGate access_;
  Metrics metrics_;
  SessionRegistry sessions_;
  Router router_;
  Response missing_page_;
};

}  // namespace runledger::http
