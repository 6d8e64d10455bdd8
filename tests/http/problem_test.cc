#include "http/problem.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace runledger::http {
namespace {

TEST(Problem, HasTheMembersOfRfc9457AndItsOwnCode) {
  Problem problem(409, "batch_already_running", "say \"force\"");
  problem.members = R"("batch_run_id":"x")";

  const auto response = to_response(problem);
  const auto body = nlohmann::json::parse(response.body);

  EXPECT_EQ(response.status, 409U);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(body.at("type"), "urn:runledger:problem:batch_already_running");
  EXPECT_EQ(body.at("title"), "Conflict");
  EXPECT_EQ(body.at("status"), 409);
  EXPECT_EQ(body.at("detail"), "say \"force\"");
  EXPECT_EQ(body.at("code"), "batch_already_running");
  EXPECT_EQ(body.at("batch_run_id"), "x");
}

TEST(Problem, ShowsEveryCodeOfTheLowerLayersAsAnErrorStatus) {
  for (auto code = Code::kInvalidArgument; code <= Code::kInternal;
       code = static_cast<Code>(static_cast<int>(code) + 1)) {
    const Problem problem(Error{code, "why"});
    EXPECT_GE(problem.status, 400U);
    EXPECT_NE(reason_phrase(problem.status), "Unknown") << problem.status;
    EXPECT_EQ(problem.code, runledger::to_string(code));
  }
  EXPECT_EQ(status_of(Code::kInvalidArgument), 422U);
  EXPECT_EQ(status_of(Code::kNotFound), 404U);
  EXPECT_EQ(status_of(Code::kConflict), 409U);
  EXPECT_EQ(status_of(Code::kExhausted), 507U);
}

TEST(Problem, AsksToComeBackWhenTheServiceIsUnavailable) {
  const Problem problem(Error{Code::kUnavailable, "draining"});

  EXPECT_EQ(problem.status, 503U);
  ASSERT_EQ(problem.headers.size(), 1U);
  EXPECT_EQ(problem.headers[0].name, "Retry-After");
}

}  // namespace
}  // namespace runledger::http
