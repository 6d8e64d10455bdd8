#include "http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runledger::http {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    for (const auto& [method, path] : {std::pair{Method::kGet, "/runs/current"},
                                       {Method::kGet, "/runs/{run}"},
                                       {Method::kPost, "/runs/{run}/retry"},
                                       {Method::kDelete, "/runs/{run}"},
                                       {Method::kGet, "/"}}) {
      router_.add({.method = method, .path = path, .operation = path, .tag = "", .summary = ""});
    }
  }
  auto match(Method method, std::string_view target) {
    return router_.match(method, parse_target(target).value());
  }
  Router router_;
};

TEST_F(RouterTest, PrefersLiteralSegments) {
  EXPECT_EQ(match(Method::kGet, "/runs/current")->route->path, "/runs/current");
  EXPECT_EQ(match(Method::kGet, "/runs/other")->route->path, "/runs/{run}");
}

TEST_F(RouterTest, GivesValuesOfVariablesDecoded) {
  const auto found = match(Method::kPost, "/runs/a%2Fb/retry");

  ASSERT_TRUE(found.has_value());
  EXPECT_THAT(found->path, ElementsAre(Pair("run", "a/b")));
}

TEST_F(RouterTest, FindsTheRouteOfGetForHead) {
  EXPECT_EQ(match(Method::kHead, "/runs/x")->route->path, "/runs/{run}");
  EXPECT_FALSE(match(Method::kHead, "/runs/x/retry").has_value());
}

TEST_F(RouterTest, Answers404ForUnknownPaths) {
  for (const auto* path : {"/run", "/runs", "/runs/", "/runs/a/b", "/runs/a/retry/"}) {
    const auto found = match(Method::kGet, path);
    ASSERT_FALSE(found.has_value()) << path;
    EXPECT_EQ(found.error().status, 404U) << path;
  }
}

TEST_F(RouterTest, Answers405WithWhatIsAllowed) {
  const auto found = match(Method::kPut, "/runs/x");

  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().status, 405U);
  ASSERT_EQ(found.error().headers.size(), 1U);
  EXPECT_EQ(found.error().headers[0].name, "Allow");
  EXPECT_EQ(found.error().headers[0].value, "DELETE, GET, HEAD, OPTIONS");
}

TEST_F(RouterTest, DiesOnARouteThatIsThereTwice) {
  EXPECT_DEATH(router_.add({.method = Method::kGet,
                            .path = "/runs/{run}",
                            .operation = "twice",
                            .tag = "",
                            .summary = ""}),
               "");
}

}  // namespace
}  // namespace runledger::http
