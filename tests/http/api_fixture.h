#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/clock.h"
#include "engine/service.h"
#include "http/api.h"
#include "tests/support/temporary_directory.h"

namespace runledger::testing {

/// Prices of every symbol that a small portfolio needs, for `days` sessions from 2017-03-01.
[[nodiscard]] std::string sample_prices(int days);
/// Two stocks.
[[nodiscard]] std::string sample_positions();

/// The API over a real engine on a store of its own, with an admin and a viewer.
class ApiFixture {
 public:
  static constexpr const char* kAdmin = "admin@example.com";
  static constexpr const char* kViewer = "viewer@example.com";
  static constexpr const char* kPassword = "correct horse";

  ApiFixture();
  ~ApiFixture();
  ApiFixture(const ApiFixture&) = delete;
  ApiFixture& operator=(const ApiFixture&) = delete;

  [[nodiscard]] http::Api& api() { return *api_; }
  [[nodiscard]] engine::Service& service() { return *service_; }
  /// The first call of each makes the user and logs in.
  [[nodiscard]] const std::string& admin_token();
  [[nodiscard]] const std::string& viewer_token();

  /// Closes the store and opens it again, with a new API.
  void restart();

  /// A request as the admin.
  http::Response get(const std::string& target);
  http::Response post(const std::string& target,
                      const std::string& body = "",
                      const std::string& content_type = "");
  http::Response send(http::Method method,
                      const std::string& target,
                      const std::string& token,
                      const std::string& body = "",
                      const std::string& content_type = "");

  /// Imports sample prices and the portfolios "Alpha" and "Beta".
  void import_samples(int days = 10);
  /// Starts a run and waits for its end; its id.
  std::string run_to_end(const std::string& query = "");

 private:
  void open();
  std::string log_in(const char* email, http::Role role);

  TemporaryDirectory directory_;
  engine::SystemClock clock_;
  std::unique_ptr<engine::Service> service_;
  std::unique_ptr<http::Api> api_;
  std::string admin_token_;
  std::string viewer_token_;
};

/// True if `value` is of a type of JSON Schema: a name, or a list of names of which one fits.
[[nodiscard]] bool has_json_type(const nlohmann::json& value, const nlohmann::json& type);

/// The body of an answer as JSON.
[[nodiscard]] nlohmann::json json_of(const http::Response& response);

}  // namespace runledger::testing
