#pragma once

#include <memory>
#include <string>

#include "http/api.h"
#include "http/message.h"
#include "schema/error.h"

namespace runledger::tools {

/// Sends requests to the API, wherever it is. Not thread-safe.
class ApiClient {
 public:
  virtual ~ApiClient() = default;
  /// Errors: kUnavailable (no answer). An answer of any status is a value.
  [[nodiscard]] virtual Result<http::Response> send(http::Request request) = 0;
};

/// Calls `api` in this process, as a trusted admin named "cli".
[[nodiscard]] std::unique_ptr<ApiClient> make_local_client(http::Api& api);

/// Speaks HTTP by libcurl.
/// @param url    of the server: "http://127.0.0.1:8321"; https works too.
/// @param token  sent as bearer; empty: none.
[[nodiscard]] Result<std::unique_ptr<ApiClient>> make_remote_client(const std::string& url,
                                                                    const std::string& token);

}  // namespace runledger::tools
