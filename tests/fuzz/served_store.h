#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/clock.h"
#include "engine/service.h"
#include "http/api.h"
#include "http/server.h"
#include "tests/support/temporary_directory.h"

namespace runledger::fuzz {

/// A store with prices, two portfolios, an admin and one run, opened for reading only: every
/// request goes as far as a handler can go without a write, and no input changes what the next one
/// meets.
class ServedStore {
 public:
  /// Made by the first call; lives until the program ends.
  [[nodiscard]] static ServedStore& instance();
  ~ServedStore();
  ServedStore(const ServedStore&) = delete;
  ServedStore& operator=(const ServedStore&) = delete;

  [[nodiscard]] http::Api& api() noexcept { return *api_; }
  /// `input` with every "$TOKEN" replaced by a token that lets the admin in.
  [[nodiscard]] std::string with_token(std::string_view input) const;

  /// Sends `bytes` over a connection of its own to a server of this store, ends the sending side,
  /// and reads until the server closes. Asserts that it does so within ten seconds.
  std::string exchange(std::string_view bytes);

 private:
  ServedStore();
  void fill();

  testing::TemporaryDirectory directory_;
  engine::SystemClock clock_;
  std::unique_ptr<engine::Service> service_;
  std::unique_ptr<http::Api> api_;
  std::unique_ptr<http::Server> server_;
  std::string token_;
};

}  // namespace runledger::fuzz
