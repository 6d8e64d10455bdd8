#include "http/origin.h"

#include <gtest/gtest.h>

namespace runledger::http {
namespace {

unsigned status(const std::string& host,
                const std::vector<std::string>& origins,
                const std::vector<std::string>& allowed = {}) {
  Request request;
  request.headers.push_back({"host", host});
  for (const auto& origin : origins) {
    request.headers.push_back({"origin", origin});
  }
  const auto result = check_origin(request, allowed);
  return result ? 200 : result.error().status;
}

TEST(Origin, LetsProgramsInThatSendNone) {
  EXPECT_EQ(status("localhost:8321", {}), 200U);
}

TEST(Origin, LetsThePagesOfTheServerIn) {
  EXPECT_EQ(status("localhost:8321", {"http://localhost:8321"}), 200U);
  EXPECT_EQ(status("LocalHost:8321", {"HTTP://localhost:8321"}), 200U);
  EXPECT_EQ(status("risk.example", {"https://risk.example"}), 200U);  // Behind a proxy with TLS.
  EXPECT_EQ(status("risk.example:443", {"https://risk.example"}), 200U);
  EXPECT_EQ(status("risk.example", {"http://risk.example:80"}), 200U);
  EXPECT_EQ(status("[::1]:8321", {"http://[::1]:8321"}), 200U);
}

TEST(Origin, RefusesPagesOfOthers) {
  EXPECT_EQ(status("localhost:8321", {"http://localhost:8322"}), 403U);
  EXPECT_EQ(status("localhost:8321", {"http://localhost"}), 403U);
  EXPECT_EQ(status("localhost:8321", {"http://evil.example"}), 403U);
  EXPECT_EQ(status("localhost:8321", {"http://localhost:8321.evil.example"}), 403U);
  EXPECT_EQ(status("localhost:8321", {"null"}), 403U);
  EXPECT_EQ(status("localhost:8321", {""}), 403U);
  EXPECT_EQ(status("localhost:8321", {"ftp://localhost:8321"}), 403U);
  EXPECT_EQ(status("localhost:8321", {"http://a@localhost:8321"}), 403U);
  EXPECT_EQ(status("risk.example:80", {"https://risk.example"}), 403U);
  EXPECT_EQ(status("a", {"http://a", "http://a"}), 403U);
}

TEST(Origin, LetsTheOriginsOfTheListIn) {
  const std::vector<std::string> allowed = {"https://desk.example"};

  EXPECT_EQ(status("localhost:8321", {"https://desk.example"}, allowed), 200U);
  EXPECT_EQ(status("localhost:8321", {"https://desk.example:443"}, allowed), 200U);
  EXPECT_EQ(status("localhost:8321", {"http://desk.example"}, allowed), 403U);
  EXPECT_EQ(status("localhost:8321", {"https://other.example"}, allowed), 403U);
}

TEST(Origin, KnowsWhatIsOne) {
  EXPECT_TRUE(is_origin("https://desk.example"));
  EXPECT_TRUE(is_origin("http://[::1]:8321"));
  EXPECT_FALSE(is_origin("desk.example"));
  EXPECT_FALSE(is_origin("https://desk.example/"));
  EXPECT_FALSE(is_origin("*"));
}

}  // namespace
}  // namespace runledger::http
