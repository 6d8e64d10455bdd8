#include "tools/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace runledger::tools {
namespace {

using ::testing::HasSubstr;

LogFields all_fields() {
  LogFields fields;
  fields.sequence = Sequence{17};
  fields.run = RunId::parse("01900000-0000-7000-8000-000000000001");
  fields.job = make_job_id(*fields.run, 3);
  fields.job_type = JobType::kStressTesting;
  fields.as_of = parse_date("2017-03-14");
  fields.portfolio = PortfolioId::parse("01900000-0000-7000-8000-0000000000aa");
  fields.portfolio_name = "A \"quoted\"\nname";
  fields.attempt = Attempt{2};
  return fields;
}

TEST(Logging, WritesOneJsonObjectALineWhateverTheTextHolds) {
  const std::string text = "a \"quote\", a \\, a\nnew line and {braces}";

  const auto line = format_line({"t", "info", with_fields(text, all_fields())}, true);

  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json.at("message"), text);
  EXPECT_EQ(json.at("level"), "info");
  EXPECT_EQ(json.at("seq"), 17);
  EXPECT_EQ(json.at("run_id"), "01900000-0000-7000-8000-000000000001");
  EXPECT_EQ(json.at("job_type"), "stress_testing");
  EXPECT_EQ(json.at("as_of"), "2017-03-14");
  EXPECT_EQ(json.at("portfolio"), "A \"quoted\"\nname");
  EXPECT_EQ(json.at("attempt"), 2);
}

TEST(Logging, WritesOneTextLineWithItsFields) {
  const auto line = format_line({"t", "error", with_fields("two\nlines", all_fields())}, false);

  EXPECT_EQ(std::ranges::count(line, '\n'), 1);
  EXPECT_THAT(line, HasSubstr("t [error] two\\x0alines \"seq\":17,"));
}

TEST(Logging, WritesLinesWithoutFields) {
  EXPECT_EQ(format_line({"t", "info", "plain"}, false), "t [info] plain\n");
  EXPECT_EQ(format_line({"t", "info", "plain"}, true),
            "{\"time\":\"t\",\"level\":\"info\",\"message\":\"plain\"}\n");
}

}  // namespace
}  // namespace runledger::tools
