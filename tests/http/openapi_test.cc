#include "http/openapi.h"

#include <gmock/gmock.h>

#include "tests/http/api_fixture.h"

namespace runledger::http {
namespace {

using nlohmann::json;
using runledger::testing::ApiFixture;
using runledger::testing::has_json_type;
using runledger::testing::json_of;

void expect_schema(const json& body, const json& schema, const std::string& where) {
  ASSERT_TRUE(has_json_type(body, schema.at("type"))) << where;
  for (const auto& name : schema.value("required", json::array())) {
    ASSERT_TRUE(body.contains(name)) << where << ": " << name;
  }
  const auto properties = schema.value("properties", json::object());
  for (const auto& [name, property] : properties.items()) {
    if (body.contains(name)) {
      EXPECT_TRUE(has_json_type(body.at(name), property.at("type")))
          << where << ": " << name << " is " << body.at(name).type_name();
    }
  }
}

// A call of each operation that succeeds.
struct Example {
  std::string target;
  std::string body;
  std::string content_type;
};

class OpenApiTest : public ::testing::Test {
 protected:
  OpenApiTest() {
    fixture_.import_samples(10);
    run_ = fixture_.run_to_end("?as_of=2017-03-14");
    static_cast<void>(fixture_.viewer_token());  // The user that removeUser removes.
    document_ = json_of(fixture_.send(Method::kGet, "/openapi.json", ""));
  }

  [[nodiscard]] Example example_of(const Route& route) const {
    const std::string operation(route.operation);
    std::string target(route.path);
    const auto fill = [&](const std::string& name, const std::string& value) {
      if (const auto at = target.find(name); at != std::string::npos) {
        target.replace(at, name.size(), value);
      }
    };
    fill("{run}", run_);
    fill("{portfolio}", operation == "deletePortfolio" ? "Beta" : "Alpha");
    fill("{email}", "viewer%40example.com");
    fill("{kind}", "sectors");
    if (operation == "logIn") {
      return {target, R"({"email":"admin@example.com","password":"correct horse"})",
              "application/json"};
    }
    if (operation == "putUser") {
      return {target, R"({"email":"new@example.com","password":"long enough","role":"viewer"})",
              "application/json"};
    }
    if (operation == "importPortfolio") {
      return {target + "?name=Gamma", runledger::testing::sample_positions(), "text/csv"};
    }
    if (operation == "importInput") {
      return {target, "symbol,sector\nAAPL,Technology\n", "text/csv"};
    }
    if (operation == "prune") {
      return {target + "?keep_runs=1", "", ""};
    }
    return {target, "", ""};
  }

  ApiFixture fixture_;
  std::string run_;
  json document_;
};

TEST_F(OpenApiTest, DescribesEveryRouteOnce) {
  std::set<std::string> operations;
  for (const auto& [path, methods] : document_.at("paths").items()) {
    for (const auto& [method, operation] : methods.items()) {
      EXPECT_TRUE(operations.insert(operation.at("operationId").get<std::string>()).second);
    }
  }
  EXPECT_EQ(document_.at("openapi"), "3.1.0");
  std::size_t described = 0;
  for (const auto& route : fixture_.api().router().routes()) {
    EXPECT_NE(operations.contains(std::string(route.operation)), route.is_page) << route.operation;
    described += route.is_page ? 0U : 1U;
  }
  EXPECT_EQ(operations.size(), described);
}

TEST_F(OpenApiTest, DeclaresTheVariablesOfEveryPath) {
  for (const auto& [path, methods] : document_.at("paths").items()) {
    for (const auto& [method, operation] : methods.items()) {
      std::size_t in_path = 0;
      for (const auto& parameter : operation.value("parameters", json::array())) {
        in_path += parameter.at("in") == "path" ? 1U : 0U;
      }
      EXPECT_EQ(in_path, static_cast<std::size_t>(std::ranges::count(path, '{'))) << path;
    }
  }
}

TEST_F(OpenApiTest, EveryRouteAnswersAsItSays) {
  for (const auto& route : fixture_.api().router().routes()) {
    if (route.is_page) {
      continue;
    }
    const std::string where(route.operation);
    const auto example = example_of(route);
    const auto response = fixture_.send(route.method, example.target, fixture_.admin_token(),
                                        example.body, example.content_type);
    EXPECT_TRUE(fixture_.service().wait_until_idle(std::chrono::minutes{1}));
    const auto& operation =
        document_.at("paths").at(std::string(route.path)).at(to_lower(to_string(route.method)));
    const auto& responses = operation.at("responses");
    const auto status = std::to_string(response.status);
    // These have no good answer here: nothing runs, nothing failed, no connection.
    const bool refuses =
        where == "cancelCurrentRun" || where == "retryRun" || where == "live" || where == "liveSse";
    EXPECT_EQ(response.status >= 400, refuses) << where << " " << status << " " << response.body;
    ASSERT_TRUE(responses.contains(status)) << where << " " << status;
    const auto& declared = responses.at(status);
    if (!declared.contains("content")) {
      EXPECT_TRUE(response.body.empty()) << where;
      continue;
    }
    const auto type = response.content_type.substr(0, response.content_type.find(';'));
    ASSERT_TRUE(declared.at("content").contains(type)) << where << " " << type;
    if (type == "application/json") {
      expect_schema(json_of(response), declared.at("content").at(type).at("schema"), where);
    } else if (type == "application/problem+json") {
      expect_schema(json_of(response), document_.at("components").at("schemas").at("Problem"),
                    where);
    }
  }
}

TEST_F(OpenApiTest, SaysWhichRoleACallNeeds) {
  const auto& paths = document_.at("paths");
  EXPECT_EQ(paths.at("/api/v1/admin/batch/run").at("post").at("x-role"), "admin");
  EXPECT_EQ(paths.at("/api/v1/admin/batch/history").at("get").at("x-role"), "viewer");
  EXPECT_EQ(paths.at("/livez").at("get").at("security"), json::array());
}

}  // namespace
}  // namespace runledger::http
