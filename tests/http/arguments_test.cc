#include "http/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace runledger::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<ParameterSpec>& specs() {
  static const std::vector<ParameterSpec> kSpecs = {
      {.name = "name", .type = ParameterType::kText, .description = "", .repeated = true},
      {.name = "limit",
       .type = ParameterType::kInteger,
       .description = "",
       .min = 1,
       .max = 200,
       .default_value = 50},
      {.name = "force", .type = ParameterType::kBoolean, .description = ""},
      {.name = "day", .type = ParameterType::kDate, .description = ""},
      {.name = "run", .type = ParameterType::kRunId, .description = ""},
      {.name = "after", .type = ParameterType::kSequence, .description = ""},
      {.name = "job", .type = ParameterType::kJobType, .description = ""},
      {.name = "amount", .type = ParameterType::kNumber, .description = ""},
      {.name = "format",
       .type = ParameterType::kChoice,
       .description = "",
       .choices = {"json", "txt"}}};
  return kSpecs;
}

auto check(Arguments::Pairs values) {
  return Arguments::check(specs(), std::move(values));
}

TEST(Arguments, GivesTypedValues) {
  const auto arguments = check({{"name", "a"},
                                {"name", "b"},
                                {"limit", "200"},
                                {"force", "true"},
                                {"day", "2017-11-10"},
                                {"after", "18446744073709551615"},
                                {"job", "stress_testing"},
                                {"amount", "1e6"}});

  ASSERT_TRUE(arguments.has_value());
  EXPECT_THAT(arguments->texts("name"), ElementsAre("a", "b"));
  EXPECT_EQ(arguments->integer("limit"), 200);
  EXPECT_TRUE(arguments->boolean("force"));
  EXPECT_EQ(arguments->date("day"), parse_date("2017-11-10"));
  EXPECT_EQ(arguments->sequence("after"), Sequence{UINT64_MAX});
  EXPECT_EQ(arguments->job_type("job"), JobType::kStressTesting);
  EXPECT_EQ(arguments->number("amount"), 1e6);
}

TEST(Arguments, FallsBackToDefaults) {
  const auto arguments = check({});

  ASSERT_TRUE(arguments.has_value());
  EXPECT_EQ(arguments->integer("limit"), 50);
  EXPECT_FALSE(arguments->boolean("force"));
  EXPECT_FALSE(arguments->date("day").has_value());
}

struct WrongCase {
  Arguments::Pairs values;
  unsigned status;
  const char* code;
};

TEST(Arguments, RefusesWhatDoesNotFit) {
  const std::vector<WrongCase> cases = {
      {{{"nmae", "x"}}, 400, "unknown_parameter"},
      {{{"limit", "1"}, {"limit", "2"}}, 400, "repeated_parameter"},
      {{{"limit", "0"}}, 400, "invalid_parameter"},
      {{{"limit", "201"}}, 400, "invalid_parameter"},
      {{{"limit", "5x"}}, 400, "invalid_parameter"},
      {{{"limit", "99999999999999999999"}}, 400, "invalid_parameter"},
      {{{"name", ""}}, 400, "invalid_parameter"},
      {{{"force", "yes"}}, 400, "invalid_parameter"},
      {{{"run", "17"}}, 400, "invalid_parameter"},
      {{{"after", "-1"}}, 400, "invalid_parameter"},
      {{{"job", "greeks"}}, 400, "invalid_parameter"},
      {{{"amount", "nan"}}, 400, "invalid_parameter"},
      {{{"amount", "inf"}}, 400, "invalid_parameter"},
      {{{"format", "xml"}}, 400, "invalid_parameter"},
      {{{"day", "2017-02-29"}}, 422, "invalid_date"},
      {{{"day", "yesterday"}}, 422, "invalid_date"}};
  for (const auto& wrong : cases) {
    const auto arguments = check(wrong.values);
    ASSERT_FALSE(arguments.has_value()) << wrong.values[0].first << "=" << wrong.values[0].second;
    EXPECT_EQ(arguments.error().status, wrong.status) << wrong.values[0].second;
    EXPECT_EQ(arguments.error().code, wrong.code) << wrong.values[0].second;
    EXPECT_THAT(arguments.error().detail, HasSubstr(wrong.values[0].first));
  }
}

TEST(Arguments, AsksForWhatIsNeeded) {
  const std::vector<ParameterSpec> needed = {
      {.name = "name", .type = ParameterType::kText, .description = "", .required = true}};

  const auto arguments = Arguments::check(needed, {});

  ASSERT_FALSE(arguments.has_value());
  EXPECT_EQ(arguments.error().code, "missing_parameter");
}

}  // namespace
}  // namespace runledger::http
