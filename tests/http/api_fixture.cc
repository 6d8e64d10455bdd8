#include "tests/http/api_fixture.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/inputs/calendar.h"

namespace runledger::testing {

std::string sample_prices(int days) {
  constexpr const char* kSymbols[] = {"SPY", "VTV",  "VUG", "MTUM", "QUAL",
                                      "IWM", "USMV", "TLT", "AAPL", "MSFT"};
  std::string text = "symbol,date,open,high,low,close,volume\n";
  auto date = *parse_date("2017-03-01");
  for (int day = 0; day < days; ++day) {
    int index = 0;
    for (const auto* symbol : kSymbols) {
      // Something that moves: no series is constant, and no two are equal.
      const double close = 50.0 + 7.0 * index + 0.37 * ((day * (index + 3)) % 11);
      text += fmt::format("{},{},{},{},{},{},1000\n", symbol, format_date(date), close, close + 0.5,
                          close - 0.5, close);
      ++index;
    }
    date = engine::Calendar::nyse().next(date);
  }
  return text;
}

std::string sample_positions() {
  return "Symbol,Quantity,Entry Price Per Share,Entry Date\n"
         "AAPL,100,90.50,2017-02-01\n"
         "MSFT,-50,110.25,2017-02-01\n";
}

ApiFixture::ApiFixture() {
  open();
}

ApiFixture::~ApiFixture() {
  api_.reset();
  service_.reset();
}

void ApiFixture::open() {
  engine::ServiceOptions options;
  options.data_directory = directory_.path() / "data";
  options.backup_directory = directory_.path() / "backups";
  options.compute_threads = 2;
  auto service = engine::open_service(options, clock_);
  if (!service) {
    throw std::runtime_error(service.error().message);
  }
  service_ = std::move(*service);
  api_ = std::make_unique<http::Api>(*service_);
  EXPECT_TRUE(api_->enable_tokens().has_value());
}

void ApiFixture::restart() {
  api_.reset();
  service_.reset();
  open();
}

const std::string& ApiFixture::admin_token() {
  if (admin_token_.empty()) {
    admin_token_ = log_in(kAdmin, http::Role::kAdmin);
  }
  return admin_token_;
}

const std::string& ApiFixture::viewer_token() {
  if (viewer_token_.empty()) {
    viewer_token_ = log_in(kViewer, http::Role::kViewer);
  }
  return viewer_token_;
}

std::string ApiFixture::log_in(const char* email, http::Role role) {
  EXPECT_TRUE(api_->access().users().put({email, kPassword, role}, {"test", "test"}).has_value());
  const auto response =
      send(http::Method::kPost, "/api/v1/auth/login", "",
           nlohmann::json{{"email", email}, {"password", kPassword}}.dump(), "application/json");
  return json_of(response).value("access_token", "");
}

http::Response ApiFixture::send(http::Method method,
                                const std::string& target,
                                const std::string& token,
                                const std::string& body,
                                const std::string& content_type) {
  http::Request request;
  request.method = method;
  request.target = target;
  request.body = body;
  request.remote = "192.0.2.1";
  if (!token.empty()) {
    request.headers.push_back({"Authorization", "Bearer " + token});
  }
  if (!content_type.empty()) {
    request.headers.push_back({"Content-Type", content_type});
  }
  return api_->handle(request);
}

http::Response ApiFixture::get(const std::string& target) {
  return send(http::Method::kGet, target, admin_token());
}

http::Response ApiFixture::post(const std::string& target,
                                const std::string& body,
                                const std::string& content_type) {
  return send(http::Method::kPost, target, admin_token(), body, content_type);
}

void ApiFixture::import_samples(int days) {
  ASSERT_EQ(post("/api/v1/inputs/prices", sample_prices(days), "text/csv").status, 201U);
  for (const auto* name : {"Alpha", "Beta"}) {
    const auto response =
        post(fmt::format("/api/v1/portfolios?name={}&equity=100000&equity_date=2017-03-01", name),
             sample_positions(), "text/csv");
    ASSERT_EQ(response.status, 201U) << response.body;
  }
}

std::string ApiFixture::run_to_end(const std::string& query) {
  const auto response = post("/api/v1/admin/batch/run" + query);
  EXPECT_EQ(response.status, 200U) << response.body;
  const auto id = json_of(response).value("batch_run_id", "");
  EXPECT_TRUE(service_->wait_until_idle(std::chrono::minutes{1}));
  return id;
}

bool has_json_type(const nlohmann::json& value, const nlohmann::json& type) {
  if (type.is_array()) {
    return std::ranges::any_of(type, [&](const auto& one) { return has_json_type(value, one); });
  }
  const auto name = type.get<std::string>();
  return (name == "string" && value.is_string()) ||
         (name == "integer" && value.is_number_integer()) ||
         (name == "number" && value.is_number()) || (name == "boolean" && value.is_boolean()) ||
         (name == "object" && value.is_object()) || (name == "array" && value.is_array()) ||
         (name == "null" && value.is_null());
}

nlohmann::json json_of(const http::Response& response) {
  auto json = nlohmann::json::parse(response.body, nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << response.body;
  return json;
}

}  // namespace runledger::testing
