#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/inputs/import_testing.h"

namespace runledger::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ParametersFile, GivesTheParametersItNames) {
  const auto parsed = parse_parameters("parameter,value\newma_decay,0.97\nwindow,504\n");

  ASSERT_TRUE(parsed.ok());
  const Parameters parameters = make_parameters(parsed.rows);
  EXPECT_EQ(parameters.ewma_decay, 0.97);
  EXPECT_EQ(parameters.window, 504U);
  EXPECT_EQ(parameters.beta_window, Parameters{}.beta_window);
}

TEST(ParametersFile, SaysWhatIsWrongInEachLine) {
  const auto parsed = parse_parameters(
      "parameter,value\n"
      "widnow,252\n"
      "window,\n"
      "beta_window,5\n"
      "beta_least,30.5\n"
      "ewma_decay,0.9\n"
      "ewma_decay,0.95\n");

  EXPECT_THAT(
      briefs(parsed.errors),
      ElementsAre("2 ERR_PARAM_001 parameter", "3 ERR_PARAM_002 value", "4 ERR_PARAM_003 value",
                  "5 ERR_PARAM_004 value", "7 ERR_PARAM_005 parameter"));
  EXPECT_THAT(parsed.errors[0].message, HasSubstr("quality_full, quality_limited"));
}

TEST(ParametersFile, NamesAndDefaultsOfAllParametersAreInRange) {
  for (const ParameterSpec& spec : parameter_specs()) {
    EXPECT_EQ(find_parameter(spec.name), &spec);
    EXPECT_GE(spec.value_in(Parameters{}), spec.least) << spec.name;
    EXPECT_LE(spec.value_in(Parameters{}), spec.most) << spec.name;
  }
}

TEST(DividendsFile, IsCheckedLineByLine) {
  const auto good = parse_dividends("symbol,ex_date,amount\naapl,2017-08-10,0.63\n", kToday);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good.rows[0].symbol, "AAPL");
  EXPECT_EQ(good.rows[0].amount, 0.63);

  const auto bad = parse_dividends(
      "symbol,ex_date,amount\n"
      "AAPL,2017-08-12,0.63\n"
      "AAPL,2017-08-10,\n"
      "AAPL,2017-08-10,-1\n"
      "AAPL,2017-08-11,1\n"
      "AAPL,2017-08-11,1\n",
      kToday);
  EXPECT_THAT(briefs(bad.errors), ElementsAre("2 ERR_DIV_004 ex_date", "3 ERR_DIV_005 amount",
                                              "4 ERR_DIV_006 amount", "6 ERR_DIV_007 ex_date"));
}

}  // namespace
}  // namespace runledger::engine
