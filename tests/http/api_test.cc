#include "http/api.h"

#include <gmock/gmock.h>

#include "tests/http/api_fixture.h"

namespace runledger::http {
namespace {

using runledger::testing::ApiFixture;
using runledger::testing::json_of;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kUnknownRun = "01900000-0000-7000-8000-000000000001";

class ApiTest : public ::testing::Test {
 protected:
  ApiFixture fixture_;
};

TEST_F(ApiTest, LogsInWithTheRightPasswordOnly) {
  const auto me = fixture_.get("/api/v1/auth/me");
  EXPECT_EQ(me.status, 200U);
  EXPECT_EQ(json_of(me).at("email"), ApiFixture::kAdmin);
  EXPECT_EQ(json_of(me).at("role"), "admin");

  for (const auto* body : {R"({"email":"admin@example.com","password":"wrong"})",
                           R"({"email":"nobody@example.com","password":"correct horse"})"}) {
    const auto refused = fixture_.post("/api/v1/auth/login", body, "application/json");
    EXPECT_EQ(refused.status, 401U);
    EXPECT_EQ(json_of(refused).at("code"), "wrong_credentials");
  }
  EXPECT_EQ(
      fixture_
          .post("/api/v1/auth/login", R"({"email":"ADMIN@Example.com","password":"correct horse"})",
                "application/json; charset=utf-8")
          .status,
      200U);
}

TEST_F(ApiTest, LimitsFailedLoginsOfOneAddress) {
  const std::string body = R"({"email":"admin@example.com","password":"wrong"})";
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(fixture_.post("/api/v1/auth/login", body, "application/json").status, 401U) << i;
  }

  const auto refused = fixture_.post("/api/v1/auth/login",
                                     R"({"email":"admin@example.com","password":"correct horse"})",
                                     "application/json");

  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(json_of(refused).at("code"), "too_many_attempts");
}

TEST_F(ApiTest, RecordsLoginsAlwaysAndRefusalsSparingly) {
  const auto count = [&](const char* type) {
    int found = 0;
    const auto page = json_of(fixture_.get("/api/v1/events?limit=1000"));
    for (const auto& event : page.at("events")) {
      found += event.at("type") == type ? 1 : 0;
    }
    return found;
  };
  const int granted = count("AccessGranted");
  for (int i = 0; i < 5; ++i) {
    fixture_.send(Method::kGet, "/api/v1/auth/me", "no.such.token");
  }

  EXPECT_GE(granted, 3);  // The key, the user, the login.
  EXPECT_GE(count("AccessDenied"), 1);
  EXPECT_LE(count("AccessDenied"), 2);
  EXPECT_EQ(fixture_.api().access().denials(), 5U);
}

TEST_F(ApiTest, ForgetsATokenWhenItsUserIsRemoved) {
  ASSERT_EQ(fixture_.send(Method::kGet, "/api/v1/auth/me", fixture_.viewer_token()).status, 200U);
  EXPECT_EQ(
      fixture_
          .send(Method::kDelete, "/api/v1/admin/users/viewer%40example.com", fixture_.admin_token())
          .status,
      204U);

  const auto refused = fixture_.send(Method::kGet, "/api/v1/auth/me", fixture_.viewer_token());

  EXPECT_EQ(refused.status, 401U);
  EXPECT_EQ(json_of(refused).at("code"), "unknown_user");
}

TEST_F(ApiTest, KeepsTokensValidAcrossARestart) {
  ASSERT_EQ(fixture_.get("/api/v1/auth/me").status, 200U);
  fixture_.restart();

  EXPECT_EQ(fixture_.get("/api/v1/auth/me").status, 200U);
}

struct WrongCase {
  Method method;
  const char* target;
  const char* body;
  const char* content_type;
  unsigned status;
  const char* code;
};

constexpr WrongCase kWrongCases[] = {
    {Method::kGet, "/api/v1/nothing", "", "", 404, "route_not_found"},
    {Method::kPut, "/api/v1/portfolios", "", "", 405, "method_not_allowed"},
    {Method::kGet, "/api/v1/events?limit=0", "", "", 400, "invalid_parameter"},
    {Method::kGet, "/api/v1/events?type=JobLost", "", "", 400, "invalid_parameter"},
    {Method::kGet, "/api/v1/events?x=1", "", "", 400, "unknown_parameter"},
    {Method::kGet, "/api/v1/events?job_type=%ff", "", "", 400, "malformed_target"},
    {Method::kGet, "/api/v1/admin/batch/history?cursor=AAAA", "", "", 400, "invalid_cursor"},
    {Method::kGet, "/api/v1/admin/batch/jobs/status?status=pending", "", "", 422,
     "invalid_parameter"},
    {Method::kGet, "/api/v1/admin/batch/jobs/status?from=2017-03-02&to=2017-03-01", "", "", 422,
     "invalid_range"},
    {Method::kGet, "/api/v1/admin/batch/jobs/status?from=yesterday", "", "", 422, "invalid_time"},
    {Method::kGet, "/api/v1/admin/batch/jobs/status?to=9999-01-01", "", "", 422, "invalid_time"},
    {Method::kGet, "/api/v1/admin/batch/jobs/status?as_of_from=2017-03-02&as_of_to=2017-03-01", "",
     "", 422, "invalid_range"},
    {Method::kGet, "/api/v1/admin/batch/jobs/status?error_category=odd", "", "", 400,
     "invalid_parameter"},
    {Method::kGet, "/api/v1/admin/batch/jobs/status?portfolio_id=Nobody", "", "", 404,
     "portfolio_not_found"},
    {Method::kGet, "/api/v1/admin/batch/jobs/status?limit=1001", "", "", 400, "invalid_parameter"},
    {Method::kGet, "/api/v1/admin/batch/history?from=2017-03-02&to=2017-03-01", "", "", 422,
     "invalid_range"},
    {Method::kGet, "/api/v1/admin/batch/jobs/statistics?bucket=year", "", "", 400,
     "invalid_parameter"},
    {Method::kGet, "/api/v1/portfolios/freshness?from=2017-03-02&to=2017-03-01", "", "", 422,
     "invalid_range"},
    {Method::kGet, "/api/v1/portfolios/freshness?from=1900-01-02", "", "", 422, "invalid_range"},
    {Method::kGet, "/api/v1/portfolios/freshness?portfolio_id=Nobody", "", "", 404,
     "portfolio_not_found"},
    {Method::kGet, "/api/v1/portfolios/Nobody/last-success", "", "", 404, "portfolio_not_found"},
    {Method::kGet, "/api/v1/admin/batch/run/17", "", "", 404, "run_not_found"},
    {Method::kGet, "/api/v1/admin/batch/history/17/logs", "", "", 404, "run_not_found"},
    {Method::kGet, "/api/v1/portfolios/Nobody", "", "", 404, "portfolio_not_found"},
    {Method::kGet, "/api/v1/portfolios/Alpha/results", "", "", 404, "no_results"},
    {Method::kGet, "/api/v1/portfolios/Alpha/results?as_of=2017-3-1", "", "", 422, "invalid_date"},
    {Method::kPost, "/api/v1/auth/login", "{", "application/json", 400, "malformed_json"},
    {Method::kPost, "/api/v1/auth/login", "\"\xff\"", "application/json", 400, "malformed_json"},
    {Method::kPost, "/api/v1/auth/login", "[]", "application/json", 422, "invalid_body"},
    {Method::kPost, "/api/v1/auth/login", "{}", "application/json", 422, "invalid_body"},
    {Method::kPost, "/api/v1/auth/login", "{}", "text/plain", 415, "unsupported_media_type"},
    {Method::kPost, "/api/v1/auth/login", "{}", "", 415, "unsupported_media_type"},
    {Method::kPost, "/api/v1/portfolios", "a", "text/csv", 422, "missing_parameter"},
    {Method::kPost, "/api/v1/portfolios?name=X", "a,b\n", "text/csv", 422, "invalid_file"},
    {Method::kPost, "/api/v1/inputs/weather", "a", "text/csv", 404, "unknown_input_kind"},
    {Method::kPost, "/api/v1/inputs/prices", "x,y\n1,2\n", "text/csv", 422, "invalid_file"},
    {Method::kPost, "/api/v1/admin/batch/run?as_of=2017-03-04", "", "", 422, "invalid_argument"},
    {Method::kPost, "/api/v1/admin/batch/run?as_of=gestern", "", "", 422, "invalid_date"},
    {Method::kPost, "/api/v1/admin/batch/run?start_date=2017-03-01", "", "", 422, "invalid_dates"},
    {Method::kPost, "/api/v1/admin/batch/run?start_date=2017-03-02&end_date=2017-03-01", "", "",
     422, "invalid_dates"},
    {Method::kPost, "/api/v1/admin/batch/run?portfolio_id=Nobody", "", "", 404,
     "portfolio_not_found"},
    {Method::kPost, "/api/v1/admin/batch/run/current/cancel", "", "", 404, "no_active_run"},
    {Method::kDelete, "/api/v1/portfolios/Nobody", "", "", 404, "portfolio_not_found"},
    {Method::kGet, "/api/v1/live", "", "", 426, "upgrade_required"}};

TEST_F(ApiTest, NamesWhatIsWrongWithARequest) {
  fixture_.import_samples(3);
  for (const auto& wrong : kWrongCases) {
    const auto response = fixture_.send(wrong.method, wrong.target, fixture_.admin_token(),
                                        wrong.body, wrong.content_type);
    EXPECT_EQ(response.status, wrong.status) << wrong.target << " " << response.body;
    EXPECT_EQ(response.content_type, "application/problem+json") << wrong.target;
    const auto body = json_of(response);
    EXPECT_EQ(body.at("code"), wrong.code) << wrong.target << " " << response.body;
    EXPECT_EQ(body.at("status"), wrong.status) << wrong.target;
    EXPECT_FALSE(body.at("detail").get<std::string>().empty()) << wrong.target;
  }
}

TEST_F(ApiTest, RefusesBodiesAboveTheLimitOfTheirRoute) {
  const auto at_limit = fixture_.post("/api/v1/portfolios?name=Big",
                                      std::string(kPositionsBytesMax, 'x'), "text/csv");
  const auto above = fixture_.post("/api/v1/portfolios?name=Big",
                                   std::string(kPositionsBytesMax + 1, 'x'), "text/csv");

  EXPECT_EQ(at_limit.status, 422U);
  EXPECT_EQ(above.status, 413U);
}

TEST_F(ApiTest, LetsAViewerReadButNotChange) {
  for (const auto& route : fixture_.api().router().routes()) {
    std::string target(route.path);
    for (const auto& [name, value] : {std::pair{"{run}", kUnknownRun},
                                      {"{portfolio}", "Alpha"},
                                      {"{email}", "a@b.c"},
                                      {"{kind}", "prices"}}) {
      if (const auto at = target.find(name); at != std::string::npos) {
        target.replace(at, std::string_view(name).size(), value);
      }
    }
    const auto anonymous = fixture_.send(route.method, target, "");
    const auto viewer = fixture_.send(route.method, target, fixture_.viewer_token());
    if (route.access == Access::kPublic) {
      EXPECT_NE(anonymous.status, 401U) << target;
      continue;
    }
    EXPECT_EQ(anonymous.status, 401U) << target;
    ASSERT_FALSE(anonymous.headers.empty());
    EXPECT_EQ(anonymous.headers.front().name, "WWW-Authenticate") << target;
    EXPECT_THAT(anonymous.headers.front().value, StartsWith("Bearer")) << target;
    EXPECT_EQ(viewer.status == 403U, route.access == Access::kAdmin)
        << target << " " << viewer.status;
    EXPECT_TRUE(route.method == Method::kGet || route.access == Access::kAdmin) << target;
  }
}

TEST_F(ApiTest, ReportsEveryErrorOfAFile) {
  const auto response = fixture_.post("/api/v1/portfolios?name=Bad",
                                      "Symbol,Quantity,Entry Price Per Share,Entry "
                                      "Date\nAAPL,x,1.00,2017-01-03\nMSFT,1,-1,2017-01-03\n",
                                      "text/csv");

  EXPECT_EQ(response.status, 422U);
  const auto errors = json_of(response).at("errors");
  ASSERT_EQ(errors.size(), 2U) << response.body;
  EXPECT_EQ(errors[0].at("line"), 2);
  EXPECT_EQ(errors[0].at("row"), 2);
  EXPECT_EQ(errors[0].at("symbol"), "AAPL");
  EXPECT_EQ(errors[0].at("code"), "ERR_POS_005");
  EXPECT_EQ(errors[1].at("line"), 3);
  EXPECT_FALSE(errors[1].at("message").get<std::string>().empty());
  EXPECT_FALSE(errors[1].at("field").get<std::string>().empty());
}

TEST_F(ApiTest, ImportsTheSameContentOnce) {
  const auto first =
      fixture_.post("/api/v1/inputs/prices", runledger::testing::sample_prices(2), "text/csv");
  const auto again =
      fixture_.post("/api/v1/inputs/prices", runledger::testing::sample_prices(2), "text/csv");

  EXPECT_EQ(first.status, 201U);
  EXPECT_EQ(again.status, 200U);
  EXPECT_EQ(json_of(again).at("changed"), false);
  EXPECT_EQ(json_of(again).at("seq"), json_of(first).at("seq"));
  EXPECT_EQ(json_of(fixture_.get("/api/v1/inputs")).at("inputs").size(), 1U);
}

TEST_F(ApiTest, ShowsAPortfolioByIdAndByName) {
  fixture_.import_samples(2);
  const auto all = json_of(fixture_.get("/api/v1/portfolios")).at("portfolios");
  ASSERT_EQ(all.size(), 2U);
  const auto id = all[0].at("id").get<std::string>();

  EXPECT_EQ(all[0].at("name"), "Alpha");
  EXPECT_EQ(fixture_.get("/api/v1/portfolios/" + id).body,
            fixture_.get("/api/v1/portfolios/Alpha").body);
  EXPECT_EQ(
      fixture_.send(Method::kDelete, "/api/v1/portfolios/Alpha", fixture_.admin_token()).status,
      204U);
  EXPECT_EQ(fixture_.get("/api/v1/portfolios/" + id).status, 404U);
}

TEST_F(ApiTest, AnswersOptionsAndHead) {
  const auto options = fixture_.send(Method::kOptions, "/api/v1/portfolios", "");
  const auto head = fixture_.send(Method::kHead, "/livez", "");

  EXPECT_EQ(options.status, 204U);
  EXPECT_EQ(options.headers.at(0).value, "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(head.status, 200U);
}

TEST_F(ApiTest, MeasuresItself) {
  fixture_.get("/api/v1/portfolios");

  const auto metrics = fixture_.send(Method::kGet, "/metrics", "");

  EXPECT_THAT(metrics.content_type, StartsWith("text/plain"));
  EXPECT_THAT(metrics.body, HasSubstr("runledger_events_committed_total "));
  EXPECT_THAT(
      metrics.body,
      HasSubstr("runledger_http_requests_total{operation=\"listPortfolios\",code=\"2xx\"} 1"));
  EXPECT_THAT(metrics.body, HasSubstr("runledger_run_active 0"));
}

}  // namespace
}  // namespace runledger::http
